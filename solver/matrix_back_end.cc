#include <solver/matrix_back_end.h>

#include <algorithm>

#include <solver/block_dot.h>

namespace cageopt::solver {

MatrixBackEnd::MatrixBackEnd(const meshing::OctreeMesh &mesh, const double unit_length, const FixedComponents &fixed,
                             const SolverParameters &parameters)
    : LinearBackEnd(parameters), matrix(mesh, unit_length, fixed), back_end_name(parameters.back_end)
{
}

void MatrixBackEnd::set_stiffness(const std::vector<inputs::CellStiffness> &stiffness)
{
  update(matrix.assemble(stiffness));
}

unsigned int MatrixBackEnd::solve(BlockVector<double> &x, BlockVector<double> &b) const
{
  const unsigned int lanes = x.lanes();
  const std::size_t n_rows = 3 * std::size_t(matrix.n_rows());
  const LaneSums scale = BlockDot(matrix.mesh(), lanes)(b, b);
  std::vector<double> column_x(n_rows), column_b(n_rows);
  unsigned int iterations = 0;
  for (unsigned int lane = 0; lane < lanes; ++lane) {
    if (scale[lane] == 0)
      continue;
    for (std::size_t i = 0; i < n_rows; ++i) {
      column_x[i] = x.data()[i * lanes + lane];
      column_b[i] = b.data()[i * lanes + lane];
    }
    const auto outcome = solve_column(column_x.data(), column_b.data());
    if (!outcome.converged)
      throw not_converged(name(), outcome.iterations, outcome.relative_residual, parameters, outcome.reason);
    iterations = std::max(iterations, outcome.iterations);
    for (std::size_t i = 0; i < n_rows; ++i)
      x.data()[i * lanes + lane] = column_x[i];
  }
  return iterations;
}

std::vector<double> MatrixBackEnd::coordinates() const
{
  std::vector<double> result(3 * std::size_t(matrix.n_rows()));
  for (std::uint32_t node = 0; node < matrix.n_rows(); ++node)
    for (unsigned int d = 0; d < 3; ++d)
      result[3 * node + d] = matrix.unit_length() * matrix.mesh().position(node)[d];
  return result;
}

} // namespace cageopt::solver
