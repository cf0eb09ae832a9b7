#include <optimizer/response_problem.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace cageopt::optimizer {

ResponseProblem::ResponseProblem(SegmentAnalysis &analysis, const Parametrisation &parametrisation, Response &objective,
                                 std::vector<ResponseConstraint> constraints, std::vector<Response *> reported)
    : analysis(analysis), parametrisation(parametrisation), goal(objective), limits(std::move(constraints)),
      reported(std::move(reported))
{
}

void ResponseProblem::bounds(DesignVector &lower, DesignVector &upper) const
{
  lower.assign(analysis.design_cells().size(), parametrisation.lower());
  upper.assign(analysis.design_cells().size(), parametrisation.upper());
}

void ResponseProblem::evaluate(const DesignVector &x, Evaluation &evaluation)
{
  latest_state = parametrisation.state(x);
  latest_values.clear();
  analysis.update(latest_state);

  std::map<const Response *, std::pair<double, DesignVector>> known;
  const auto with_gradient = [&](Response &response) -> const std::pair<double, DesignVector> & {
    const auto entry = known.find(&response);
    if (entry != known.end())
      return entry->second;
    auto &fresh = known[&response];
    DesignVector gradient;
    fresh.first = response.evaluate(latest_state, &gradient);
    fresh.second = parametrisation.pull_back(gradient);
    latest_values.push_back({response.name(), response.unit(), fresh.first});
    return fresh;
  };
  const auto &objective = with_gradient(goal);
  evaluation.objective = objective.first;
  evaluation.objective_gradient = objective.second;
  evaluation.constraints.clear();
  evaluation.constraint_gradients.clear();
  for (const auto &limit : limits) {
    const auto &[value, gradient] = with_gradient(*limit.response);
    evaluation.constraints.push_back(limit.violation(value));
    const double slope = limit.violation(1.) - limit.violation(0.);
    evaluation.constraint_gradients.push_back(gradient);
    for (double &entry : evaluation.constraint_gradients.back())
      entry *= slope;
  }
  for (auto *response : reported)
    if (known.find(response) == known.end())
      latest_values.push_back({response->name(), response->unit(), response->evaluate(latest_state, nullptr)});
}

double ResponseProblem::value_of(const std::string &name) const
{
  for (const auto &entry : latest_values)
    if (entry.name == name)
      return entry.value;
  throw std::logic_error("ResponseProblem: no response '" + name + "' was evaluated");
}

} // namespace cageopt::optimizer
