#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <inputs/image.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

const std::string data = CAGEOPT_SOURCE_DIR "/../shared/data";

/// Three different spacings, axes permuted and turned, one axis mirrored (determinant < 0).
ImageGrid oblique_grid()
{
  ImageGrid grid;
  grid.size = {{5, 4, 3}};
  const double s = std::sin(0.3), c = std::cos(0.3);
  const Point columns[3] = {{0, c, s}, {1, 0, 0}, {0, -s, c}};
  const double spacing[3] = {0.7, 1.1, 2.5};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      grid.index_to_world.linear[row][column] = spacing[column] * columns[column][row];
  grid.index_to_world.offset = {-12.5, 33.25, 101.};
  return grid;
}

template <typename T>
Image<T> random_image(const T low, const T high)
{
  Image<T> image;
  image.grid = oblique_grid();
  std::mt19937 generator(3);
  std::uniform_real_distribution<double> numbers(low, high);
  for (std::size_t voxel = 0; voxel < image.grid.n_voxels(); ++voxel)
    image.values.push_back(static_cast<T>(numbers(generator)));
  return image;
}

/// Mean world position of the voxels with this label, and the lowest and highest z of voxel centres.
struct LabelExtent
{
  Point centre{{0, 0, 0}};
  double low = 1e9;
  double high = -1e9;
};

LabelExtent extent_of(const Image<std::uint16_t> &labels, const int label)
{
  LabelExtent extent;
  std::size_t count = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i)
        if (labels(i, j, k) == label) {
          const Point x = labels.grid.index_to_world({double(i), double(j), double(k)});
          extent.centre = extent.centre + x;
          extent.low = std::min(extent.low, x[2]);
          extent.high = std::max(extent.high, x[2]);
          ++count;
        }
  extent.centre = (1. / count) * extent.centre;
  return extent;
}

void expect_centre(const Image<std::uint16_t> &labels, const int label, const Point &expected)
{
  const Point centre = extent_of(labels, label).centre;
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(centre[axis], expected[axis], 0.051) << "label " << label << " axis " << axis;
}

} // namespace

class ImageFormats : public ::testing::TestWithParam<const char *>
{
};

TEST_P(ImageFormats, oblique_grid_and_values_survive)
{
  const TemporaryFolder folder;
  const std::string path = folder / (std::string("image") + GetParam());
  const auto floats = random_image<float>(-1000, 2000);
  write_image(path, floats);
  const Image<float> read = read_image(path);
  EXPECT_TRUE(read.grid.matches(floats.grid, 1e-4));
  EXPECT_EQ(read.values, floats.values);

  const auto labels = random_image<std::uint16_t>(0, 65535);
  write_image(path, labels);
  const Image<std::uint16_t> read_back = read_labels(path);
  EXPECT_TRUE(read_back.grid.matches(labels.grid, 1e-4));
  EXPECT_EQ(read_back.values, labels.values);

  const auto shorts = random_image<std::int16_t>(-2000, 2000);
  write_image(path, shorts);
  const Image<float> as_float = read_image(path);
  EXPECT_TRUE(std::equal(shorts.values.begin(), shorts.values.end(), as_float.values.begin()));
}

// The header by hand: DICOM's LPS origin (1, 2, 3) is (-1, -2, 3) in RAS.
TEST(Image, lps_is_turned_into_ras)
{
  const TemporaryFolder folder;
  const std::string path =
      folder.write("a.nrrd", "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 1 1\n"
                             "space directions: (0,2,0) (0,0,3) (4,0,0)\nspace origin: (1,2,3)\nencoding: ascii\n\n"
                             "7 -8\n");
  const Image<float> image = read_image(path);
  EXPECT_EQ(image.values, (std::vector<float>{7, -8}));
  const Point second = image.grid.index_to_world({1, 0, 0});
  EXPECT_NEAR(norm(second - Point{-1, -4, 3}), 0, 1e-12);
  EXPECT_NEAR(norm(image.grid.spacing() - Point{2, 3, 4}), 0, 1e-12);
}

TEST(Image, grids_that_differ_do_not_match)
{
  const ImageGrid grid = oblique_grid();
  ImageGrid other = grid;
  other.index_to_world.offset[1] += 0.009;
  EXPECT_TRUE(grid.matches(other));
  other.index_to_world.offset[1] += 0.002;
  EXPECT_FALSE(grid.matches(other));
  other = grid;
  other.size = {{4, 5, 3}};
  EXPECT_FALSE(grid.matches(other));
  other = grid;
  std::swap(other.index_to_world.linear[0], other.index_to_world.linear[1]);
  EXPECT_FALSE(grid.matches(other));
}

TEST(Image, interpolation_reproduces_trilinear_fields_and_clamps)
{
  Image<float> image;
  image.grid.size = {{4, 3, 1}};
  for (int j = 0; j < 3; ++j)
    for (int i = 0; i < 4; ++i)
      image.values.push_back(1 + 2 * i + 8 * j + 4 * i * j);
  const auto exact = [](const double x, const double y) { return 1 + 2 * x + 8 * y + 4 * x * y; };
  EXPECT_NEAR(interpolate(image, {1.25, 0.5, 0}), exact(1.25, 0.5), 1e-6);
  EXPECT_NEAR(interpolate(image, {3, 2, 0}), exact(3, 2), 1e-6);
  EXPECT_NEAR(interpolate(image, {7, 1.5, -3}), exact(3, 1.5), 1e-6);
  EXPECT_NEAR(interpolate(image, {-2, -2, 9}), exact(0, 0), 1e-6);
}

TEST(Image, nearest_label_is_zero_outside)
{
  Image<std::uint16_t> labels;
  labels.grid.size = {{2, 1, 1}};
  labels.values = {5, 6};
  EXPECT_EQ(nearest(labels, {0.4, 0, 0}), 5);
  EXPECT_EQ(nearest(labels, {0.6, 0, 0}), 6);
  EXPECT_EQ(nearest(labels, {-0.4, 0.4, -0.4}), 5);
  EXPECT_EQ(nearest(labels, {1.6, 0, 0}), 0);
  EXPECT_EQ(nearest(labels, {0, -0.6, 0}), 0);
}

// Label centres and extents: table in the data set's README. Stored axes run posterior, inferior, right.
TEST(Image, permuted_axes_of_real_data)
{
  const std::string path = data + "/lumbar_ct_L2-L4_1.5mm/labels.nii.gz";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << path << " is absent";
  const Image<std::uint16_t> labels = read_labels(path);
  expect_centre(labels, 21, {-23.3, -167.6, -38.0});
  expect_centre(labels, 221, {-25.7, -163.6, -46.5});
  expect_centre(labels, 22, {-26.0, -161.6, -64.9});
  expect_centre(labels, 222, {-25.8, -160.2, -83.6});
  expect_centre(labels, 23, {-24.6, -163.6, -95.9});
  EXPECT_NEAR(extent_of(labels, 22).low, -80.7, 0.051);
  EXPECT_NEAR(extent_of(labels, 22).high, -49.2, 0.051);
  const Image<float> image = read_image(data + "/lumbar_ct_L2-L4_1.5mm/ct.nii.gz");
  EXPECT_TRUE(image.grid.matches(labels.grid));
  EXPECT_EQ(*std::min_element(image.values.begin(), image.values.end()), -1030.f);
  EXPECT_EQ(*std::max_element(image.values.begin(), image.values.end()), 1961.f);
}

// No sform; LPS axes (README). Counts and mean densities: published-values.md section 4.
TEST(Image, qform_only_real_data)
{
  const std::string folder = data + "/vertebra_L2_fe_benchmark";
  if (!std::filesystem::exists(folder + "/labels.nii.gz"))
    GTEST_SKIP() << folder << " is absent";
  const Image<std::uint16_t> labels = read_labels(folder + "/labels.nii.gz");
  const Image<float> density = read_image(folder + "/density.nii.gz");
  ASSERT_EQ(labels.grid.size, (std::array<int, 3>{{100, 89, 74}}));
  EXPECT_TRUE(labels.grid.matches(density.grid));
  const double linear[3] = {-1, -1, 1};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      EXPECT_NEAR(labels.grid.index_to_world.linear[row][column], row == column ? linear[row] : 0., 1e-6);
  EXPECT_GT(norm(labels.grid.index_to_world.offset), 1.);
  EXPECT_EQ(std::count(labels.values.begin(), labels.values.end(), 1), 22553);
  EXPECT_EQ(std::count(labels.values.begin(), labels.values.end(), 4), 12343);
  double sum = 0;
  for (std::size_t voxel = 0; voxel < labels.values.size(); ++voxel)
    sum += labels.values[voxel] == 1 ? density.values[voxel] : 0;
  EXPECT_NEAR(sum / 22553, 75.5, 0.051);
}

TEST(Image, files_that_are_no_scalar_volume_are_refused)
{
  const TemporaryFolder folder;
  const auto message = [](const std::string &path) { return bad_input_message([&] { read_image(path); }); };
  expect_parts(message(folder / "absent.nii.gz"), {"absent.nii.gz", "missing"});
  expect_parts(message(folder.path()), {folder.path(), "a folder"});
  for (const char *name : {"text.nii.gz", "text.nrrd", "text.mha", "text.docx"})
    expect_parts(message(folder.write(name, "no image at all")), {name, "image"});
  expect_parts(message(folder.write("empty.nii", "")), {"empty.nii", "tried as NIfTI, NRRD and MetaImage"});

  const std::string mha_end = "ElementDataFile = LOCAL\n" + std::string(81 * 4, '\0');
  expect_parts(
      message(folder.write("rgb.mha", "ObjectType = Image\nNDims = 3\nDimSize = 3 3 3\nElementType = MET_FLOAT\n"
                                      "ElementNumberOfChannels = 3\n" +
                                          mha_end)),
      {"rgb.mha", "3 components", "one number per voxel"});
  expect_parts(message(folder.write("time.mha", "ObjectType = Image\nNDims = 4\nDimSize = 3 3 3 3\n"
                                                "ElementType = MET_FLOAT\n" +
                                                    mha_end)),
               {"time.mha", "4-D (3 x 3 x 3 x 3)", "3-D"});
  expect_parts(message(folder.write(
                   "flat.mha", "ObjectType = Image\nNDims = 2\nDimSize = 9 9\nElementType = MET_FLOAT\n" + mha_end)),
               {"flat.mha", "2-D (9 x 9)"});
  expect_parts(message(folder.write("short.mha", "ObjectType = Image\nNDims = 3\nDimSize = 9 9 9\n"
                                                 "ElementType = MET_FLOAT\n" +
                                                     mha_end)),
               {"short.mha", "incomplete", "324 bytes instead of 2916"});
}

// ITK fills the rest of a NIfTI or MetaImage file with zeros.
TEST_P(ImageFormats, a_file_cut_off_is_refused)
{
  const TemporaryFolder folder;
  const std::string path = folder / (std::string("cut") + GetParam());
  auto floats = random_image<float>(0, 1);
  floats.grid.size[2] = 30;
  floats.values.resize(floats.grid.n_voxels(), 0.5f);
  write_image(path, floats);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 30);
  expect_parts(bad_input_message([&] { read_image(path); }), {path});
}

TEST(Image, labels_that_are_no_whole_numbers_are_refused)
{
  const TemporaryFolder folder;
  auto image = random_image<float>(0, 1);
  std::fill(image.values.begin(), image.values.end(), 3.f);
  write_image(folder / "a.nrrd", image);
  EXPECT_EQ(read_labels(folder / "a.nrrd").values.front(), 3); // whole numbers stored as float are labels
  for (const float number : {2.5f, -1.f, 65536.f, std::nanf("")}) {
    image.values.back() = number;
    write_image(folder / "a.nrrd", image);
    expect_parts(bad_input_message([&] { read_labels(folder / "a.nrrd"); }), {"a.nrrd", "whole numbers"});
  }
}

TEST(Image, files_that_cannot_be_written_are_refused)
{
  const TemporaryFolder folder;
  const auto image = random_image<float>(0, 1);
  expect_parts(bad_input_message([&] { write_image(folder / "a.xyz", image); }), {"a.xyz", "unknown format"});
  expect_parts(bad_input_message([&] { write_image(folder / "absent/a.nii.gz", image); }),
               {"a.nii.gz", "not writable"});
}

TEST(ImageMpi, broadcast_copies_grid_and_values)
{
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const auto floats = random_image<float>(-1000, 2000);
  const auto labels = random_image<std::uint16_t>(0, 65535);
  Image<float> received;
  Image<std::uint16_t> received_labels;
  if (rank == 0) {
    received = floats;
    received_labels = labels;
  }
  broadcast(MPI_COMM_WORLD, received);
  broadcast(MPI_COMM_WORLD, received_labels);
  EXPECT_TRUE(received.grid.matches(floats.grid, 1e-12));
  EXPECT_EQ(received.values, floats.values);
  EXPECT_EQ(received_labels.values, labels.values);
}

INSTANTIATE_TEST_SUITE_P(Image, ImageFormats, ::testing::Values(".nii.gz", ".nii", ".nrrd", ".mha"));
