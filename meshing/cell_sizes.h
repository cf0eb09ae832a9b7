#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <inputs/geometry.h>
#include <meshing/mesh_parameters.h>
#include <meshing/octree_cell.h>
#include <meshing/refinement.h>

namespace cageopt::meshing {

/// How large cells may be on the lattice of a segment's mesh: small beside the cage's envelope, twice and four times as
/// large farther away, and smaller where a Refinement asks for it. Every rank holds the whole lattice.
class CellSizes
{
public:
  static constexpr unsigned int depth = 2; ///< root cells are four of the smallest wide

  /// `n_lattice`: smallest cells along each axis, `origin`: of the first, mm in the design frame. `is_envelope`:
  /// whether the cage's envelope holds a point of that frame.
  CellSizes(const std::array<int, 3> &n_lattice, const inputs::Point &origin, const MeshParameters &parameters,
            const Refinement &refinement, const std::function<bool(const inputs::Point &)> &is_envelope);

  /// Largest level that a cell may have at its place: 0 for the smallest cells.
  unsigned int wanted_level(const OctreeCell &cell) const;

  /// Distance from the envelope, mm: the smallest within the cell, and at its centre.
  float smallest_distance(const OctreeCell &cell) const;
  float centre_distance(const OctreeCell &cell) const;

private:
  void place(const Refinement &refinement, const inputs::Point &origin);
  std::size_t index(const int i, const int j, const int k) const
  {
    return i + std::size_t(n_lattice[0]) * (j + std::size_t(n_lattice[1]) * k);
  }

  std::array<int, 3> n_lattice;
  double cell_size, fine_distance, medium_distance; ///< mm
  std::vector<float> distance; ///< of each lattice cell's centre to the nearest envelope cell's, less half a cell, mm
  std::vector<std::uint8_t> marked_level; ///< what marks ask for; empty: nothing is marked
};

} // namespace cageopt::meshing
