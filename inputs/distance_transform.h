#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// Euclidean distance from each node of an n[0] x n[1] x n[2] grid (x fastest) to the nearest node with `marked` != 0,
/// in the unit of `spacing` (between nodes along each axis); a huge number where none is marked. Exact, linear time: P.
/// F. Felzenszwalb, D. P. Huttenlocher, Distance transforms of sampled functions, Theory of Computing 8 (2012) 415-428.
std::vector<float> distance_transform(const std::array<int, 3> &n, const std::vector<std::uint8_t> &marked,
                                      const Point &spacing = {1, 1, 1});

} // namespace cageopt::inputs
