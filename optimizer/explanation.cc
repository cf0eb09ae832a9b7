#include <optimizer/explanation.h>

#include <cmath>

namespace cageopt::optimizer {

namespace {

Influence influence(const std::string &name, Response &response, const double factor, const DesignState &state,
                    MPI_Comm comm)
{
  StateGradient gradient;
  response.evaluate(state, &gradient);
  Influence result{name, DesignVector(state.stiffness.size(), 0.), 0.};
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    if (!gradient.stiffness.empty())
      result.values[i] += factor * inputs::dot(gradient.stiffness[i], state.stiffness[i]);
    if (!gradient.utilisation.empty())
      result.values[i] += factor * inputs::dot(gradient.utilisation[i], state.utilisation[i]);
    result.total += std::abs(result.values[i]);
  }
  MPI_Allreduce(MPI_IN_PLACE, &result.total, 1, MPI_DOUBLE, MPI_SUM, comm);
  return result;
}

} // namespace

std::vector<Influence> explain(ResponseProblem &problem, SegmentAnalysis &analysis,
                               const std::vector<double> &multipliers)
{
  const auto &state = problem.state();
  std::vector<Influence> result;
  problem.freeze_scaling(true);
  auto &objective = *problem.responses().front();
  for (std::size_t load_case = 0; load_case < analysis.load_cases().size(); ++load_case) {
    analysis.focus(static_cast<int>(load_case));
    result.push_back(influence(analysis.load_cases()[load_case].name, objective, 1., state, problem.comm()));
  }
  analysis.focus(-1);
  for (std::size_t i = 0; i < problem.constraints().size() && i < multipliers.size(); ++i) {
    const auto &constraint = problem.constraints()[i];
    const double slope = constraint.violation(1.) - constraint.violation(0.);
    result.push_back(
        influence("constraint " + constraint.response->name() + (constraint.is_upper ? " above" : " below"),
                  *constraint.response, multipliers[i] * slope, state, problem.comm()));
  }
  problem.freeze_scaling(false);
  return result;
}

} // namespace cageopt::optimizer
