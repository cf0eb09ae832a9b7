#pragma once

#include <string>
#include <vector>

namespace cageopt::postprocess {

/// One axis of a plot: linear, or logarithmic where positive values span more than two decades.
class PlotAxis
{
public:
  /// From a round value at or below `low` to one at or above `high`.
  PlotAxis(double low, double high);

  /// 0 at its beginning, 1 at its end.
  double at(double value) const;
  /// Values at multiples of a round step.
  std::vector<double> ticks() const;

private:
  bool is_logarithmic;
  double first = 0, last = 1, step = 1;
};

/// Six digits, and no negative zero.
std::string plot_number(double value);

} // namespace cageopt::postprocess
