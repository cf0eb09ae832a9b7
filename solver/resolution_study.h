#pragma once

#include <vector>

namespace cageopt::solver {

/// What a quantity on finer and finer grids tends to: f = f_0 + a h^p by least squares, the order p between 1 and 2, as
/// surfaces in steps and trilinear cubes have them, that fits best. Two grids leave p = 1; one leaves f as it is.
struct ResolutionStudy
{
  /// `n` cells along an edge, rising, h = 1 / n; `f` on each.
  ResolutionStudy(const std::vector<int> &n, const std::vector<double> &f);

  double value; ///< f_0
  /// The largest of |f_0 - f on the finest grid|, the largest misfit, and |f_0 at p = 1 - f_0 at p = 2|; not a number
  /// for one grid.
  double error;
  double order; ///< p; not a number for one grid
};

} // namespace cageopt::solver
