#include <postprocess/plot_axis.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace cageopt::postprocess {

PlotAxis::PlotAxis(double low, double high) : is_logarithmic(low > 0 && high > 100 * low)
{
  if (is_logarithmic) {
    first = std::floor(std::log10(low));
    last = std::ceil(std::log10(high));
    return;
  }
  if (!(high > low)) {
    const double half = std::max(std::abs(low) * .1, 1e-6);
    low -= half;
    high += half;
  }
  const double raw = (high - low) / 5., power = std::pow(10., std::floor(std::log10(raw)));
  step = power * (raw / power > 5 ? 10 : raw / power > 2 ? 5 : raw / power > 1 ? 2 : 1);
  first = std::floor(low / step) * step;
  last = std::ceil(high / step) * step;
}

double PlotAxis::at(const double value) const
{
  return ((is_logarithmic ? std::log10(value) : value) - first) / (last - first);
}

std::vector<double> PlotAxis::ticks() const
{
  std::vector<double> result;
  for (double tick = first; tick <= last + .5 * step; tick += step)
    result.push_back(is_logarithmic ? std::pow(10., tick) : tick);
  return result;
}

std::string plot_number(const double value)
{
  std::ostringstream text;
  text << std::setprecision(6) << (std::abs(value) < 1e-12 ? 0. : value);
  return text.str();
}

} // namespace cageopt::postprocess
