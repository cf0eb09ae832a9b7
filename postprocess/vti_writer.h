#pragma once

#include <string>
#include <vector>

#include <inputs/image.h>
#include <postprocess/grid_view.h>

namespace cageopt::postprocess {

/// Regular, possibly oblique lattice with fields:
///   point (i, j, k) = origin + direction diag(spacing) (i, j, k)^T,
/// direction[row][column], columns orthonormal. Values run with i fastest. NaN means outside the design.
struct RegularGrid
{
  std::array<int, 3> n_cells{{0, 0, 0}}; ///< there are n_cells + 1 points per axis
  inputs::Point origin{{0, 0, 0}};       ///< mm, first *point* (corner of the first cell)
  inputs::Point spacing{{1, 1, 1}};      ///< mm
  std::array<inputs::Point, 3> direction{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  std::vector<GridArray> cell_arrays;
  std::vector<GridArray> point_arrays;
  Notes notes; ///< at least {"frame", "RAS"} or {"frame", "design"}

  /// The lattice whose *cells* are the voxels of an image. Throws Error{bad_input} if the image's axes are sheared,
  /// which the format cannot hold.
  static RegularGrid from_voxels(const inputs::ImageGrid &voxels);
};

/// Writes one .vti file (zlib, appended raw). Rank-local: call inside inputs::on_root() on gathered data.
class VtiWriter
{
public:
  /// Throws Error{bad_input} if the file cannot be written, Error{internal_error} if an array has the wrong size.
  static void write(const std::string &path, const RegularGrid &grid);
};

} // namespace cageopt::postprocess
