#pragma once

#include <string>
#include <vector>

#include <optimizer/design_problem.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Convergence".
struct ConvergenceParameters
{
  double objective_change = 1e-4;
  double negligible_objective = .01; ///< in the objective's unit
  unsigned int window = 5;
  double constraint_violation = 1e-3;
  double kkt_residual = 1e-3;

  void declare(dealii::ParameterHandler &prm);
};

/// Decides when a run has converged: the constraints hold, and the objective stands still over some iterations or the
/// optimality residual is small.
class Convergence
{
public:
  /// `constraints`: the constraints in words, for the reason.
  Convergence(const ConvergenceParameters &parameters, std::string objective_name,
              std::string constraints = "all constraints");

  /// True at the first iteration that meets the criteria; reason() then says in words which.
  bool met(const IterationRecord &record);
  const std::string &reason() const { return words; }
  /// The largest of criterion over tolerance, of those still open; at most 1 when met.
  double measure() const { return latest_measure; }

private:
  ConvergenceParameters parameters;
  std::string objective_name, constraints;
  std::vector<double> objectives;
  std::string words;
  double latest_measure = 0;
};

} // namespace cageopt::optimizer
