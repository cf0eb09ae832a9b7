#pragma once

#include <optimizer/design_problem.h>
#include <optimizer/mma_parameters.h>

namespace cageopt::optimizer {

/// Trilinos' Rapid Optimization Library, an oracle for the other methods: the trust-region method of Lin and More with
/// bounds and limited-memory BFGS for problems without constraints; otherwise an augmented Lagrangian, with slacks for
/// g_i <= 0, whose bound-constrained subproblems are solved by that method.
/// Heinkenschloss, Ridzal & Kouri, ROL (Trilinos 13.2).
///
/// Variables are scaled to [0, 1], the objective by its variation at the start, and the inner product is (1/n) sum_j,
/// so that nothing depends on units or mesh.
///
/// An iteration is an accepted trust-region step, or with constraints the solution of a subproblem, of up to 50 such
/// steps and evaluations. IterationRecord::design_change is that of the update *before* the iteration's design. Ends
/// also when ROL's own criteria are met, which are tighter than those of a case.
///
/// The state holds multipliers and penalty. A restored run begins with a fresh model of the curvature, and so goes on
/// like the first but not bitwise.
class RolOptimizer : public Optimizer
{
public:
  /// Uses maximum_iterations only.
  explicit RolOptimizer(const MmaParameters &parameters);
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

private:
  const unsigned int maximum_iterations;
};

} // namespace cageopt::optimizer
