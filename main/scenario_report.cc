#include <main/scenario_report.h>

#include <iomanip>
#include <ostream>

namespace cageopt {

using namespace optimizer;

void report_scenarios(Study &study, const DesignVector &x, postprocess::RunSummary &summary, std::ostream &out)
{
  auto &scenarios = *study.scenarios();
  const auto &given = study.parameters();
  const auto responses = study.problem().responses();
  const std::size_t n = scenarios.size();
  std::vector<std::vector<double>> values(responses.size(), std::vector<double>(n));
  std::vector<double> overstrained(n), of_solid(n);
  const auto overstrained_in = [&](const std::size_t i, const DesignState &state) {
    auto &analysis = scenarios.analysis(i);
    const auto field = optimizer::strain_field(study.domain(), analysis.with_cage(state), analysis.load_cases(),
                                               analysis.displacements());
    return overstrained_volume(study.domain(), field, given.goal.strain_distance, given.goal.overstrain_threshold,
                               given.goal.overstrain_threshold);
  };
  if (study.patient() != nullptr)
    scenarios.for_each(study.uniform_state(1.),
                       [&](const std::size_t i, const DesignState &state) { of_solid[i] = overstrained_in(i, state); });
  scenarios.for_each(study.parametrisation(), x, [&](const std::size_t i, const DesignState &state) {
    for (std::size_t j = 0; j < responses.size(); ++j)
      values[j][i] = scenarios.response(i, responses[j]->name()).evaluate(state, nullptr);
    if (study.patient() != nullptr)
      overstrained[i] = overstrained_in(i, state);
  });

  const auto flags = out.flags();
  const auto precision = out.precision();
  out << "Scenarios     " << n << ", by " << given.uncertainty.samples
      << " samples; response: mean, standard deviation, 5 and 95 % points\n"
      << std::defaultfloat << std::setprecision(4);
  const auto print = [&](const std::string &name, const std::string &unit, const std::vector<double> &list) {
    const auto statistics = scenario_statistics(list, scenarios.weights());
    out << "              " << name << ": " << statistics.mean << ", " << statistics.deviation << ", "
        << statistics.percentile_5 << ", " << statistics.percentile_95 << (unit == "-" ? "" : " " + unit) << '\n';
    const auto key = postprocess::key_with_unit(name, unit);
    summary.further["scenarios_mean_" + key] = statistics.mean;
    summary.further["scenarios_deviation_" + key] = statistics.deviation;
    summary.further["scenarios_percentile_5_" + key] = statistics.percentile_5;
    summary.further["scenarios_percentile_95_" + key] = statistics.percentile_95;
    summary.further["scenarios_highest_" + key] = statistics.highest;
  };
  const auto print_probability = [&](const std::string &event, const std::string &key, const auto &happens) {
    double probability = 0;
    for (std::size_t i = 0; i < n; ++i)
      probability += happens(i) ? scenarios.weights()[i] : 0.;
    out << "              probability of " << event << ": " << probability << '\n';
    summary.further["probability_" + key] = probability;
  };
  for (std::size_t j = 0; j < responses.size(); ++j)
    print(responses[j]->name(), responses[j]->unit(), values[j]);
  for (const auto &constraint : study.problem().constraints())
    for (std::size_t j = 0; j < responses.size(); ++j)
      if (responses[j] == constraint.response)
        print_probability(
            constraint.response->name() + (constraint.is_upper ? " > " : " < ") + std::to_string(constraint.bound),
            constraint.response->name() + (constraint.is_upper ? "_above" : "_below"), [&](const std::size_t i) {
              return constraint.violation(values[j][i]) > given.convergence.constraint_violation;
            });
  if (study.patient() != nullptr) {
    print("overstrained_volume_counted", "mm3", overstrained);
    print_probability("more overstrained bone than with a solid cage", "overstrained_beyond_solid",
                      [&](const std::size_t i) { return overstrained[i] > of_solid[i]; });
  }
  if (given.uncertainty.is_optimised()) {
    ScenarioMeasure measure(given.uncertainty.measure == "worst_case", given.uncertainty.deviations);
    summary.further["scenarios_objective"] = measure.value(values[0], scenarios.weights(), nullptr);
  }
  summary.further["scenarios"] = double(n);
  out.flags(flags);
  out.precision(precision);
  out << std::endl;
}

} // namespace cageopt
