#pragma once

#include <array>

namespace cageopt::solver {

/// Element matrix of a trilinear cube, row and column 3 * corner + component, corners lexicographic with x fastest.
using CubeMatrix = std::array<std::array<double, 24>, 24>;

/// The derivatives of the unit cube's stiffness K = int B^T C B dx with respect to C11, C33, C12, C13, C44, C66, in
/// this order, of the transversely isotropic or tetragonal law
///   s_xx = C11 e_xx + C12 e_yy + C13 e_zz,  s_zz = C13 (e_xx + e_yy) + C33 e_zz  (s_yy like s_xx),
///   s_xy = C66 g_xy,  s_xz = C44 g_xz,  s_yz = C44 g_yz,
/// which holds cubic (C33 = C11, C13 = C12, C66 = C44) and isotropic ones. A cube with edge h has K = h sum_k c_k K_k,
/// N/mm for mm and MPa. Made from the strain matrix B with 2 x 2 x 2 Gauss points, where they are exact, and so
/// independently of CubeKernel.
const std::array<CubeMatrix, 6> &unit_cube_matrices();

/// K_e of a cube of `edge` mm and the constants of CellStiffness::constants(), MPa; N/mm.
CubeMatrix cube_matrix(double edge, const std::array<double, 6> &constants);

} // namespace cageopt::solver
