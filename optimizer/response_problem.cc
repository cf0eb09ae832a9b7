#include <optimizer/response_problem.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace cageopt::optimizer {

ResponseProblem::ResponseProblem(SegmentAnalysis &analysis, const Parametrisation &parametrisation, Response &objective,
                                 std::vector<ResponseConstraint> constraints, std::vector<Response *> reported)
    : analysis(analysis), parametrisation(parametrisation), goal(objective), limits(std::move(constraints)),
      reported(std::move(reported)), tightest_tolerance(analysis.relative_tolerance())
{
}

void ResponseProblem::loosen_solves(const double loosest)
{
  loosest_tolerance = loosest;
  objectives.clear();
}

void ResponseProblem::tighten_solves(const DesignVector &x)
{
  loosest_tolerance = 0;
  const bool was_loose = analysis.relative_tolerance() > tightest_tolerance;
  analysis.set_relative_tolerance(tightest_tolerance);
  if (was_loose) {
    Evaluation evaluation;
    evaluate(x, evaluation);
  }
}

void ResponseProblem::bounds(DesignVector &lower, DesignVector &upper) const { parametrisation.bounds(lower, upper); }

void ResponseProblem::evaluate(const DesignVector &x, Evaluation &evaluation)
{
  latest_state = parametrisation.state(x);
  latest_values.clear();
  if (loosest_tolerance > tightest_tolerance) {
    double tolerance = tightest_tolerance;
    if (objectives.size() == 2 && objectives[1] != 0)
      tolerance = std::clamp(.01 * std::abs(objectives[1] - objectives[0]) / std::abs(objectives[1]),
                             tightest_tolerance, loosest_tolerance);
    analysis.set_relative_tolerance(tolerance);
  }
  analysis.update(latest_state);

  std::map<const Response *, std::pair<double, DesignVector>> known;
  const auto with_gradient = [&](Response &response) -> const std::pair<double, DesignVector> & {
    const auto entry = known.find(&response);
    if (entry != known.end())
      return entry->second;
    auto &fresh = known[&response];
    StateGradient gradient;
    fresh.first = response.evaluate(latest_state, &gradient);
    fresh.second = parametrisation.pull_back(latest_state, gradient);
    latest_values.push_back({response.name(), response.unit(), fresh.first});
    return fresh;
  };
  const auto &objective = with_gradient(goal);
  evaluation.objective = objective.first;
  if (objectives.size() == 2)
    objectives.erase(objectives.begin());
  objectives.push_back(objective.first);
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

void ResponseProblem::evaluate_values(const DesignVector &x, Evaluation &evaluation)
{
  latest_state = parametrisation.state(x);
  analysis.update(latest_state);
  // The functions whose gradients the last evaluate() gave: a maximum that were scaled anew would be another one.
  const bool was_frozen = scaling_is_frozen;
  freeze_scaling(true);
  std::map<const Response *, double> known;
  const auto value = [&](Response &response) {
    const auto entry = known.find(&response);
    return entry != known.end() ? entry->second : known[&response] = response.evaluate(latest_state, nullptr);
  };
  evaluation.objective = value(goal);
  evaluation.constraints.clear();
  for (const auto &limit : limits)
    evaluation.constraints.push_back(limit.violation(value(*limit.response)));
  freeze_scaling(was_frozen);
}

std::vector<Response *> ResponseProblem::responses() const
{
  std::vector<Response *> list = {&goal};
  const auto add = [&](Response *response) {
    if (std::find(list.begin(), list.end(), response) == list.end())
      list.push_back(response);
  };
  for (const auto &limit : limits)
    add(limit.response);
  for (auto *response : reported)
    add(response);
  return list;
}

void ResponseProblem::set_upper_bound(const std::string &name, const double bound)
{
  for (auto &limit : limits)
    if (limit.is_upper && limit.response->name() == name)
      limit.bound = bound;
}

void ResponseProblem::freeze_scaling(const bool frozen)
{
  scaling_is_frozen = frozen;
  for (auto *response : responses())
    response->freeze_scaling(frozen);
}

double ResponseProblem::value_of(const std::string &name) const
{
  for (const auto &entry : latest_values)
    if (entry.name == name)
      return entry.value;
  throw std::logic_error("ResponseProblem: no response '" + name + "' was evaluated");
}

} // namespace cageopt::optimizer
