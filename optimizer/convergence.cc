#include <optimizer/convergence.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

namespace cageopt::optimizer {

void ConvergenceParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Convergence");
  prm.add_parameter("Objective change", objective_change,
                    "The objective stands still when its largest relative change over 'Window' iterations is below "
                    "this. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter(
      "Negligible objective", negligible_objective,
      "Smaller objectives count as this in that comparison, so that a mismatch that vanishes ends the run. "
      "Unit: that of the objective.",
      Double(0.));
  prm.add_parameter("Window", window, "Iterations over which that is judged. Unit: -.", Integer(1, 100));
  prm.add_parameter("Constraint violation", constraint_violation,
                    "Largest violation of a constraint, relative to its bound. Unit: -.", Double(0., 1.));
  prm.add_parameter("KKT residual", kkt_residual,
                    "Optimality residual below which the run ends even if the objective still moves. Unit: -.",
                    Double(0., 1.));
  prm.leave_subsection();
}

Convergence::Convergence(const ConvergenceParameters &parameters, std::string objective_name, std::string constraints)
    : parameters(parameters), objective_name(std::move(objective_name)), constraints(std::move(constraints))
{
}

bool Convergence::met(const IterationRecord &record)
{
  objectives.push_back(record.objective);
  const bool feasible = record.max_constraint_violation <= parameters.constraint_violation;
  double change = 1e30;
  if (objectives.size() > parameters.window) {
    const auto begin = objectives.end() - 1 - parameters.window;
    const auto [low, high] = std::minmax_element(begin, objectives.end());
    const double scale = std::max({std::abs(*low), std::abs(*high), parameters.negligible_objective});
    change = scale > 0 ? (*high - *low) / scale : 0.;
  }
  const bool stationary = change <= parameters.objective_change;
  const bool optimal = record.kkt_residual <= parameters.kkt_residual;
  latest_measure = std::min(change / std::max(parameters.objective_change, 1e-300),
                            record.kkt_residual / std::max(parameters.kkt_residual, 1e-300));
  if (!feasible)
    latest_measure =
        std::max(latest_measure, record.max_constraint_violation / std::max(parameters.constraint_violation, 1e-300));
  if (!feasible || !(stationary || optimal))
    return false;
  std::ostringstream text;
  text << constraints << " hold to " << parameters.constraint_violation << ", and ";
  if (optimal)
    text << "the optimality (KKT) residual, " << record.kkt_residual << ", is below " << parameters.kkt_residual;
  else
    text << objective_name << " changed by " << change << " over the last " << parameters.window
         << " iterations, less than " << parameters.objective_change;
  words = text.str();
  return true;
}

} // namespace cageopt::optimizer
