#pragma once

#include <optimizer/design_problem.h>
#include <optimizer/mma_approximation.h>

namespace cageopt::optimizer {

/// The Method of Moving Asymptotes on distributed variables, for any number of variables and few constraints:
///   min f(x) + a0 z + sum_i (c y_i + d y_i^2 / 2),  g_i(x) - a_i z - y_i <= 0,  lower <= x <= upper,  y, z >= 0.
/// The elastic variables y let a run start from a design that breaks constraints.
///
/// Each iteration replaces f and g_i at x_k by separable convex functions (MmaApproximation) and minimises them by a
/// primal-dual interior-point method whose linear systems are n_constraints square (MmaSubproblem).
/// Svanberg (1987), Int J Numer Methods Eng 24:359 (method, asymptotes); Svanberg (2002), SIAM J Optim 12:555
/// (notation, convexity term); Svanberg (2007), MMA and GCMMA: two methods for nonlinear optimization (subproblem);
/// Aage, Andreassen & Lazarov (2015), doi:10.1007/s00158-014-1157-0 (asymptotes relative to the move limit).
///
/// Svanberg's smallest distance of the asymptotes, 0.01, lets variables inside their bounds oscillate by as much when
/// no constraint is active, as in least squares; `asymptote_minimum` lets them settle.
///
/// Variables with lower = upper stay there. Results do not depend on the number of ranks but for rounding.
class Mma : public Optimizer
{
public:
  explicit Mma(const MmaParameters &parameters);
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

protected:
  /// The curvature rho [1 + n_constraints] to begin an iteration with.
  virtual std::vector<double> curvature(const MmaApproximation &approximation) const;
  /// May replace the minimum of the approximations by that of better ones. Here: does nothing.
  virtual void improve(DesignProblem &problem, const DesignSpace &space, const MmaApproximation &approximation,
                       const std::vector<double> &rho, MmaApproximation::Minimum &minimum);
  const MmaParameters parameters;
  std::vector<std::string> notes; ///< of the present minimize()
};

} // namespace cageopt::optimizer
