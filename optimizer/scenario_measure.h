#pragma once

#include <vector>

namespace cageopt::optimizer {

/// One number for what a function f is over scenarios i with weights w_i (which add up to 1), and its derivatives:
/// either mean + k sd,
///   J = m + k s,   m = sum_i w_i f_i,   s^2 = sum_i w_i (f_i - m)^2,   dJ/df_i = w_i (1 + k (f_i - m) / s),
/// (0 for the second part where s vanishes), or the worst case by Kreisselmeier & Steinhauser (1979),
///   J = c / p log sum_i exp(p f_i / c) - d,   dJ/df_i = softmax_i(p f / c),   p = 30,
/// with the scale c = max(max f - min f, max|f| / 100) and the correction d such that J is the true maximum at each
/// evaluation with derivatives, unless frozen. All scenarios count the same there.
class ScenarioMeasure
{
public:
  ScenarioMeasure(bool is_worst_case, double deviations) : is_worst_case(is_worst_case), deviations(deviations) {}

  /// `derivatives`, unless null, is overwritten with dJ/df_i.
  double value(const std::vector<double> &f, const std::vector<double> &weights, std::vector<double> *derivatives);
  void freeze_scaling(const bool frozen) { is_frozen = frozen; }

private:
  bool is_worst_case, is_frozen = false;
  double deviations;
  double scale = 0, correction = 0; ///< c, d; 0: not adapted yet
};

/// Of values with weights that add up to 1.
struct ScenarioStatistics
{
  double mean = 0, deviation = 0;             ///< of the scenarios themselves, not corrected for their number
  double percentile_5 = 0, percentile_95 = 0; ///< smallest value that is not exceeded with this probability
  double lowest = 0, highest = 0;
};
ScenarioStatistics scenario_statistics(const std::vector<double> &values, const std::vector<double> &weights);

} // namespace cageopt::optimizer
