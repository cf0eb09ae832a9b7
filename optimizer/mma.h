#pragma once

#include <optimizer/design_problem.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// The subsection "Optimizer" of a case.
struct MmaParameters
{
  unsigned int maximum_iterations = 200;
  double move_limit = 0.2;         ///< largest step of a variable, relative to its range
  double asymptote_start = 0.5;    ///< asyinit
  double asymptote_increase = 1.2; ///< asyincr
  double asymptote_decrease = 0.7; ///< asydecr
  double asymptote_minimum = 1e-9;
  double constraint_penalty = 1000;        ///< c, for an objective scaled to total variation 1 (see Mma)
  double constraint_penalty_quadratic = 1; ///< d

  // Not entries of a case: only for other problem forms (min-max, least squares) and for tests.
  double bound_fraction = 0.1;        ///< albefa: distance kept from the asymptotes
  double convexity = 1e-5;            ///< raa0, relative to the mean derivative (see Mma)
  double subproblem_tolerance = 1e-9; ///< epsimin
  double a0 = 1;                      ///< cost of the artificial variable z
  std::vector<double> a;              ///< [n_constraints] weights of z; empty: all zero

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

/// All that MMA remembers between iterations. The vectors have the shape of the design and its units.
struct MmaState
{
  unsigned int iteration = 0; ///< finished updates; 0: nothing remembered, the vectors may be empty
  DesignVector x_old_1;       ///< the design one update ago
  DesignVector x_old_2;       ///< two updates ago
  DesignVector low;           ///< lower asymptotes of the latest subproblem
  DesignVector upp;           ///< upper asymptotes
};

/// The Method of Moving Asymptotes on distributed variables, for any number of variables and few constraints:
///   min f(x) + a0 z + sum_i (c y_i + d y_i^2 / 2),  g_i(x) - a_i z - y_i <= 0,  lower <= x <= upper,  y, z >= 0.
/// The elastic variables y let a run start from a design that breaks constraints.
///
/// Each iteration replaces f and g_i at x_k by the separable convex functions
///   r_i + sum_j (p_ij / (U_j - x_j) + q_ij / (x_j - L_j))
/// and minimises them by a primal-dual interior-point method whose linear systems are n_constraints square.
/// Svanberg (1987), Int J Numer Methods Eng 24:359 (method, asymptotes); Svanberg (2002), SIAM J Optim 12:555
/// (notation, convexity term); Svanberg (2007), MMA and GCMMA: two methods for nonlinear optimization (subproblem).
///
/// Made independent of units and of the number n of free variables (lower < upper):
/// - variables are scaled, t_j = (x_j - lower_j) / range_j, range_j = upper_j - lower_j;
/// - the objective is divided by its variation sum_j |df/dt_j|, so c and d count in that unit; a0 is scaled alike;
/// - the subproblem's unknowns are steps of t_j relative to beta_j - alpha_j, and its functions are divided by the mean
///   of that room (weighted with |df/dt_j|), so that it stays well scaled while the asymptotes close in;
/// - the convexity term of each function is `convexity` times its mean |d/dt_j|;
/// - the barrier of the bounds is the mean, not the sum, of the logarithms.
///
/// KKT residual of an iteration, dimensionless, with the subproblem's multipliers lambda_i, F = max(|f|, 1e-30) and
/// G_j = n (df/dx_j + sum_i lambda_i dg_i/dx_j) range_j / F (the factor n makes it independent of the mesh):
///   max( max_j |t_j - min(1, max(0, t_j - G_j))|,  max_i lambda_i max(0, -g_i) / F ).
/// The first is |G_j| away from the bounds (but at most 1) and 0 at a bound that G_j pushes against. A violated
/// constraint is not in it but in max_constraint_violation: look at both.
///
/// Svanberg's smallest distance of the asymptotes, 0.01, lets variables inside their bounds oscillate by as much when
/// no constraint is active, as in least squares; `asymptote_minimum` lets them settle.
///
/// Variables with lower = upper stay there. Results do not depend on the number of ranks but for rounding.
class Mma : public Optimizer
{
public:
  explicit Mma(const MmaParameters &parameters);

  /// A start outside the bounds is moved onto them. Ends when the observer says so, or at the iteration limit.
  /// Throws Error{bad_input} if no variable is free, and Error{internal_error} if an evaluation has wrong sizes or is
  /// not finite (the message names the function) or the subproblem fails. Errors are thrown on all ranks.
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

  /// Within on_iteration(record, design) and after minimize(): what was remembered when the iteration that evaluated
  /// `design` began. A run restored from this state and that design does the iteration again, with its number, and
  /// goes on bitwise like the first (on the same ranks).
  const MmaState &state() const { return memory; }
  /// The next minimize() continues from `state`, which has the shape of its x. Without this it starts afresh.
  void restore(const MmaState &state);

private:
  const MmaParameters parameters;
  MmaState memory;
  bool continues = false;
};

} // namespace cageopt::optimizer
