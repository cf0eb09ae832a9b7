#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <inputs/image.h>
#include <inputs/unit_cell.h>

namespace cageopt::inputs {

/// One period of a cell on cubic voxels. The solid is where the value at a voxel's centre is <= a threshold.
class CellVoxels
{
public:
  /// `n` voxels along the edge L, a multiple of 4. Throws InputError for values that are not finite.
  CellVoxels(const UnitCell &cell, int n);
  /// Of an image: the solid is where the grey value is at least its threshold, so values are stored negative. Throws
  /// InputError for voxels that are no cubes and fewer than two along an axis.
  explicit CellVoxels(const Image<float> &image);

  const std::array<int, 3> &size() const { return n; }
  std::size_t n_voxels() const { return values.size(); }
  /// Voxels along L, the unit of length.
  int voxels_per_edge() const { return edge; }

  /// The thresholds whose solids have the densities next to `density`, below and above; the same where one has it to
  /// 5e-4 of itself. Values that are equal, as symmetry makes them, are taken together, so that the solid keeps the
  /// symmetry of its cell.
  std::array<double, 2> thresholds_around(double density) const;
  /// That of the two whose density is nearer.
  double threshold_for(double density) const;
  double density(double threshold) const;
  /// 1 solid, 0 void, x fastest.
  std::vector<std::uint8_t> solid(double threshold) const;
  /// Area of the surface value = threshold per volume, 1/L: marching tetrahedra through the centres, linear in each.
  double surface_area(double threshold) const;
  /// Value at x, in units of L, linear between the centres and periodic.
  double value_at(const Point &x) const;
  /// How much more often voxels of opposite faces differ, solid against void, than voxels side by side within: about 1
  /// for a period, the largest of the three axes.
  double face_mismatch(double threshold) const;

private:
  std::size_t index(int i, int j, int k) const;

  std::array<int, 3> n;
  int edge;
  std::vector<float> values;
};

/// How the solid of a period hangs together: parts over faces, edges and corners, as nodes join them.
struct Percolation
{
  /// Removes what is not joined to a copy of itself in another period.
  static Percolation keep_carrying(std::vector<std::uint8_t> &solid, const std::array<int, 3> &size);

  std::size_t n_removed = 0; ///< voxels
  /// Independent directions in which the best part is joined to its copies: 3 for one that carries every load.
  unsigned int n_directions = 0;
};

} // namespace cageopt::inputs
