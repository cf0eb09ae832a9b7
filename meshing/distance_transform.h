#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cageopt::meshing {

/// Euclidean distance, in grid units, from each node of an n[0] x n[1] x n[2] grid (x fastest) to the nearest node with
/// `marked` != 0; a huge number where none is marked. Exact, linear time: P. F. Felzenszwalb, D. P. Huttenlocher,
/// Distance transforms of sampled functions, Theory of Computing 8 (2012) 415-428.
std::vector<float> distance_transform(const std::array<int, 3> &n, const std::vector<std::uint8_t> &marked);

} // namespace cageopt::meshing
