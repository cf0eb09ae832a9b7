#pragma once

#include <vector>

#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// A separable convex problem with few constraints, over distributed unknowns u:
///   min sum_i w_i (s_0i u_i + u_i^2 / (2 t_i))   subject to   sum_i w_i s_ki u_i <= b_k,   lower <= u <= upper.
/// Every unknown follows from the multipliers, u = clamp(-t (s_0 + sum_k lambda_k s_k)); these are found one after the
/// other, in cycles, each by bisection of its own constraint, which is monotone in it. A constraint that cannot be met
/// within the bounds gets a large multiplier, 1e4 in units of the objective's variation over its own: it is met as well
/// as possible.
struct QuadraticStep
{
  DesignVector weight;              ///< w
  std::vector<DesignVector> slopes; ///< s_0, s_1, ...
  DesignVector stride;              ///< t
  std::vector<double> bounds;       ///< b_k
  DesignVector lower, upper;

  /// u for given multipliers.
  DesignVector step(const std::vector<double> &multipliers) const;
  /// sum_i w_i s_ki u_i of each constraint. Collective.
  std::vector<double> change(MPI_Comm comm, const DesignVector &u) const;
  /// Collective. `multipliers`, of any length, is a start.
  std::vector<double> solve(MPI_Comm comm, std::vector<double> multipliers) const;
};

} // namespace cageopt::optimizer
