#include <inputs/gaussian_noise.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace cageopt::inputs {

namespace {

constexpr double pi = 3.14159265358979323846;

/// Weights at offsets -n ... n, sum 1; {1} for sigma 0. `sigma` in voxels.
std::vector<float> gaussian_weights(const double sigma)
{
  const int reach = int(std::ceil(3.5 * sigma));
  std::vector<double> weights;
  double sum = 0;
  for (int offset = -reach; offset <= reach; ++offset) {
    weights.push_back(sigma > 0 ? std::exp(-0.5 * offset * offset / (sigma * sigma)) : 1.);
    sum += weights.back();
  }
  std::vector<float> result;
  for (const double weight : weights)
    result.push_back(float(weight / sum));
  return result;
}

void blur_axis(Image<float> &image, const int axis, const std::vector<float> &weights)
{
  // The lattice as [outer][along][inner]: along is the blurred axis, inner runs contiguously.
  const auto &size = image.grid.size;
  const int n_along = size[axis], reach = int(weights.size()) / 2;
  std::size_t n_inner = 1, n_outer = 1;
  for (int d = 0; d < 3; ++d)
    (d < axis ? n_inner : n_outer) *= d == axis ? 1 : size[d];
  std::vector<float> slab(n_inner * n_along);
  for (std::size_t outer = 0; outer < n_outer; ++outer) {
    float *const values = &image.values[outer * slab.size()];
    std::fill(slab.begin(), slab.end(), 0.f);
    for (int along = 0; along < n_along; ++along)
      for (int offset = -reach; offset <= reach; ++offset) {
        const float weight = weights[offset + reach];
        const float *const source = values + n_inner * std::max(0, std::min(n_along - 1, along + offset));
        float *const target = &slab[n_inner * along];
        for (std::size_t inner = 0; inner < n_inner; ++inner)
          target[inner] += weight * source[inner];
      }
    std::copy(slab.begin(), slab.end(), values);
  }
}

} // namespace

void blur(Image<float> &image, const Point &sigma)
{
  const Point edge = image.grid.spacing();
  for (int axis = 0; axis < 3; ++axis)
    if (sigma[axis] > 0)
      blur_axis(image, axis, gaussian_weights(sigma[axis] / edge[axis]));
}

Image<float> gaussian_noise(const ImageGrid &grid, const Point &sigma, const std::uint64_t seed)
{
  // On a lattice that is larger by the reach of the weights, so that the border is like the inside.
  const Point edge = grid.spacing();
  ImageGrid enlarged = grid;
  std::array<int, 3> reach;
  double gain = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const auto weights = gaussian_weights(sigma[axis] / edge[axis]);
    reach[axis] = int(weights.size()) / 2;
    enlarged.size[axis] += 2 * reach[axis];
    double sum_of_squares = 0;
    for (const float weight : weights)
      sum_of_squares += double(weight) * weight;
    gain /= std::sqrt(sum_of_squares);
  }

  Image<float> white{enlarged, std::vector<float>(enlarged.n_voxels())};
  std::mt19937_64 generator(seed);
  const auto uniform = [&generator]() { return (double(generator() >> 11) + 0.5) * 0x1p-53; };
  for (std::size_t i = 0; i < white.values.size(); i += 2) {
    const double length = gain * std::sqrt(-2. * std::log(uniform())), angle = 2 * pi * uniform();
    white.values[i] = float(length * std::cos(angle));
    if (i + 1 < white.values.size())
      white.values[i + 1] = float(length * std::sin(angle));
  }
  blur(white, sigma);

  Image<float> noise{grid, {}};
  noise.values.reserve(grid.n_voxels());
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        noise.values.push_back(white(i + reach[0], j + reach[1], k + reach[2]));
  return noise;
}

} // namespace cageopt::inputs
