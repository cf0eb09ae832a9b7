#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// One comparison of a derivative with central differences.
struct GradientCheckRow
{
  std::string function;  ///< see GradientCheckOptions::names
  std::string direction; ///< "random 0", ... or "variable 17" (number counted over all ranks)
  double analytic = 0;   ///< gradient times direction
  double numeric = 0;    ///< (f(x + h d) - f(x - h d)) / (2 h) at the best of the step sizes: where
                         ///< rounding, and the changes to the neighbouring steps, leave least doubt
  double step = 0;       ///< that h, relative to the variables' ranges
  double difference = 0; ///< |analytic - numeric| / max(|analytic|, |numeric|), as it is
  /// That of the numeric one, relative as `difference`: by the function values' accuracy, value_accuracy max|f| / h,
  /// and by what the step leaves, from the changes to its neighbours; the latter at most 10 tolerances.
  double uncertainty = 0;
  /// The difference, 0 where it is within the uncertainty; infinite if NaN.
  double relative_error = 0;
  double tolerance = 0; ///< of that error, from the options

  bool agrees() const { return relative_error <= tolerance; }
};

struct GradientCheckOptions
{
  unsigned int n_directions = 3;
  unsigned int n_variables = 3;
  std::vector<double> steps = {1e-2, 1e-3, 1e-4, 1e-5}; ///< two or more, relative to the variables' ranges
  std::uint64_t seed = 1;
  /// Of the function values, relative (to 1 for smaller constraints: they are differences of values of order 1):
  /// rounding, or what iterative solves leave.
  double value_accuracy = 1e-14;
  /// [objective, constraints] names in the table, and largest relative error of each; beyond their ends "objective" and
  /// "constraint i", and 1e-5.
  std::vector<std::string> names;
  std::vector<double> tolerances;
};

/// Compares all gradients of `problem` at `x` with central differences along random directions (components uniform in
/// [-1, 1] times the variable's range) and along single variables. Directions depend on the seed and on the order of
/// the variables over all ranks, not on the number of ranks. A variable closer to a bound than the largest step is
/// not moved. The problem is evaluated 1 + 2 n_steps (n_directions + n_variables) times and must not change what it
/// computes between evaluations (freeze adaptive scalings). Collective; the table is identical on all ranks.
/// Throws Error{bad_input} if no variable can be moved.
std::vector<GradientCheckRow> check_gradients(DesignProblem &problem, const DesignVector &x,
                                              const GradientCheckOptions &options = GradientCheckOptions());

/// The largest difference of a table, but for those that drown in the uncertainty of the numeric derivative.
double worst_difference(const std::vector<GradientCheckRow> &table);
/// The largest relative error of a table.
double worst_relative_error(const std::vector<GradientCheckRow> &table);

/// The table as text, one line per row, rows that do not agree marked WRONG.
std::string to_text(const std::vector<GradientCheckRow> &table);

} // namespace cageopt::optimizer
