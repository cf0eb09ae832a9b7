#pragma once

#include <vector>

#include <optimizer/design_space.h>
#include <optimizer/mma_parameters.h>

namespace cageopt::optimizer {

/// The convex separable approximation of a problem at a design x, and its minimum: one iteration of MMA or GCMMA.
/// With t_j = (x_j - lower_j) / range_j, steps s_j = t_j(new) - t_j, asymptotes at distances below_j and above_j, and
/// derivatives D_ij of function i (0: the objective, 1...: constraints) with respect to t_j, the functions become
///   f_i(x) + sum_j above_j P_ij s_j / (above_j - s_j) - below_j Q_ij s_j / (below_j + s_j),
///   P_ij = max(D_ij, 0) + 0.001 |D_ij| + rho_i,  Q_ij = max(-D_ij, 0) + 0.001 |D_ij| + rho_i,
/// which is Svanberg's p/(U-x) + q/(x-L) in a form that loses no digits. rho_i: the curvature added to function i, in
/// its unit.
///
/// Made independent of units and of the number n of free variables (lower < upper):
/// - variables are scaled as above;
/// - the objective is divided by its variation sum_j |D_0j|, so the penalties c and d count in that unit; a0 alike;
/// - a constraint whose size S_i = sum_j |D_ij| + 2 n rho_i is above 1 is divided by it; then d counts per S_i^2, and c
///   still per unit of g_i up to S_i = 100, but per S_i / 100 above, where rounding would hide the objective;
/// - the subproblem's unknowns are steps relative to beta_j - alpha_j, and its functions are divided by the mean of
/// that
///   room (weighted with |D_0j|), so that it stays well scaled while the asymptotes close in;
/// - the barrier of the bounds is the mean, not the sum, of the logarithms.
class MmaApproximation
{
public:
  struct Minimum
  {
    DesignVector x;
    std::vector<double> multipliers; ///< of the constraints, in units of the objective
  };

  /// All must outlive this. Moves the asymptotes. Collective.
  MmaApproximation(const MmaParameters &parameters, const DesignSpace &space, const DesignVector &x,
                   const Evaluation &evaluation, const OptimizerState &memory);

  /// (1/n) sum_j |D_ij|, per function: the unit of a sensible rho_i.
  std::vector<double> mean_derivatives() const;
  /// Minimises the approximations with the given rho [1 + n_constraints]. Throws Error{internal_error} when the
  /// subproblem cannot be solved. Collective.
  Minimum minimize(const std::vector<double> &rho) const;
  /// The approximations at a design of this step's room, [1 + n_constraints]. Collective.
  std::vector<double> values(const DesignVector &trial, const std::vector<double> &rho) const;
  /// d = sum_j s_j^2 (above_j + below_j) / ((above_j - s_j) (below_j + s_j)): raising rho_i raises the approximation of
  /// function i at `trial` by d times as much. Collective.
  double distance(const DesignVector &trial) const;

  /// The asymptotes in the design's units and shape, for the next iteration.
  DesignVector low() const;
  DesignVector upp() const;

private:
  const DesignVector &gradient(const unsigned int function) const
  {
    return function == 0 ? evaluation.objective_gradient : evaluation.constraint_gradients[function - 1];
  }
  double derivative(const unsigned int function, const std::size_t k) const
  {
    return gradient(function)[space.free[k]] * space.range(space.free[k]);
  }

  const MmaParameters &parameters;
  const DesignSpace &space;
  const DesignVector &x;
  const Evaluation &evaluation;
  const unsigned int iteration;
  std::vector<double> below, above, alpha, beta; ///< [free variable], steps of t
  std::vector<double> variation;                 ///< [function] sum_j |D_ij|
  double unit = 1;                               ///< mean room, see above
};

} // namespace cageopt::optimizer
