#pragma once

#include <optimizer/design_problem.h>
#include <optimizer/mma_parameters.h>

namespace cageopt::optimizer {

/// Optimality criteria for one constraint that every variable tightens, and an objective that every variable lowers,
/// such as least compliance under a volume limit. With y_j = t_j + 0.001, t_j = (x_j - lower_j) / range_j:
///   y_j := y_j sqrt(-df/dt_j / (lambda dg/dt_j)),  within the move limit and the bounds,
/// where lambda makes the linearised constraint hold; the offset lets variables leave their lower bound. This minimises
/// the sum of df/dt_j y_j^2 / y_j(new), the reciprocal approximation of f, under the linearised constraint. The left
/// side of the constraint falls monotonically with lambda, which is found by bisection: one reduction of one number per
/// halving. Bendsoe & Sigmund (2003), Topology Optimization, section 1.2.1.
///
/// Where no lambda satisfies the constraint within the move limit, the step goes as far towards it as that allows.
class OptimalityCriteria : public Optimizer
{
public:
  /// Uses maximum_iterations and move_limit only.
  explicit OptimalityCriteria(const MmaParameters &parameters);

  /// Also throws InputError unless the problem has exactly one constraint, df/dx_j <= 0 and dg/dx_j >= 0 for all j (but
  /// for 1e-6 of the largest, rounding).
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

private:
  const unsigned int maximum_iterations;
  const double move_limit;
};

} // namespace cageopt::optimizer
