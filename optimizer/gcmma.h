#pragma once

#include <optimizer/mma.h>

namespace cageopt::optimizer {

/// The globally convergent version of MMA: same approximations, state and scaling, but a step is only taken where the
/// approximations are conservative, that is at least as large as the functions. Where one is not, its curvature
///   rho_i := min(10 rho_i, 1.1 (rho_i + (f_i - approximation_i) / d)),  d: MmaApproximation::distance(),
/// is raised, and the approximations are minimised again. Each such inner iteration costs one evaluation of values,
/// without gradients. An iteration begins with rho_i = 0.1 times the mean derivative of function i.
/// Svanberg (2002), SIAM J Optim 12:555; Svanberg (2007), MMA and GCMMA: two methods for nonlinear optimization.
///
/// IterationRecord::design_change is that of the first inner iteration; the others only shorten the step. The observer
/// is called before them, when the problem's latest evaluation is that of the design it is given.
///
/// Values are compared to `conservative_tolerance`, 1e-7 of |f| and of 1 for constraints, which must be above the error
/// of an evaluation. After `maximum_inner_iterations`, 15, the step is taken as it is, and notes say so.
class Gcmma : public Mma
{
public:
  explicit Gcmma(const MmaParameters &parameters);
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

  /// Of the last minimize().
  unsigned int n_inner_iterations() const { return inner_iterations; }

private:
  std::vector<double> curvature(const MmaApproximation &approximation) const override;
  void improve(DesignProblem &problem, const DesignSpace &space, const MmaApproximation &approximation,
               const std::vector<double> &rho, MmaApproximation::Minimum &minimum) override;
  unsigned int inner_iterations = 0;
};

} // namespace cageopt::optimizer
