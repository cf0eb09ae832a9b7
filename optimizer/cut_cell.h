#pragma once

#include <array>

namespace cageopt::optimizer {

/// Share of a cube in which a field is positive, from its values at the corners (in the order of OctreeMesh::nodes_of),
/// and its exact derivatives. The cube is cut into 24 tetrahedra about its centre and its faces' centres, where the
/// field is the mean of the corners around, and is linear in each. The share is exact for planes, has the symmetries of
/// the cube, and is twice continuously differentiable unless all corners vanish.
///
/// In a tetrahedron with values v_j it is the divided difference of max(x, 0)^3 at v_0..v_3 (Hermite-Genocchi).
struct CutCell
{
  double share = 0;                   ///< -
  std::array<double, 8> derivative{}; ///< by the corners' values, 1 / unit of the field

  static CutCell of(const std::array<double, 8> &corner_values);
};

} // namespace cageopt::optimizer
