#pragma once

#include <array>

namespace cageopt::optimizer {

/// A principal value of a symmetric tensor t, and its derivative n n^T with respect to t's six stored entries.
struct PrincipalState
{
  double value;
  std::array<double, 6> derivative; ///< n_x^2, n_y^2, n_z^2, 2 n_x n_y, 2 n_y n_z, 2 n_x n_z
};

/// Principal values of (xx, yy, zz, xy, yz, xz), descending. Where some coincide each by itself has no derivative, but
/// a sum of one differentiable function over all three has, and it is what these derivatives give, whichever vectors of
/// the eigenspace were found (Lewis 1996, doi:10.1287/moor.21.3.576).
std::array<PrincipalState, 3> principal_states(const std::array<double, 6> &tensor);

} // namespace cageopt::optimizer
