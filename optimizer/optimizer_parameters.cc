#include <optimizer/optimizer_parameters.h>

#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <optimizer/gcmma.h>
#include <optimizer/optimality_criteria.h>
#include <optimizer/rol_optimizer.h>

namespace cageopt::optimizer {

void OptimizerParameters::declare(dealii::ParameterHandler &prm)
{
  prm.enter_subsection("Optimizer");
  prm.add_parameter(
      "Method", method,
      "mma: Method of Moving Asymptotes, Svanberg (1987), for any objective and constraints. gcmma: its globally "
      "convergent version, Svanberg (2002), which tries each step and shortens it until it keeps what the "
      "approximations promised, at the price of more evaluations. oc: optimality criteria, for compliance under one "
      "volume "
      "limit only. rol: augmented Lagrangian and trust region of Trilinos' ROL, slow, as a cross-check. Entries that a "
      "method does not use must be left at their default: oc uses Maximum iterations and Move limit, rol the "
      "first.",
      dealii::Patterns::Selection("mma|gcmma|oc|rol"));
  prm.leave_subsection();
  MmaParameters::declare(prm);
}

void OptimizerParameters::check() const
{
  MmaParameters::check();
  const MmaParameters defaults;
  const auto unused = [&](const char *name, const double value, const double default_value) {
    if (value == default_value)
      return;
    std::ostringstream text, usual;
    text << value;
    usual << default_value;
    throw inputs::InputError(std::string("'Optimizer/") + name + "'", text.str(),
                             "'Optimizer/Method = " + method + "' does not use it",
                             "leave it out (its default is " + usual.str() + ") or use another method");
  };
  if (method == "rol")
    unused("Move limit", move_limit, defaults.move_limit);
  if (method == "oc" || method == "rol") {
    unused("Asymptote start", asymptote_start, defaults.asymptote_start);
    unused("Asymptote increase", asymptote_increase, defaults.asymptote_increase);
    unused("Asymptote decrease", asymptote_decrease, defaults.asymptote_decrease);
    unused("Asymptote minimum", asymptote_minimum, defaults.asymptote_minimum);
    unused("Constraint penalty", constraint_penalty, defaults.constraint_penalty);
    unused("Quadratic constraint penalty", constraint_penalty_quadratic, defaults.constraint_penalty_quadratic);
  }
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerParameters &parameters)
{
  parameters.check();
  if (parameters.method == "gcmma")
    return std::make_unique<Gcmma>(parameters);
  if (parameters.method == "oc")
    return std::make_unique<OptimalityCriteria>(parameters);
  if (parameters.method == "rol")
    return std::make_unique<RolOptimizer>(parameters);
  return std::make_unique<Mma>(parameters);
}

} // namespace cageopt::optimizer
