#include <optimizer/scenario_measure.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cageopt::optimizer {

namespace {

constexpr double sharpness = 30;

} // namespace

double ScenarioMeasure::value(const std::vector<double> &f, const std::vector<double> &weights,
                              std::vector<double> *derivatives)
{
  const auto n = f.size();
  if (derivatives != nullptr)
    derivatives->assign(n, 0.);
  if (!is_worst_case) {
    const auto statistics = scenario_statistics(f, weights);
    const double mean = statistics.mean, deviation = statistics.deviation;
    // Below this the deviation is the rounding of equal values, and has no direction.
    const bool varies = deviation > 1e-13 * std::abs(mean);
    if (derivatives != nullptr)
      for (std::size_t i = 0; i < n; ++i)
        (*derivatives)[i] = weights[i] * (1. + (varies ? deviations * (f[i] - mean) / deviation : 0.));
    return mean + (varies ? deviations * deviation : 0.);
  }
  const auto [lowest, highest] = std::minmax_element(f.begin(), f.end());
  const bool adapts = scale == 0 || (derivatives != nullptr && !is_frozen);
  if (adapts)
    scale = std::max({*highest - *lowest, .01 * std::max(std::abs(*highest), std::abs(*lowest)), 1e-300});
  std::vector<double> terms;
  double sum = 0;
  for (const double value : f) {
    terms.push_back(std::exp(sharpness * (value - *highest) / scale));
    sum += terms.back();
  }
  const double excess = scale / sharpness * std::log(sum); // of the smooth maximum over the true one
  if (adapts)
    correction = excess;
  if (derivatives != nullptr)
    for (std::size_t i = 0; i < n; ++i)
      (*derivatives)[i] = terms[i] / sum;
  return *highest + (excess - correction);
}

ScenarioStatistics scenario_statistics(const std::vector<double> &values, const std::vector<double> &weights)
{
  ScenarioStatistics result;
  for (std::size_t i = 0; i < values.size(); ++i)
    result.mean += weights[i] * values[i];
  double variance = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    variance += weights[i] * (values[i] - result.mean) * (values[i] - result.mean);
  result.deviation = std::sqrt(variance);
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](const auto a, const auto b) { return values[a] < values[b]; });
  const auto percentile = [&](const double probability) {
    double sum = 0;
    for (const auto i : order) {
      sum += weights[i];
      if (sum >= probability - 1e-12)
        return values[i];
    }
    return values[order.back()];
  };
  result.percentile_5 = percentile(.05);
  result.percentile_95 = percentile(.95);
  result.lowest = values[order.front()];
  result.highest = values[order.back()];
  return result;
}

} // namespace cageopt::optimizer
