#pragma once

#include <vector>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// The entries of subsection "Optimizer" that MMA and GCMMA use.
struct MmaParameters
{
  unsigned int maximum_iterations = 200;
  double move_limit = 0.2;         ///< largest step of a variable, relative to its range
  double asymptote_start = 0.2;    ///< asyinit; cautious first steps find the better local minima of porous designs
  double asymptote_increase = 1.2; ///< asyincr
  double asymptote_decrease = 0.7; ///< asydecr
  double asymptote_minimum = 1e-9;
  double constraint_penalty = 1000;        ///< c, for an objective scaled to total variation 1 (see MmaApproximation)
  double constraint_penalty_quadratic = 1; ///< d

  // Not entries of a case: only for other problem forms (min-max, least squares) and for tests.
  double bound_fraction = 0.1;        ///< albefa: distance kept from the asymptotes
  double convexity = 1e-5;            ///< raa0, relative to the mean derivative
  double subproblem_tolerance = 1e-9; ///< epsimin
  double a0 = 1;                      ///< cost of the artificial variable z
  std::vector<double> a;              ///< [n_constraints] weights of z; empty: all zero

  /// What the asymptotes' distances are relative to: the interval that one step may reach, 2 move_limit of the
  /// variable's range, and at most that range. Asymptotes make a step cautious only where they are about as near as the
  /// move limit; relative to the whole range, with Svanberg's values, short move limits leave them without effect.
  double step_range() const { return move_limit < .5 ? 2. * move_limit : 1.; }

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

} // namespace cageopt::optimizer
