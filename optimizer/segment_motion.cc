#include <optimizer/segment_motion.h>

#include <cmath>
#include <stdexcept>

namespace cageopt::optimizer {

LoadMatrix face_motion(const meshing::DesignDomain &domain, solver::BlockVector<double> &u)
{
  domain.mesh.halo().update_ghosts(u.data(), u.values_per_node());
  domain.mesh.interpolate_hanging(u.data(), u.values_per_node());
  LoadMatrix motion{};
  for (const auto &load : domain.loads)
    for (unsigned int i = 0; i < 6; ++i)
      for (unsigned int k = 0; k < domain.n_load_columns; ++k)
        for (unsigned int c = 0; c < 3; ++c)
          motion[i][k] += load.f[i][c] * u(load.node, c, k);
  MPI_Allreduce(MPI_IN_PLACE, motion.data(), 36, MPI_DOUBLE, MPI_SUM, domain.mesh.comm());
  return motion;
}

Wrench times(const LoadMatrix &matrix, const Wrench &columns)
{
  Wrench result{};
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int k = 0; k < 6; ++k)
      result[i] += matrix[i][k] * columns[k];
  return result;
}

LoadMatrix inverse(const LoadMatrix &matrix)
{
  // Cholesky, after scaling: entries of forces and moments differ by orders of magnitude.
  std::array<double, 6> scale{};
  LoadMatrix l{};
  for (unsigned int i = 0; i < 6; ++i) {
    if (!(matrix[i][i] > 0))
      throw std::domain_error("inverse: not positive definite");
    scale[i] = 1. / std::sqrt(matrix[i][i]);
  }
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j <= i; ++j) {
      double sum = .5 * (matrix[i][j] + matrix[j][i]) * scale[i] * scale[j];
      for (unsigned int k = 0; k < j; ++k)
        sum -= l[i][k] * l[j][k];
      if (i == j && !(sum > 1e-13))
        throw std::domain_error("inverse: not positive definite");
      l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
    }
  LoadMatrix result{};
  for (unsigned int column = 0; column < 6; ++column) {
    std::array<double, 6> x{};
    x[column] = scale[column];
    for (unsigned int i = 0; i < 6; ++i) {
      for (unsigned int k = 0; k < i; ++k)
        x[i] -= l[i][k] * x[k];
      x[i] /= l[i][i];
    }
    for (unsigned int i = 6; i-- > 0;) {
      for (unsigned int k = i + 1; k < 6; ++k)
        x[i] -= l[k][i] * x[k];
      x[i] /= l[i][i];
    }
    for (unsigned int i = 0; i < 6; ++i)
      result[i][column] = scale[i] * x[i];
  }
  return result;
}

double rotation_degrees(const Wrench &motion)
{
  constexpr double degrees = 180. / 3.14159265358979323846;
  return degrees * std::sqrt(motion[3] * motion[3] + motion[4] * motion[4] + motion[5] * motion[5]);
}

Wrench unit_force(const inputs::Point &from, const inputs::Point &to)
{
  using inputs::operator-, inputs::operator*;
  const inputs::Point force = (1. / inputs::norm(to - from)) * (to - from), moment = inputs::cross(from, force);
  return {{force[0], force[1], force[2], moment[0], moment[1], moment[2]}};
}

Wrench least_rotation_force(const LoadMatrix &compliance)
{
  const auto &c = compliance;
  const double determinant = c[3][3] * c[4][4] - c[3][4] * c[4][3];
  if (!(c[3][3] > 0 && c[4][4] > 0 && determinant > 0))
    throw std::domain_error("least_rotation_force: not positive definite");
  // Rotations of the unit force through the disc centre; the moments undo them.
  const double about_x = -c[3][2], about_y = -c[4][2];
  return {{0, 0, -1, -(c[4][4] * about_x - c[3][4] * about_y) / determinant,
           -(c[3][3] * about_y - c[4][3] * about_x) / determinant, 0}};
}

void direct_follower_loads(std::vector<inputs::LoadCase> &cases, const Wrench &unit)
{
  for (auto &load : cases) {
    load.wrench[2] += load.follower_load;
    for (unsigned int i = 0; i < 6; ++i)
      load.wrench[i] += load.follower_load * unit[i];
  }
}

} // namespace cageopt::optimizer
