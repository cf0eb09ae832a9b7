#include <limits>
#include <map>

#include <deal.II/base/mpi.h>

#include <gtest/gtest.h>

#include <inputs/patient.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

/// Ten layers along z of fat (-100 HU), body 23 (from 60 HU with one voxel of 500), disc 222 (80 HU) and body 22.
struct Sample
{
  Image<float> image;
  Image<std::uint16_t> labels;

  Sample()
  {
    image.grid.size = {{4, 3, 10}};
    image.grid.index_to_world.offset = {1, 2, 3};
    labels.grid = image.grid;
    const std::uint16_t label_of[] = {0, 23, 23, 23, 222, 222, 22, 22, 22, 0};
    const float value_of[] = {-100, 60, 60, 60, 80, 80, 60, 60, 60, -100};
    for (int k = 0; k < 10; ++k)
      for (int column = 0; column < 12; ++column) {
        image.values.push_back(value_of[k]);
        labels.values.push_back(label_of[k]);
      }
    image.values[12 * 2] = 500;
  }

  void write(const TemporaryFolder &folder) const
  {
    write_image(folder / "ct.nrrd", image);
    write_image(folder / "labels.nrrd", labels);
  }
};

PatientParameters file_parameters()
{
  PatientParameters parameters;
  parameters.source = "files";
  parameters.image_file = "ct.nrrd";
  parameters.label_file = "labels.nrrd";
  parameters.calibration.slope = 0.8;
  parameters.calibration.intercept = 5;
  parameters.calibration.source = "test";
  return parameters;
}

std::string message_for(const Sample &sample, const PatientParameters &parameters = file_parameters())
{
  const TemporaryFolder folder;
  sample.write(folder);
  return bad_input_message([&] { read_patient(parameters, folder.path(), MPI_COMM_SELF); });
}

} // namespace

TEST(Patient, files_are_calibrated)
{
  const TemporaryFolder folder;
  const Sample sample;
  sample.write(folder);
  const Patient patient = read_patient(file_parameters(), folder.path(), MPI_COMM_SELF);
  EXPECT_EQ(patient.name, "ct.nrrd L3/L4");
  EXPECT_FLOAT_EQ(patient.bmd(0, 0, 1), 0.8f * 60 + 5);
  EXPECT_FLOAT_EQ(patient.bmd(0, 0, 2), 0.8f * 500 + 5);
  EXPECT_EQ(patient.labels.values, sample.labels.values);
  EXPECT_TRUE(patient.bmd.grid.matches(sample.image.grid));
  EXPECT_NEAR(patient.youngs_modulus(100), 265.593, 5.01e-4);
  // the image ends at bodies and disc; one voxel of 405 mg/cm3 lies above the range of the laws
  ASSERT_EQ(patient.warnings.size(), 4u);
  expect_parts(patient.warnings.back(), {"1 of 72 voxels"});
  expect_parts(patient.label_summary, {"body L3 0.0 cm3", "disc L3/L4"});
}

TEST(Patient, a_calibrated_image_needs_neither_source_nor_warnings)
{
  // Whole bodies in the middle of the image: nothing to warn of, so that texts without content travel too.
  Image<float> image;
  Image<std::uint16_t> labels;
  image.grid.size = labels.grid.size = {{36, 36, 60}};
  for (int k = 0; k < 60; ++k)
    for (int j = 0; j < 36; ++j)
      for (int i = 0; i < 36; ++i) {
        const bool inside = i > 2 && i < 33 && j > 2 && j < 33 && k > 2 && k < 57;
        labels.values.push_back(!inside ? 0 : k < 27 ? 23 : k < 33 ? 222 : 22);
        image.values.push_back(!inside ? 0 : k == 40 ? 150 : 100);
      }
  const TemporaryFolder folder;
  write_image(folder / "ct.nrrd", image);
  write_image(folder / "labels.nrrd", labels);
  PatientParameters parameters = file_parameters();
  parameters.calibration = CalibrationParameters();
  parameters.calibration.mode = "already calibrated";
  const Patient patient = read_patient(parameters, folder.path(), MPI_COMM_SELF);
  EXPECT_TRUE(patient.warnings.empty());
  EXPECT_FLOAT_EQ(patient.bmd(10, 10, 40), 150.f);
}

// Volumes of prisms: each block width x depth x thickness, the gap width x depth x gap, whatever the lordosis.
TEST(Patient, test_blocks)
{
  PatientParameters parameters;
  parameters.source = "blocks";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"Young's modulus", "not stated"});
  parameters.blocks.youngs_modulus = 123;
  parameters.blocks.lordosis = 8;
  parameters.blocks.grid_spacing = .5;
  const Patient patient = read_patient(parameters, "", MPI_COMM_SELF);
  std::map<std::uint16_t, double> volumes;
  for (const auto label : patient.labels.values)
    volumes[label] += .125;
  const auto &given = parameters.blocks;
  EXPECT_NEAR(volumes[patient.level.cranial], given.width * given.depth * given.thickness, 200);
  EXPECT_EQ(volumes[patient.level.cranial], volumes[patient.level.caudal]);
  EXPECT_NEAR(volumes[patient.level.disc], given.width * given.depth * given.gap, 400);
  for (const float density : {0.f, 75.f, 1000.f})
    EXPECT_EQ(patient.youngs_modulus(density), 123);
  EXPECT_TRUE(patient.bone_law.is_uniform());
  parameters.blocks.gap = 4; // closes at the back: 4 - 40 tan 4 degrees = 1.2 mm
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Blocks/Gap'", "1.2 mm"});
}

TEST(Patient, density_type_decides_on_the_conversion)
{
  const TemporaryFolder folder;
  Sample().write(folder);
  PatientParameters parameters = file_parameters();
  parameters.calibration.density = "CaHA";
  const Patient patient = read_patient(parameters, folder.path(), MPI_COMM_SELF);
  EXPECT_EQ(patient.density_measure(), DensityMeasure::caha);
  EXPECT_NEAR(patient.youngs_modulus(100), BoneLaw().youngs_modulus(CahaDensity(100)), 1e-12);
  EXPECT_GT(std::abs(patient.youngs_modulus(100) - BoneLaw().youngs_modulus(K2hpo4Density(100))), 10.);
}

TEST(Patient, missing_and_foreign_files_are_refused)
{
  PatientParameters parameters = file_parameters();
  parameters.image_file = "absent.nii.gz";
  expect_parts(message_for(Sample(), parameters), {"absent.nii.gz", "missing", "--data"});
  const TemporaryFolder folder;
  Sample().write(folder);
  folder.write("ct.nrrd", "a letter");
  expect_parts(bad_input_message([&] { read_patient(file_parameters(), folder.path(), MPI_COMM_SELF); }),
               {"ct.nrrd", "no image"});
}

TEST(Patient, different_grids_are_refused)
{
  Sample sample;
  sample.labels.grid.index_to_world.offset[2] += 1;
  expect_parts(message_for(sample), {"labels.nrrd", "4 x 3 x 10", "from (1, 2, 4)", "ct.nrrd", "from (1, 2, 3)"});
}

TEST(Patient, absent_labels_are_refused)
{
  PatientParameters parameters = file_parameters();
  parameters.level = "L4/L5";
  expect_parts(message_for(Sample(), parameters), {"Label 223", "disc of L4/L5", "absent", "holds 22, 23, 222"});
  Sample sample;
  std::fill(sample.labels.values.begin(), sample.labels.values.end(), 0);
  expect_parts(message_for(sample), {"Label 22", "all zero"});
}

TEST(Patient, voxels_that_are_not_finite_are_counted_and_refused)
{
  Sample sample;
  sample.image.values[0] = std::numeric_limits<float>::quiet_NaN();
  sample.image.values[1] = std::numeric_limits<float>::infinity();
  expect_parts(message_for(sample), {"2 voxels", "finite"});
}

TEST(Patient, implausible_hounsfield_units_are_refused)
{
  Sample sample;
  std::fill(sample.image.values.begin(), sample.image.values.end(), 0.f);
  expect_parts(message_for(sample), {"0 in every voxel"});
  sample = Sample();
  for (float &value : sample.image.values)
    value += 1024;
  expect_parts(message_for(sample), {"never below 0", "1104 HU", "+1024"});
  sample = Sample();
  sample.image.values[12 * 2] = 60;
  expect_parts(message_for(sample), {"at most 60 HU in the bone"});
}

TEST(Patient, implausible_calibrated_densities_are_refused)
{
  PatientParameters parameters = file_parameters();
  parameters.calibration = CalibrationParameters();
  parameters.calibration.mode = "already calibrated";
  Sample sample;
  for (float &value : sample.image.values)
    value = std::max(0.f, value * 1e-3f);
  expect_parts(message_for(sample, parameters), {"at most 0.5 mg/cm3", "g/cm3"});
  for (float &value : sample.image.values)
    value *= 1e5f;
  expect_parts(message_for(sample, parameters), {"up to 5e+04 mg/cm3"});
}

TEST(Patient, contradictory_parameters_are_refused)
{
  PatientParameters parameters = file_parameters();
  parameters.label_file = "";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Label file'", "empty"});
  parameters = file_parameters();
  parameters.calibration = CalibrationParameters();
  expect_parts(bad_input_message([&] { parameters.check(); }), {"Slope", "mg/cm3 per HU"});
  parameters = PatientParameters();
  parameters.check();
  parameters.image_file = "ct.nrrd";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'builtin'", "would not be read"});
  parameters = PatientParameters();
  parameters.calibration.slope = 0.8;
  expect_parts(bad_input_message([&] { parameters.check(); }), {"brings its own calibration"});
}

TEST(Patient, real_scan_of_1_5_mm)
{
  const std::string folder = CAGEOPT_SOURCE_DIR "/../shared/data/lumbar_ct_L2-L4_1.5mm";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << folder << " is absent";
  PatientParameters parameters = file_parameters();
  parameters.image_file = "ct.nii.gz";
  parameters.label_file = "labels.nii.gz";
  const Patient patient = read_patient(parameters, folder, MPI_COMM_SELF);
  const auto lowest = *std::min_element(patient.bmd.values.begin(), patient.bmd.values.end());
  EXPECT_FLOAT_EQ(lowest, 0.8f * -1030 + 5);
}

TEST(PatientMpi, all_ranks_get_the_same_patient)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  const Sample sample;
  if (dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0)
    sample.write(folder);
  const Patient patient = read_patient(file_parameters(), folder.path(), MPI_COMM_WORLD);
  EXPECT_EQ(patient.labels.values, sample.labels.values);
  EXPECT_FLOAT_EQ(patient.bmd(0, 0, 2), 405.f);
  EXPECT_EQ(patient.name, "ct.nrrd L3/L4");
  EXPECT_EQ(patient.warnings.size(), 4u);
}

TEST(PatientMpi, builtin_patient_is_the_phantom)
{
  PatientParameters parameters;
  parameters.phantom.voxel_in_plane = 2;
  parameters.phantom.voxel_slice = 2;
  const Patient patient = read_patient(parameters, "", MPI_COMM_WORLD);
  const Phantom phantom(parameters.phantom);
  ASSERT_EQ(patient.bmd.values.size(), phantom.hounsfield().values.size());
  EXPECT_EQ(patient.labels.values, phantom.labels().values);
  EXPECT_EQ(patient.density_measure(), DensityMeasure::k2hpo4);
  for (std::size_t voxel = 0; voxel < patient.bmd.values.size(); voxel += 101)
    EXPECT_NEAR(patient.bmd.values[voxel], phantom.slope() * phantom.hounsfield().values[voxel] + phantom.intercept(),
                1e-3);
}

TEST(PatientMpi, every_rank_throws_the_same_error)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  if (dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0)
    Sample().write(folder);
  PatientParameters absent_file = file_parameters(), absent_label = file_parameters();
  absent_file.image_file = "absent.nii.gz";
  absent_label.level = "L4/L5";
  for (const PatientParameters &parameters : {absent_file, absent_label}) {
    const std::string message = bad_input_message([&] { read_patient(parameters, folder.path(), MPI_COMM_WORLD); });
    const auto messages = dealii::Utilities::MPI::all_gather(MPI_COMM_WORLD, message);
    for (const std::string &other : messages)
      EXPECT_EQ(other, messages.front());
    expect_parts(message, {"absent"});
  }
}
