#include <solver/cube_matrix.h>

#include <cmath>

namespace cageopt::solver {

namespace {

using Voigt = std::array<std::array<double, 6>, 6>; // xx, yy, zz, yz, xz, xy
using StrainMatrix = std::array<std::array<double, 24>, 6>;

/// B of the unit cube at `point`: eps = B u, with engineering shear strains.
StrainMatrix strain_matrix(const std::array<double, 3> &point)
{
  StrainMatrix strain = {};
  for (unsigned int corner = 0; corner < 8; ++corner) {
    std::array<double, 3> gradient = {1., 1., 1.};
    for (unsigned int d = 0; d < 3; ++d)
      for (unsigned int e = 0; e < 3; ++e) {
        const bool upper = corner >> e & 1;
        gradient[d] *= d == e ? (upper ? 1. : -1.) : (upper ? point[e] : 1. - point[e]);
      }
    const unsigned int x = 3 * corner, y = x + 1, z = x + 2;
    strain[0][x] = strain[5][y] = strain[4][z] = gradient[0];
    strain[1][y] = strain[5][x] = strain[3][z] = gradient[1];
    strain[2][z] = strain[4][x] = strain[3][y] = gradient[2];
  }
  return strain;
}

std::array<Voigt, 6> unit_laws()
{
  std::array<Voigt, 6> laws = {};
  laws[0][0][0] = laws[0][1][1] = 1.;                                 // C11
  laws[1][2][2] = 1.;                                                 // C33
  laws[2][0][1] = laws[2][1][0] = 1.;                                 // C12
  laws[3][0][2] = laws[3][2][0] = laws[3][1][2] = laws[3][2][1] = 1.; // C13
  laws[4][3][3] = laws[4][4][4] = 1.;                                 // C44
  laws[5][5][5] = 1.;                                                 // C66
  return laws;
}

std::array<CubeMatrix, 6> integrate()
{
  const auto laws = unit_laws();
  const double gauss[2] = {.5 - .5 / std::sqrt(3.), .5 + .5 / std::sqrt(3.)}, weight = .125;
  std::array<CubeMatrix, 6> matrices = {};
  for (unsigned int q = 0; q < 8; ++q) {
    const auto strain = strain_matrix({gauss[q & 1], gauss[q >> 1 & 1], gauss[q >> 2 & 1]});
    for (unsigned int k = 0; k < 6; ++k)
      for (unsigned int i = 0; i < 6; ++i)
        for (unsigned int j = 0; j < 6; ++j)
          if (laws[k][i][j] != 0)
            for (unsigned int row = 0; row < 24; ++row)
              for (unsigned int column = 0; column < 24; ++column)
                matrices[k][row][column] += weight * strain[i][row] * laws[k][i][j] * strain[j][column];
  }
  return matrices;
}

} // namespace

const std::array<CubeMatrix, 6> &unit_cube_matrices()
{
  static const auto matrices = integrate();
  return matrices;
}

CubeMatrix cube_matrix(const double edge, const std::array<double, 6> &constants)
{
  const auto &parts = unit_cube_matrices();
  CubeMatrix matrix;
  for (unsigned int i = 0; i < 24; ++i)
    for (unsigned int j = 0; j < 24; ++j) {
      double sum = 0;
      for (unsigned int k = 0; k < 6; ++k)
        sum += constants[k] * parts[k][i][j];
      matrix[i][j] = edge * sum;
    }
  return matrix;
}

} // namespace cageopt::solver
