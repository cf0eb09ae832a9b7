#include <optimizer/mma_parameters.h>

#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::InputError;

void MmaParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Optimizer");
  prm.add_parameter("Maximum iterations", maximum_iterations,
                    "The run ends after this many design iterations, converged or not. Unit: 1.", Integer(1));
  prm.add_parameter("Move limit", move_limit,
                    "Largest change of a design variable in one iteration, relative to its range. Unit: 1.",
                    Double(1e-6, 1.));
  prm.add_parameter(
      "Asymptote start", asymptote_start,
      "Distance of the moving asymptotes in the first two iterations, relative to the interval that one step may "
      "reach (twice the move limit, at most the variable's range); smaller is more cautious. Unit: 1.",
      Double(0.01, 10.));
  prm.add_parameter("Asymptote increase", asymptote_increase,
                    "Factor on that distance while a variable keeps its direction. Unit: 1.", Double(1., 10.));
  prm.add_parameter("Asymptote decrease", asymptote_decrease,
                    "Factor on that distance when a variable turns back. Unit: 1.", Double(0.01, 1.));
  prm.add_parameter(
      "Asymptote minimum", asymptote_minimum,
      "Smallest distance of the asymptotes, relative to the same interval. A variable that turns back and forth "
      "is not resolved finer than this. Unit: 1.",
      Double(1e-12, 0.01));
  prm.add_parameter(
      "Constraint penalty", constraint_penalty,
      "Cost c of breaking a constraint by 1, in units of the objective's total variation (the sum over variables of "
      "|derivative| times range); by S/100 where that sum S of the constraint is above 100. Raise it if a reachable "
      "constraint stays broken. Unit: 1.",
      Double(1e-3, 1e9));
  prm.add_parameter("Quadratic constraint penalty", constraint_penalty_quadratic,
                    "Cost d/2 of the square of that violation, in the same units. Unit: 1.", Double(0., 1e9));
  prm.leave_subsection();
}

void MmaParameters::check() const
{
  const auto require = [](const bool holds, const char *name, const double value, const char *rule) {
    if (!holds) {
      std::ostringstream text;
      text << value;
      throw InputError(std::string("'Optimizer/") + name + "'", text.str(), rule,
                       "use the default or a value that obeys this rule");
    }
  };
  require(maximum_iterations >= 1, "Maximum iterations", maximum_iterations, "at least one iteration is needed");
  require(move_limit > 0. && move_limit <= 1., "Move limit", move_limit, "it lies in (0, 1]");
  require(asymptote_start >= .01 && asymptote_start <= 10., "Asymptote start", asymptote_start,
          "it lies in [0.01, 10]");
  require(asymptote_minimum > 0. && asymptote_minimum <= .01, "Asymptote minimum", asymptote_minimum,
          "it lies in (0, 0.01]");
  require(asymptote_increase >= 1., "Asymptote increase", asymptote_increase, "it is at least 1");
  require(asymptote_decrease > 0. && asymptote_decrease <= 1., "Asymptote decrease", asymptote_decrease,
          "it lies in (0, 1]");
  require(constraint_penalty > 0., "Constraint penalty", constraint_penalty, "it is positive");
  require(constraint_penalty_quadratic >= 0., "Quadratic constraint penalty", constraint_penalty_quadratic,
          "it is not negative");
  require(bound_fraction > 0. && bound_fraction < 1., "bound_fraction", bound_fraction, "it lies in (0, 1)");
  require(convexity > 0., "convexity", convexity, "it is positive");
  require(subproblem_tolerance > 0. && subproblem_tolerance < 1e-3, "subproblem_tolerance", subproblem_tolerance,
          "it lies in (0, 1e-3)");
  require(a0 > 0., "a0", a0, "it is positive");
}

} // namespace cageopt::optimizer
