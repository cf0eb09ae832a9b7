// Random fields and convolution against their stated moments.
#include <cmath>

#include <gtest/gtest.h>

#include <inputs/gaussian_noise.h>

using namespace cageopt::inputs;

namespace {

template <typename Action>
void for_each_voxel(const ImageGrid &grid, const Action &action)
{
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        action(i, j, k);
}

} // namespace

TEST(GaussianNoise, HasUnitVarianceAndTheStatedCorrelation)
{
  ImageGrid grid;
  grid.size = {{70, 60, 50}};
  const auto noise = gaussian_noise(grid, {{2., 2., 2.}}, 7);
  double square = 0, lagged = 0, n_pairs = 0;
  for_each_voxel(grid, [&](const int i, const int j, const int k) {
    if (i < 8 || i >= 58 || j < 8 || j >= 52 || k < 8 || k >= 42) // clear of the border
      return;
    square += noise(i, j, k) * noise(i, j, k);
    lagged += noise(i, j, k) * noise(i + 4, j, k);
    n_pairs += 1;
  });
  EXPECT_NEAR(square / n_pairs, 1., 0.1);
  EXPECT_NEAR(lagged / square, std::exp(-1.), 0.08);
  EXPECT_EQ(noise.values, gaussian_noise(grid, {{2., 2., 2.}}, 7).values);
  EXPECT_NE(noise.values, gaussian_noise(grid, {{2., 2., 2.}}, 8).values);
}

TEST(GaussianNoise, BlurKeepsTheSumAndSpreadsByItsVariance)
{
  Image<float> image;
  image.grid.size = {{31, 31, 31}};
  image.grid.index_to_world.linear = {{{0.5, 0, 0}, {0, 1, 0}, {0, 0, 2}}};
  image.values.assign(image.grid.n_voxels(), 0.f);
  image.values[image.grid.n_voxels() / 2] = 1.f;
  blur(image, {{1., 1.5, 0.}});
  double sum = 0;
  Point variance = {{0, 0, 0}};
  for_each_voxel(image.grid, [&](const int i, const int j, const int k) {
    const Point place = image.grid.index_to_world({i - 15., j - 15., k - 15.});
    sum += image(i, j, k);
    for (int d = 0; d < 3; ++d)
      variance[d] += image(i, j, k) * place[d] * place[d];
  });
  EXPECT_NEAR(sum, 1., 1e-5);
  EXPECT_NEAR(variance[0], 1., 0.02);
  EXPECT_NEAR(variance[1], 2.25, 0.04);
  EXPECT_EQ(variance[2], 0.);
}
