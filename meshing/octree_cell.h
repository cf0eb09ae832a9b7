#pragma once

#include <array>
#include <cstdint>

namespace cageopt::meshing {

/// A lattice position; the unit is the edge of the smallest cell that the octree may hold.
using LatticePoint = std::array<std::int32_t, 3>;

/// Coordinates are non-negative and below 2^19, so that a cell or node fits a 64-bit key.
constexpr std::int32_t lattice_limit = 1 << 19;

inline std::uint64_t lattice_key(const LatticePoint &point)
{
  return std::uint64_t(point[0]) | std::uint64_t(point[1]) << 20 | std::uint64_t(point[2]) << 40;
}

inline LatticePoint lattice_point(const std::uint64_t key)
{
  constexpr std::uint64_t bits = (1u << 20) - 1;
  return {std::int32_t(key & bits), std::int32_t(key >> 20 & bits), std::int32_t(key >> 40 & bits)};
}

/// Place of a point on the space-filling curve by which cells are shared out.
inline std::uint64_t morton_code(const LatticePoint &point)
{
  std::uint64_t code = 0;
  for (unsigned int bit = 0; bit < 20; ++bit)
    for (unsigned int d = 0; d < 3; ++d)
      code |= std::uint64_t(point[d] >> bit & 1) << (3 * bit + d);
  return code;
}

/// A cube of an octree: lower corner and log2 of the edge, in lattice units. The corner is a multiple of the edge.
/// Corner v of a cell lies at corner + edge * (v & 1, v >> 1 & 1, v >> 2 & 1): lexicographic, x fastest.
struct OctreeCell
{
  LatticePoint corner{{0, 0, 0}};
  std::uint8_t level = 0;

  std::int32_t edge() const { return std::int32_t(1) << level; }
  std::uint64_t key() const
  {
    return std::uint64_t(corner[0]) | std::uint64_t(corner[1]) << 19 | std::uint64_t(corner[2]) << 38 |
           std::uint64_t(level) << 57;
  }
  LatticePoint vertex(const unsigned int v) const
  {
    return {corner[0] + std::int32_t(v & 1) * edge(), corner[1] + std::int32_t(v >> 1 & 1) * edge(),
            corner[2] + std::int32_t(v >> 2 & 1) * edge()};
  }
  OctreeCell parent() const { return containing(corner, level + 1); }
  /// Position among the parent's children, in the order of vertex().
  unsigned int child_index() const
  {
    return (corner[0] >> level & 1) + 2 * (corner[1] >> level & 1) + 4 * (corner[2] >> level & 1);
  }
  /// The cell of `level` whose half-open box holds `point`.
  static OctreeCell containing(const LatticePoint &point, const unsigned int level)
  {
    const std::int32_t mask = ~((std::int32_t(1) << level) - 1);
    return {{point[0] & mask, point[1] & mask, point[2] & mask}, static_cast<std::uint8_t>(level)};
  }
};

} // namespace cageopt::meshing
