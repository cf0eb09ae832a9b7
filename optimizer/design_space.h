#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// The design variables of a problem as all optimisers need them: bounds, which of them are free (lower < upper), and
/// what is checked and recorded in the same way whatever the method. Everything is collective.
class DesignSpace
{
public:
  /// Moves `x` onto the bounds where it is outside, and says so in notes(). Throws Error{internal_error} if x or the
  /// bounds have wrong lengths or are crossed, and InputError if no variable is free.
  DesignSpace(const DesignProblem &problem, DesignVector &x);

  MPI_Comm comm;
  unsigned int n_constraints;
  DesignVector lower, upper;
  std::vector<std::size_t> free; ///< indices of the owned free variables
  double n_free = 0;             ///< on all ranks

  double range(const std::size_t j) const { return upper[j] - lower[j]; }
  /// (x_j - lower_j) / range_j
  double scaled(const DesignVector &x, const std::size_t j) const { return (x[j] - lower[j]) / range(j); }
  const std::vector<std::string> &notes() const { return remarks; }

  /// Throws Error{internal_error} if sizes are wrong or anything is not finite on any rank; the message names the
  /// function. Without gradients only the values are looked at.
  void check(const Evaluation &evaluation, unsigned int iteration, bool with_gradients = true) const;
  /// Throws Error{internal_error} if a vector of the state has another length than the design.
  void check(const OptimizerState &state) const;

  /// Adds to the notes which constraints the start breaks, and by how much; `handling` says what the method does.
  void note_infeasible_start(const Evaluation &evaluation, const std::string &handling);

  /// What is known at design x, of an update to x_new. Multipliers lambda_i in units of the objective f.
  /// KKT residual, dimensionless, with F = max(|f|, 1e-30), t_j = scaled(x, j), n free variables and
  /// G_j = n (df/dx_j + sum_i lambda_i dg_i/dx_j) range_j / F (the factor n makes it independent of the mesh):
  ///   max( max_j |t_j - min(1, max(0, t_j - G_j))|,  max_i lambda_i max(0, -g_i) / F ).
  /// The first is |G_j| away from the bounds (but at most 1) and 0 at a bound that G_j pushes against. A violated
  /// constraint is not in it but in max_constraint_violation: look at both.
  IterationRecord record(unsigned int iteration, const DesignVector &x, const DesignVector &x_new,
                         const Evaluation &evaluation, const std::vector<double> &multipliers) const;

private:
  std::vector<std::string> remarks;
};

} // namespace cageopt::optimizer
