#include <optimizer/scenario_problem.h>

#include <map>

namespace cageopt::optimizer {

ScenarioProblem::ScenarioProblem(ResponseProblem &stated, ScenarioSet &scenarios, Parametrisation &parametrisation,
                                 const UncertaintyParameters &parameters)
    : stated(stated), scenarios(scenarios), parametrisation(parametrisation),
      measures(parameters.constraints == "scenarios" ? 1 + stated.n_constraints() : 1,
               ScenarioMeasure(parameters.measure == "worst_case", parameters.deviations)),
      latest(measures.size(), std::vector<double>(scenarios.size(), 0.))
{
}

std::string ScenarioProblem::response_of(const std::size_t function) const
{
  return function == 0 ? stated.objective().name() : stated.constraints()[function - 1].response->name();
}

double ScenarioProblem::function_value(const std::size_t function, const double response_value) const
{
  return function == 0 ? response_value : stated.constraints()[function - 1].violation(response_value);
}

void ScenarioProblem::evaluate(const DesignVector &x, Evaluation &evaluation)
{
  stated.evaluate(x, evaluation);
  // How the functions depend on each other's scenarios is known after the last one only: gradients are kept until then.
  std::vector<std::vector<DesignVector>> gradients(measures.size(), std::vector<DesignVector>(scenarios.size()));
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    parametrisation.shift_threshold(scenarios.scenario(i).threshold_offset);
    const auto designed = parametrisation.state(x), built = scenarios.as_built(i, designed);
    scenarios.analysis(i).update(built);
    std::map<const Response *, std::pair<double, DesignVector>> known;
    for (std::size_t function = 0; function < measures.size(); ++function) {
      auto &response = scenarios.response(i, response_of(function));
      auto entry = known.find(&response);
      if (entry == known.end()) {
        StateGradient gradient;
        const double value = response.evaluate(built, &gradient);
        entry = known
                    .emplace(&response, std::pair(value, parametrisation.pull_back(
                                                             designed, scenarios.by_design(i, std::move(gradient)))))
                    .first;
      }
      latest[function][i] = function_value(function, entry->second.first);
      gradients[function][i] = entry->second.second;
      const double slope = function_value(function, 1.) - function_value(function, 0.);
      if (slope != 1.)
        for (double &value : gradients[function][i])
          value *= slope;
    }
  }
  parametrisation.shift_threshold(0.);
  for (std::size_t function = 0; function < measures.size(); ++function) {
    std::vector<double> derivatives;
    const double value = measures[function].value(latest[function], scenarios.weights(), &derivatives);
    auto &gradient = function == 0 ? evaluation.objective_gradient : evaluation.constraint_gradients[function - 1];
    (function == 0 ? evaluation.objective : evaluation.constraints[function - 1]) = value;
    gradient.assign(gradient.size(), 0.);
    for (std::size_t i = 0; i < scenarios.size(); ++i)
      for (std::size_t j = 0; j < gradient.size(); ++j)
        gradient[j] += derivatives[i] * gradients[function][i][j];
  }
}

void ScenarioProblem::evaluate_values(const DesignVector &x, Evaluation &evaluation)
{
  stated.evaluate_values(x, evaluation);
  const bool was_frozen = scaling_is_frozen; // see ResponseProblem
  freeze_scaling(true);
  scenarios.for_each(parametrisation, x, [&](const std::size_t i, const DesignState &state) {
    for (std::size_t function = 0; function < measures.size(); ++function)
      latest[function][i] =
          function_value(function, scenarios.response(i, response_of(function)).evaluate(state, nullptr));
  });
  evaluation.objective = measures[0].value(latest[0], scenarios.weights(), nullptr);
  for (std::size_t function = 1; function < measures.size(); ++function)
    evaluation.constraints[function - 1] = measures[function].value(latest[function], scenarios.weights(), nullptr);
  freeze_scaling(was_frozen);
}

void ScenarioProblem::freeze_scaling(const bool frozen)
{
  scaling_is_frozen = frozen;
  stated.freeze_scaling(frozen);
  for (std::size_t function = 0; function < measures.size(); ++function) {
    measures[function].freeze_scaling(frozen);
    for (std::size_t i = 0; i < scenarios.size(); ++i)
      scenarios.response(i, response_of(function)).freeze_scaling(frozen);
  }
}

} // namespace cageopt::optimizer
