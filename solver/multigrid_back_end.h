#pragma once

#include <string>
#include <vector>

#include <solver/linear_back_end.h>
#include <solver/multigrid.h>

namespace cageopt::solver {

/// Conjugate gradients in double precision without a matrix, one set of scalars per column, all columns sharing every
/// sweep over the mesh, preconditioned by the single-precision Multigrid.
class MultigridBackEnd : public LinearBackEnd
{
public:
  /// `stiffness_operator` is set to each new material by its owner, and must outlive this. Collective.
  MultigridBackEnd(const ElasticityOperator<double> &stiffness_operator, const SolverParameters &parameters);

  std::string name() const override { return "multigrid"; }
  void set_stiffness(const std::vector<inputs::CellStiffness> &stiffness) override;
  unsigned int solve(BlockVector<double> &x, BlockVector<double> &b) const override;

private:
  template <unsigned int lanes>
  unsigned int solve_lanes(BlockVector<double> &x, BlockVector<double> &b) const;

  const ElasticityOperator<double> &stiffness_operator;
  Multigrid preconditioner;
};

} // namespace cageopt::solver
