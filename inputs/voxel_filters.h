#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <inputs/image.h>

namespace cageopt::inputs {

/// Filters from a grey image to the voxels of a specimen, through ITK. All are rank-local.

/// Convolution with a sampled Gaussian of `sigma` voxels, cut off beyond 4 sigma and normalised, edge values repeated
/// outside: the convention of scipy and scikit-image, not ITK's own discrete Gaussian.
Image<float> smoothed(const Image<float> &image, double sigma);
/// With a sigma for each index axis.
Image<float> smoothed(const Image<float> &image, const std::array<double, 3> &sigma);

/// The image on round(n factor) voxels along an axis of n, through a spline of `order` (0 to 5) that interpolates all
/// voxels and is mirrored at the edges. The first and the last voxels' centres fall on each other, as scipy's zoom has
/// it; the grid keeps the extent of the image, edge to edge. Throws InputError if fewer than two voxels are left.
Image<float> zoomed(const Image<float> &image, double factor, unsigned int order);

/// True where voxels are set; voxel (i, j, k) is [i + size[0] * (j + size[1] * k)].
using VoxelMask = std::vector<std::uint8_t>;

/// Dilation by the ball i^2 + j^2 + k^2 <= radius^2, then erosion by it; what lies outside is void for the one and set
/// for the other, so that a mask never loses voxels.
VoxelMask closed(const VoxelMask &mask, const std::array<int, 3> &size, unsigned int radius);

/// The largest part that hangs together over faces. Empty stays empty.
VoxelMask largest_part(const VoxelMask &mask, const std::array<int, 3> &size);

} // namespace cageopt::inputs
