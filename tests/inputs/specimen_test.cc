// Specimens from small images with known answers, the two published ones, and refusals.
#include <cmath>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>

#include <inputs/specimen.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

const std::string data = CAGEOPT_SOURCE_DIR "/../shared/data/";

ImageGrid grid_of(const std::array<int, 3> &size, const double edge = .5)
{
  ImageGrid grid;
  grid.size = size;
  for (unsigned int d = 0; d < 3; ++d)
    grid.index_to_world.linear[d][d] = edge;
  return grid;
}

/// A column of 3 x 3 x 6: pad 7 below, bone 1 and 2, pad 8 above, and a single voxel of bone at a corner's edge only.
struct Column
{
  explicit Column(const TemporaryFolder &folder) : folder(&folder)
  {
    image.grid = labels.grid = grid_of({5, 5, 6});
    for (int k = 0; k < 6; ++k)
      for (int j = 0; j < 5; ++j)
        for (int i = 0; i < 5; ++i) {
          const bool is_inside = i < 3 && j < 3;
          labels.values.push_back(!is_inside ? (i == 3 && j == 3 && k == 2) : k == 0 ? 7 : k == 5 ? 8 : k < 3 ? 1 : 2);
          image.values.push_back(static_cast<float>(100 * k - 150)); // -150 ... 350
        }
    parameters.image_file = "image.mha";
    parameters.bone = "labels";
    parameters.label_file = "labels.mha";
    parameters.bone_labels = "1, 2";
    parameters.lower_pad_label = 7;
    parameters.upper_pad_label = 8;
    parameters.material = "density law";
  }
  Specimen read(MPI_Comm comm = MPI_COMM_SELF) const
  {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) {
      write_image(*folder / "image.mha", image);
      write_image(*folder / "labels.mha", labels);
    }
    return read_specimen(parameters, folder->path(), comm);
  }
  std::string refusal() const
  {
    return bad_input_message([&] { read(); });
  }

  const TemporaryFolder *folder;
  Image<float> image;
  Image<std::uint16_t> labels;
  SpecimenParameters parameters;
};

std::string refusal_of(const SpecimenParameters &parameters, const std::set<std::string> &stated = {})
{
  return bad_input_message([&] { parameters.check(stated); });
}

} // namespace

TEST(SpecimenMpi, LabelsGivePartsAndModuli)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  const Column column(folder);
  const auto specimen = column.read(MPI_COMM_WORLD);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::bone), 36u);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::lower_pad), 9u);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::upper_pad), 9u);
  EXPECT_EQ(specimen.n_removed, 1u);
  EXPECT_EQ(specimen.n_softest, 9u); // the layer of -50 mg/cm3
  EXPECT_NEAR(specimen.voxel_edge(), .5, 1e-12);
  const auto modulus_in_layer = [&](const int k) { return specimen.youngs_modulus[25 * k]; };
  EXPECT_EQ(modulus_in_layer(0), 2500.);
  EXPECT_EQ(modulus_in_layer(1), 1e-4);
  EXPECT_NEAR(modulus_in_layer(2), 2980. * std::pow(.05, 1.05), 1e-4);
  EXPECT_NEAR(modulus_in_layer(4), 2980. * std::pow(.25, 1.05), 1e-3);
  EXPECT_EQ(specimen.youngs_modulus[24], 0.);
}

TEST(Specimen, ABinHasTheModulusOfItsMiddle)
{
  const TemporaryFolder folder;
  Column column(folder);
  column.parameters.density_bins = 2; // of bone: -50 to 250, so that middles are at 25 and 175
  const auto specimen = column.read();
  for (const int k : {1, 2})
    EXPECT_NEAR(specimen.youngs_modulus[25 * k], 2980. * std::pow(.025, 1.05), 1e-4);
  for (const int k : {3, 4})
    EXPECT_NEAR(specimen.youngs_modulus[25 * k], 2980. * std::pow(.175, 1.05), 1e-3);
}

TEST(Specimen, LabelsThatAreNotNamedAreVoidAndCounted)
{
  const TemporaryFolder folder;
  Column column(folder);
  column.parameters.bone_labels = "1";
  column.parameters.upper_pad_label = 0;
  const auto specimen = column.read();
  EXPECT_EQ(specimen.n_unnamed, 18u + 9u);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::bone), 18u);
}

TEST(Specimen, AThresholdFindsBoneAboveIt)
{
  const TemporaryFolder folder;
  Column column(folder);
  SpecimenParameters parameters;
  parameters.image_file = column.parameters.image_file;
  parameters.segmentation.threshold = 50; // itself not above it
  parameters.youngs_modulus = 777;
  column.parameters = parameters;
  const auto specimen = column.read();
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::bone), 75u);
  EXPECT_EQ(specimen.youngs_modulus[25 * 2], 0.);
  EXPECT_EQ(specimen.youngs_modulus[25 * 3], 777.);
  EXPECT_TRUE(specimen.density.empty());
}

TEST(Specimen, PublishedMicroCtHasThePublishedVolumeFraction)
{
  SpecimenParameters parameters;
  parameters.image_file = data + "trabecular_microct_19.5um/ct.nii.gz";
  if (!std::ifstream(parameters.image_file).good())
    GTEST_SKIP() << parameters.image_file << " is absent";
  parameters.segmentation = {1., .5, 2, 63., 3};
  const auto specimen = read_specimen(parameters, "", MPI_COMM_SELF);
  EXPECT_NEAR(100. * double(specimen.n_voxels_of(SpecimenPart::bone)) / double(specimen.grid.n_voxels()), 24.71, .005);
  EXPECT_NEAR(specimen.voxel_edge(), .039, 1e-8);
}

TEST(Specimen, PublishedVertebraHasThePublishedElements)
{
  SpecimenParameters parameters;
  parameters.image_file = data + "vertebra_L2_fe_benchmark/density.nii.gz";
  parameters.label_file = data + "vertebra_L2_fe_benchmark/labels.nii.gz";
  if (!std::ifstream(parameters.image_file).good())
    GTEST_SKIP() << parameters.image_file << " is absent";
  parameters.bone = "labels";
  parameters.bone_labels = "1, 2, 3, 4";
  parameters.lower_pad_label = 5;
  parameters.upper_pad_label = 6;
  parameters.material = "density law";
  const auto specimen = read_specimen(parameters, "", MPI_COMM_SELF);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::lower_pad), 7015u);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::upper_pad), 6425u);
  EXPECT_EQ(specimen.n_voxels_of(SpecimenPart::bone), 67186u - 7015u - 6425u);
  EXPECT_EQ(specimen.n_removed, 22553u + 11093u + 7761u + 12343u + 7015u + 6425u - 67186u);
}

TEST(Specimen, RefusesImagesThatAreNoSpecimen)
{
  const TemporaryFolder folder;
  const Column good(folder);
  EXPECT_EQ(good.read().n_unnamed, 0u);
  Column column = good;
  column.image.grid.index_to_world.linear[2][2] = column.labels.grid.index_to_world.linear[2][2] = .7;
  expect_parts(column.refusal(), {"0.5 x 0.5 x 0.7 mm", "cube"});
  column = good;
  column.image.grid.index_to_world.offset[0] += 1;
  expect_parts(column.refusal(), {"The grid of the label file"});
  column.image.values[7] = std::numeric_limits<float>::quiet_NaN();
  expect_parts(column.refusal(), {"NaN or infinite"});
}

TEST(Specimen, RefusesLabelsThatMakeNoSpecimen)
{
  const TemporaryFolder folder;
  Column column(folder);
  column.parameters.bone_labels = "1, 3";
  expect_parts(column.refusal(), {"Label 3", "absent"});
  column.parameters.bone_labels = "1"; // the upper pad now lies behind void
  expect_parts(column.refusal(), {"The pad of label 8", "apart from the bone"});

  SpecimenParameters parameters;
  parameters.image_file = column.parameters.image_file;
  parameters.segmentation.threshold = 1e4;
  column.parameters = parameters;
  expect_parts(column.refusal(), {"The bone of the specimen", "empty"});
}

TEST(SpecimenParameters, RefusesWhatIsMissingOrWouldBeIgnored)
{
  SpecimenParameters parameters;
  expect_parts(refusal_of(parameters), {"'Specimen/Image file'", "empty"});
  parameters.image_file = "a.mha";
  parameters.check();
  const auto good = parameters;
  parameters.bone_labels = "1";
  expect_parts(refusal_of(parameters, {"Specimen/Bone labels"}), {"'Specimen/Bone labels'", "no label map is read"});
  parameters.bone = "labels";
  expect_parts(refusal_of(parameters), {"'Specimen/Label file'", "empty"});
  parameters.label_file = "b.mha";
  parameters.check();
  expect_parts(refusal_of(parameters, {"Specimen/Segmentation/Threshold"}), {"'Specimen/Segmentation/Threshold'"});
  expect_parts(refusal_of(parameters, {"Specimen/Pad Young's modulus"}), {"no pad is named"});
  parameters = good;
  expect_parts(refusal_of(parameters, {"Specimen/Density bins"}), {"'Specimen/Density bins'", "there is no density"});
  expect_parts(refusal_of(parameters, {"Specimen/Segmentation/Spline order"}), {"nothing is resampled"});
  parameters.material = "density law";
  parameters.check({"Specimen/Density bins", "Specimen/Bone law"});
  expect_parts(refusal_of(parameters, {"Specimen/Young's modulus"}), {"the bone law gives it"});
}

TEST(SpecimenParameters, RefusesLabelsTwiceAndNoNumbers)
{
  SpecimenParameters parameters;
  parameters.image_file = "a.mha";
  parameters.bone = "labels";
  parameters.label_file = "b.mha";
  expect_parts(refusal_of(parameters), {"'Specimen/Bone labels'", "empty"});
  for (const std::string text : {"1, x", "0", "1.5", "70000", "-1"}) {
    parameters.bone_labels = text;
    expect_parts(refusal_of(parameters), {"whole numbers from 1"});
  }
  parameters.bone_labels = "1, 2, 1";
  expect_parts(refusal_of(parameters), {"named twice"});
  parameters.bone_labels = "1, 2";
  parameters.lower_pad_label = 2;
  expect_parts(refusal_of(parameters), {"named twice"});
  parameters.lower_pad_label = parameters.upper_pad_label = 3;
  expect_parts(refusal_of(parameters), {"it is the lower pad's, too"});
}

TEST(SpecimenParameters, ReadsPublishedValuesOrRefuses)
{
  SpecimenParameters parameters;
  parameters.image_file = "a.mha";
  parameters.published_values = "elements: 12; force_n: 2.5e2";
  expect_parts(refusal_of(parameters), {"'Specimen/Published source'"});
  parameters.published_source = "a test";
  parameters.check();
  ASSERT_EQ(parameters.published().size(), 2u);
  EXPECT_EQ(parameters.published()[1], (std::pair<std::string, double>("force_n", 250.)));
  for (const std::string text : {"elements", "elements: many", "elements: -1", "elements: 1 2", "elements: 1: 2"}) {
    parameters.published_values = text;
    expect_parts(refusal_of(parameters), {"'name: value'"});
  }
  parameters.published_values = "forcen: 1";
  expect_parts(refusal_of(parameters), {"did you mean 'force_n'?"});
}
