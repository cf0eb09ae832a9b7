#pragma once

#include <string>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <inputs/error.h>
#include <solver/block_vector.h>
#include <solver/solver_parameters.h>

namespace cageopt::solver {

/// What solves K x = b for ElasticitySolver: on the free components, prescribed displacements already moved to b.
class LinearBackEnd
{
public:
  virtual ~LinearBackEnd() = default;

  /// As in the case file, 'Solver/Back end'.
  virtual std::string name() const = 0;

  /// New material, [n_owned_cells] MPa; all that depends on it is made anew. Collective.
  virtual void set_stiffness(const std::vector<inputs::CellStiffness> &stiffness) = 0;

  /// x [mm] such that |b - K x| <= relative tolerance |b| in every lane, b in N. On entry x holds the start; fixed
  /// components of x and b are zero and stay so; lanes with b = 0 have x = 0. Uses and overwrites b; ghosts and hanging
  /// nodes of x are left stale. Returns the iterations of the slowest lane. Throws Error{not_converged}. Collective.
  virtual unsigned int solve(BlockVector<double> &x, BlockVector<double> &b) const = 0;

  /// Of the solves to come, instead of the parameters'.
  void set_relative_tolerance(const double relative_tolerance) { parameters.relative_tolerance = relative_tolerance; }

protected:
  explicit LinearBackEnd(const SolverParameters &parameters) : parameters(parameters) {}

  SolverParameters parameters;
};

/// The Error that ends a solve without a result; `detail` (a history, a library's reason) may be empty.
inputs::Error not_converged(const std::string &back_end, unsigned int iterations, double relative_residual,
                            const SolverParameters &parameters, const std::string &detail);

} // namespace cageopt::solver
