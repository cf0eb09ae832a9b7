// The voxel filters against scipy's numbers, definitions written out, and images whose answer is plain.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <inputs/voxel_filters.h>

using namespace cageopt::inputs;

namespace {

using Size = std::array<int, 3>;

std::size_t index_of(const Size &size, const int i, const int j, const int k)
{
  return i + std::size_t(size[0]) * (j + std::size_t(size[1]) * k);
}

template <typename Function>
Image<float> image_of(const Size &size, const Function &value)
{
  Image<float> image;
  image.grid.size = size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        image.values.push_back(static_cast<float>(value(i, j, k)));
  return image;
}

double rough(const int i, const int j, const int k)
{
  return (7 * i * i + 3 * j * i + 5 * k * k + 11 * j + 2 * i * k) % 23;
}

template <typename Function>
VoxelMask mask_of(const Size &size, const Function &is_set)
{
  const auto image = image_of(size, [&](const int i, const int j, const int k) { return is_set(i, j, k) ? 1. : 0.; });
  return VoxelMask(image.values.begin(), image.values.end());
}

/// Dilation (or erosion, of the complement with what is outside as stated) voxel by voxel.
VoxelMask dilated(const VoxelMask &mask, const Size &size, const int radius, const bool is_outside_set)
{
  return mask_of(size, [&](const int i, const int j, const int k) {
    for (int dk = -radius; dk <= radius; ++dk)
      for (int dj = -radius; dj <= radius; ++dj)
        for (int di = -radius; di <= radius; ++di) {
          if (di * di + dj * dj + dk * dk > radius * radius)
            continue;
          const int x = i + di, y = j + dj, z = k + dk;
          const bool is_inside = x >= 0 && x < size[0] && y >= 0 && y < size[1] && z >= 0 && z < size[2];
          if (is_inside ? mask[index_of(size, x, y, z)] != 0 : is_outside_set)
            return true;
        }
    return false;
  });
}

VoxelMask complement(VoxelMask mask)
{
  for (auto &voxel : mask)
    voxel = !voxel;
  return mask;
}

} // namespace

TEST(Smoothed, AsScipy)
{
  // scipy 1.10.1: ndimage.gaussian_filter(f, 1.3, mode='nearest')
  const auto result = smoothed(image_of({9, 7, 8}, rough), 1.3);
  EXPECT_NEAR(result(0, 0, 0), 8.351856334322655, 1e-5);
  EXPECT_NEAR(result(4, 3, 4), 11.623930674577956, 1e-5);
  EXPECT_NEAR(result(8, 6, 7), 8.769236963979012, 1e-5);
  EXPECT_NEAR(result(2, 0, 7), 9.713186032841513, 1e-5);
}

TEST(Smoothed, APointBecomesTheGaussian)
{
  const double sigma = 1.5;
  const auto result =
      smoothed(image_of({21, 21, 21}, [](int i, int j, int k) { return i == 10 && j == 10 && k == 10; }), sigma);
  double sum = 0;
  for (int i = -6; i <= 6; ++i)
    sum += std::exp(-.5 * i * i / (sigma * sigma));
  for (const auto &[i, j, k] : {Size{0, 0, 0}, Size{1, -2, 3}, Size{6, 0, -6}})
    EXPECT_NEAR(result(10 + i, 10 + j, 10 + k),
                std::exp(-.5 * (i * i + j * j + k * k) / (sigma * sigma)) / std::pow(sum, 3), 1e-8);
  EXPECT_EQ(result(10, 10, 17), 0.f); // beyond 4 sigma
}

TEST(Zoomed, AsScipy)
{
  // scipy 1.10.1: ndimage.zoom(f, 0.6, order)
  const auto image = image_of({9, 7, 8}, rough);
  const auto second = zoomed(image, .6, 2), third = zoomed(image, .6, 3);
  EXPECT_EQ(second.grid.size, (Size{5, 4, 5}));
  EXPECT_NEAR(second(1, 1, 1), 18.584669233245034, 2e-5);
  EXPECT_NEAR(second(2, 3, 1), 8.660215146938672, 2e-5);
  EXPECT_NEAR(third(1, 1, 1), 18.085355118515974, 2e-5);
  EXPECT_NEAR(third(2, 3, 1), 8.422256097560984, 2e-5);
}

TEST(Zoomed, VoxelsOnEachOtherKeepTheirValueAndTheGridItsExtent)
{
  auto image = image_of({9, 9, 9}, rough);
  image.grid.index_to_world.linear = {{{0, 2, 0}, {2, 0, 0}, {0, 0, 2}}};
  image.grid.index_to_world.offset = {10, 20, 30};
  const auto result = zoomed(image, 5. / 9., 2);
  ASSERT_EQ(result.grid.size, (Size{5, 5, 5}));
  for (int k = 0; k < 5; ++k)
    for (int j = 0; j < 5; ++j)
      for (int i = 0; i < 5; ++i)
        EXPECT_NEAR(result(i, j, k), rough(2 * i, 2 * j, 2 * k), 1e-4);
  for (const double corner : {0., 1.}) {
    const Point before = image.grid.index_to_world({9 * corner - .5, 9 * corner - .5, -.5});
    const Point after = result.grid.index_to_world({5 * corner - .5, 5 * corner - .5, -.5});
    EXPECT_NEAR(norm(before - after), 0., 1e-12);
  }
  EXPECT_THROW(zoomed(image, .1, 2), InputError);
}

TEST(Closed, FillsAGapAlsoAtTheEdgeAndMovesNothingElse)
{
  const Size size = {12, 9, 9};
  const auto with_gap = mask_of(size, [](const int i, int, int) { return i >= 2 && i < 9 && i != 5; });
  EXPECT_EQ(closed(with_gap, size, 1), mask_of(size, [](const int i, int, int) { return i >= 2 && i < 9; }));
  const auto point = mask_of(size, [](int i, int j, int k) { return i == 5 && j == 4 && k == 0; });
  EXPECT_EQ(closed(point, size, 3), point);
}

TEST(Closed, AsDefined)
{
  const Size size = {11, 8, 9};
  std::mt19937 numbers(4);
  const auto mask = mask_of(size, [&](int, int, int) { return numbers() % 14 == 0; });
  for (const int radius : {1, 2, 3}) {
    const auto expected = complement(dilated(complement(dilated(mask, size, radius, false)), size, radius, false));
    EXPECT_NE(expected, mask);
    EXPECT_EQ(closed(mask, size, radius), expected) << radius;
  }
}

TEST(LargestPart, HangsTogetherOverFaces)
{
  const Size size = {8, 6, 5};
  const auto larger = [](const int i, const int j, const int k) { return i < 3 && j < 4 && k == 2; };
  const auto beside = [](const int i, const int j, const int k) {
    return i >= 3 && i < 6 && j == 4 && k == 2;
  }; // an edge
  const auto apart = [](const int i, const int, const int k) { return i == 7 && k == 4; };
  EXPECT_EQ(largest_part(mask_of(size, [&](int i, int j,
                                           int k) { return larger(i, j, k) || beside(i, j, k) || apart(i, j, k); }),
                         size),
            mask_of(size, larger));
  const VoxelMask empty(8 * 6 * 5, 0);
  EXPECT_EQ(largest_part(empty, size), empty);
}
