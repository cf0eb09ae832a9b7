#include <filesystem>

#include <gtest/gtest.h>

#include <inputs/patient.h>
#include <tests/inputs/sample_surfaces.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using namespace cageopt::tests;

namespace {

/// Two bricks of bone, 40 x 30 x 28 mm, 10 mm apart, in DICOM's axes.
Soup brick(const double bottom, const double tilt = 0.)
{
  Soup soup = box({-20, -15, 0}, {20, 15, 28});
  soup.move(motion(tilt, {1, 2, 0}, {4.21, -7.13, bottom}));
  return soup;
}

void write_segment(const TemporaryFolder &folder, const double tilt = 0.)
{
  folder.write("L3.stl", binary_stl(brick(38.37, tilt)));
  folder.write("L4.ply", binary_ply(brick(.37, tilt)));
}

PatientParameters surface_parameters()
{
  PatientParameters parameters;
  parameters.source = "surfaces";
  parameters.label_surfaces.files = "22: L3.stl; 23: L4.ply";
  parameters.label_surfaces.axes = "LPS";
  parameters.surfaces.trabecular_density = 100;
  return parameters;
}

std::string message_for(const PatientParameters &parameters)
{
  return bad_input_message([&] { parameters.check(); });
}

/// Sum over the voxels of the two bodies, mg.
double mineral(const Patient &patient)
{
  double sum = 0;
  for (std::size_t voxel = 0; voxel < patient.bmd.values.size(); ++voxel)
    if (patient.labels.values[voxel] == 22 || patient.labels.values[voxel] == 23)
      sum += 1e-3 * patient.bmd.values[voxel];
  return sum * patient.bmd.grid.index_to_world.determinant();
}

} // namespace

TEST(SurfacePatient, has_the_stated_densities_and_says_that_they_are_assumed)
{
  const TemporaryFolder folder;
  write_segment(folder);
  PatientParameters parameters = surface_parameters();
  parameters.surfaces.grid_spacing = 1;
  parameters.surfaces.cortical_thickness = 2;
  parameters.surfaces.endplate_thickness = 1.5;
  parameters.surfaces.soft_tissue_density = 30;
  parameters.calibration.source = "DXA of 2024-05-02";
  const Patient patient = read_patient(parameters, folder.path(), MPI_COMM_SELF);
  EXPECT_EQ(patient.name, "surfaces without a CT L3/L4");
  ASSERT_FALSE(patient.warnings.empty());
  expect_parts(patient.warnings.front(), {"ASSUMED, NOT MEASURED", "100 mg/cm3 everywhere", "2 mm of 900"});
  expect_parts(patient.calibration.description(), {"ASSUMED, NOT MEASURED; DXA of 2024-05-02", "K2HPO4 mg/cm3"});
  EXPECT_TRUE(patient.calibration.already_calibrated());

  const Affine to_index = patient.bmd.grid.index_to_world.inverse();
  const auto at = [&](const Point &world) {
    const Point index = to_index(world);
    return patient.bmd(int(std::lround(index[0])), int(std::lround(index[1])), int(std::lround(index[2])));
  };
  const Point centre = {-4.21, 7.13, 14.37}; // of L4, RAS
  EXPECT_NEAR(at(centre), 100, 1e-2);
  EXPECT_NEAR(at(centre + Point{0, 0, 13.5}), 600, 1e-2);  // endplate
  EXPECT_NEAR(at(centre + Point{0, 0, -13.5}), 600, 1e-2); // both
  EXPECT_NEAR(at(centre + Point{19.4, 0, 0}), 900, 1e-2);  // cortex
  EXPECT_NEAR(at(centre + Point{0, -14.4, 0}), 900, 1e-2);
  EXPECT_NEAR(at(centre + Point{0, 0, 19}), 30, 1e-2); // disc
  EXPECT_NEAR(at(centre + Point{26, 0, 0}), 30, 1e-2);
}

TEST(SurfacePatient, shells_hold_their_mineral_at_any_place_in_the_grid)
{
  // Two bricks: trabecular bone, 2 x 2 endplates of 40 x 30 mm, and walls of 140 x 28 mm, less where shells meet.
  const TemporaryFolder folder;
  const double cortex = .4, endplate = .6;
  const double trabecular = 40. * 30 * 28 * 100e-3, plates = 2 * 40. * 30 * endplate * 500e-3,
               walls = (2 * 40. + 2 * 30 - 4 * cortex) * (28 - 2 * endplate) * cortex * 800e-3;
  for (const double spacing : {.5, 1.}) {
    double sum = 0;
    int n = 0;
    for (const double tilt : {.2, .6}) {
      write_segment(folder, tilt);
      PatientParameters parameters = surface_parameters();
      parameters.surfaces.grid_spacing = spacing;
      sum += mineral(read_patient(parameters, folder.path(), MPI_COMM_SELF));
      n += 2;
    }
    EXPECT_NEAR(sum / n, trabecular + plates + walls, .02 * (plates + walls)) << spacing;
  }
}

TEST(SurfacePatient, without_shells_is_uniform)
{
  const TemporaryFolder folder;
  write_segment(folder, .3);
  PatientParameters parameters = surface_parameters();
  parameters.surfaces.cortical_thickness = parameters.surfaces.endplate_thickness = 0;
  const Patient patient = read_patient(parameters, folder.path(), MPI_COMM_SELF);
  for (std::size_t voxel = 0; voxel < patient.bmd.values.size(); ++voxel)
    ASSERT_EQ(patient.bmd.values[voxel],
              patient.labels.values[voxel] == 22 || patient.labels.values[voxel] == 23 ? 100.f : 0.f);
}

TEST(SurfacePatient, entries_that_contradict_are_refused)
{
  surface_parameters().check();
  PatientParameters parameters = surface_parameters();
  parameters.surfaces.trabecular_density = 0;
  expect_parts(message_for(parameters), {"'Patient/Surfaces/Trabecular density' is 0 mg/cm3", "state it"});
  parameters = surface_parameters();
  parameters.surfaces.endplate_thickness = .2;
  expect_parts(message_for(parameters), {"'Patient/Surfaces/Endplate thickness' is 0.2 mm", "0.75 mm"});
  parameters = surface_parameters();
  parameters.label_surfaces.files = "";
  parameters.label_surfaces.axes = "RAS";
  expect_parts(message_for(parameters), {"'Patient/Label surfaces'", "empty"});
  parameters = surface_parameters();
  parameters.image_file = "ct.nrrd";
  expect_parts(message_for(parameters), {"'surfaces'", "would not be read"});
  parameters = surface_parameters();
  parameters.calibration.slope = .8;
  expect_parts(message_for(parameters), {"'Patient/Calibration'", "in mg/cm3 already"});
  parameters = surface_parameters();
  parameters.source = "builtin";
  expect_parts(message_for(parameters), {"'builtin'", "would not be read"});
  parameters.label_surfaces = SurfaceLabelParameters();
  expect_parts(message_for(parameters), {"'Patient/Surfaces'", "beside the source 'builtin'"});
}

TEST(SurfacePatient, grids_of_too_many_voxels_are_refused)
{
  const TemporaryFolder folder;
  folder.write("L3.stl", binary_stl(brick(38.37)));
  folder.write("L4.ply", binary_ply(brick(-9e5)));
  expect_parts(bad_input_message([&] { read_patient(surface_parameters(), folder.path(), MPI_COMM_SELF); }),
               {"'Patient/Surfaces/Grid spacing'", "2e8 are the most"});
}

TEST(SurfacePatientMpi, is_the_same_on_all_ranks_and_so_are_refusals)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  write_segment(folder);
  const Patient alone = read_patient(surface_parameters(), folder.path(), MPI_COMM_SELF);
  const Patient together = read_patient(surface_parameters(), folder.path(), MPI_COMM_WORLD);
  EXPECT_EQ(alone.bmd.values, together.bmd.values);
  EXPECT_EQ(alone.labels.values, together.labels.values);
  EXPECT_EQ(alone.warnings, together.warnings);
  folder.write("L4.ply", "cut off");
  expect_parts(bad_input_message([&] { read_patient(surface_parameters(), folder.path(), MPI_COMM_WORLD); }),
               {"L4.ply", "neither STL nor PLY"});
}

TEST(SurfacePatient, labels_of_a_ct_come_from_surfaces)
{
  const TemporaryFolder folder;
  write_segment(folder);
  Image<float> ct;
  ct.grid.size = {{60, 50, 60}};
  ct.grid.index_to_world.linear = {{{1, 0, 0}, {0, -1, 0}, {0, 0, 1.5}}};
  ct.grid.index_to_world.offset = {-34, 32, -8};
  ct.values.assign(ct.grid.n_voxels(), -100.f);
  ct.values.front() = 50;
  std::fill(ct.values.begin() + ct.values.size() / 4, ct.values.end() - ct.values.size() / 4, 300.f);
  write_image(folder / "ct.nrrd", ct);
  PatientParameters parameters;
  parameters.source = "files";
  parameters.image_file = "ct.nrrd";
  parameters.label_surfaces = surface_parameters().label_surfaces;
  parameters.calibration.slope = 0.8;
  parameters.calibration.source = "test";
  EXPECT_EQ(parameters.files(), (std::vector<std::string>{"ct.nrrd", "L3.stl", "L4.ply"}));
  const Patient patient = read_patient(parameters, folder.path(), MPI_COMM_SELF);
  EXPECT_TRUE(patient.labels.grid.matches(ct.grid));
  std::size_t n[3] = {0, 0, 0};
  for (const std::uint16_t label : patient.labels.values)
    ++n[label == 22 ? 0 : label == 23 ? 1 : 2];
  EXPECT_NEAR(n[0] * 1.5, 40 * 30 * 28., 1500.);
  EXPECT_NEAR(n[1] * 1.5, 40 * 30 * 28., 1500.);
  EXPECT_EQ(patient.labels(30, 25, 10), 23); // RAS (-4, 7, 7)
  EXPECT_EQ(patient.labels(30, 25, 40), 22); // RAS (-4, 7, 52)
  parameters.label_file = "labels.nrrd";
  expect_parts(message_for(parameters), {"'Patient/Label file'", "one source of labels"});
}
