#pragma once

#include <cstdint>

#include <inputs/image.h>

namespace cageopt::inputs {

/// Convolves an image with a normalised Gaussian of standard deviation `sigma` [mm] along each index axis (0: none).
/// Beyond the border the edge value counts.
void blur(Image<float> &image, const Point &sigma);

/// A stationary Gaussian random field of mean 0 and variance 1 on the voxels of `grid`: white noise convolved with a
/// Gaussian of standard deviation `sigma` [mm], hence autocorrelation exp(-|r|^2/(4 sigma^2)) where sigma is well above
/// the voxel size; white noise for sigma = 0. Depends on the arguments only (std::mt19937_64 and Box-Muller, whose
/// results the C++ standard and the formula fix, unlike std::normal_distribution).
Image<float> gaussian_noise(const ImageGrid &grid, const Point &sigma, std::uint64_t seed);

} // namespace cageopt::inputs
