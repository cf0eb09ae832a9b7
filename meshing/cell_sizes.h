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

/// How large cells may be on the lattice of a segment's mesh: 'Mesh/Cell size' beside the cage's envelope, twice and
/// four times as large farther away, and smaller where a Refinement asks for it. Every rank holds the whole lattice.
class CellSizes
{
public:
  /// Root cells are four cells of 'Mesh/Cell size' wide.
  static unsigned int depth(const Refinement &refinement) { return 2 + refinement.halvings; }

  /// `n_lattice`: smallest cells along each axis, `origin`: of the first, mm in the design frame. `is_envelope`:
  /// whether the cage's envelope holds a point of that frame.
  CellSizes(const std::array<int, 3> &n_lattice, const inputs::Point &origin, const MeshParameters &parameters,
            const Refinement &refinement, const std::function<bool(const inputs::Point &)> &is_envelope);

  /// Largest level that a cell may have at its place: 0 for the smallest cells.
  unsigned int wanted_level(const OctreeCell &cell) const;

  /// Distance from the envelope, mm: the smallest within the cell, and at its centre; parts of a cell of 'Mesh/Cell
  /// size' have the distance of the whole.
  float smallest_distance(const OctreeCell &cell) const;
  float centre_distance(const OctreeCell &cell) const;

private:
  void place(const Refinement &refinement, const inputs::Point &origin);
  static std::size_t index(const std::array<int, 3> &n, const int i, const int j, const int k)
  {
    return i + std::size_t(n[0]) * (j + std::size_t(n[1]) * k);
  }

  std::array<int, 3> n_lattice, n_cells; ///< places of the lattice, and cells of 'Mesh/Cell size'
  unsigned int halvings;
  double cell_size, fine_distance, medium_distance; ///< mm
  /// [n_cells] of each such cell's centre to the nearest envelope cell's, less half a cell, mm
  std::vector<float> distance;
  std::vector<std::uint8_t> marked_level; ///< [n_lattice] what marks ask for; empty: nothing is marked
};

} // namespace cageopt::meshing
