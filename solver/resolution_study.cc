#include <solver/resolution_study.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace cageopt::solver {

namespace {

struct Fit
{
  double value, largest_misfit, squares;
};

Fit fit(const std::vector<int> &n, const std::vector<double> &f, const double order)
{
  const double count = double(n.size());
  double mean_x = 0, mean_f = 0, xx = 0, xf = 0;
  const auto x = [&](const std::size_t i) { return std::pow(double(n[i]), -order); };
  for (std::size_t i = 0; i < n.size(); ++i) {
    mean_x += x(i) / count;
    mean_f += f[i] / count;
  }
  for (std::size_t i = 0; i < n.size(); ++i) {
    xx += (x(i) - mean_x) * (x(i) - mean_x);
    xf += (x(i) - mean_x) * (f[i] - mean_f);
  }
  const double slope = xf / xx;
  Fit result = {mean_f - slope * mean_x, 0, 0};
  for (std::size_t i = 0; i < n.size(); ++i) {
    const double misfit = std::abs(f[i] - result.value - slope * x(i));
    result.largest_misfit = std::max(result.largest_misfit, misfit);
    result.squares += misfit * misfit;
  }
  return result;
}

} // namespace

ResolutionStudy::ResolutionStudy(const std::vector<int> &n, const std::vector<double> &f)
{
  if (n.empty() || n.size() != f.size() || !std::is_sorted(n.begin(), n.end()))
    throw std::invalid_argument("ResolutionStudy: a value for each grid, the grids from coarse to fine");
  value = f.back();
  error = order = std::numeric_limits<double>::quiet_NaN();
  if (n.size() == 1)
    return;
  order = 1;
  Fit best = fit(n, f, 1);
  if (n.size() > 2)
    for (int step = 1; step <= 20; ++step)
      if (const auto candidate = fit(n, f, 1. + .05 * step); candidate.squares < best.squares) {
        best = candidate;
        order = 1. + .05 * step;
      }
  value = best.value;
  error =
      std::max({std::abs(value - f.back()), best.largest_misfit, std::abs(fit(n, f, 1).value - fit(n, f, 2).value)});
}

} // namespace cageopt::solver
