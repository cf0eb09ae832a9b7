#include <optimizer/quadratic_step.h>

#include <algorithm>
#include <cmath>

namespace cageopt::optimizer {

DesignVector QuadraticStep::step(const std::vector<double> &multipliers) const
{
  DesignVector u(weight.size());
  for (std::size_t i = 0; i < u.size(); ++i) {
    double slope = slopes[0][i];
    for (std::size_t k = 0; k < multipliers.size(); ++k)
      slope += multipliers[k] * slopes[k + 1][i];
    u[i] = std::clamp(-stride[i] * slope, lower[i], upper[i]);
  }
  return u;
}

std::vector<double> QuadraticStep::change(MPI_Comm comm, const DesignVector &u) const
{
  std::vector<double> result(bounds.size(), 0.);
  for (std::size_t k = 0; k < result.size(); ++k)
    for (std::size_t i = 0; i < u.size(); ++i)
      result[k] += weight[i] * slopes[k + 1][i] * u[i];
  MPI_Allreduce(MPI_IN_PLACE, result.data(), int(result.size()), MPI_DOUBLE, MPI_SUM, comm);
  return result;
}

std::vector<double> QuadraticStep::solve(MPI_Comm comm, std::vector<double> multipliers) const
{
  const std::size_t m = bounds.size();
  multipliers.resize(m, 0.);
  std::vector<double> variation(m + 1, 0.);
  for (std::size_t k = 0; k <= m; ++k)
    for (std::size_t i = 0; i < weight.size(); ++i)
      variation[k] += weight[i] * std::abs(slopes[k][i]) * (upper[i] - lower[i]);
  MPI_Allreduce(MPI_IN_PLACE, variation.data(), int(m + 1), MPI_DOUBLE, MPI_SUM, comm);

  DesignVector others(weight.size());
  for (int cycle = 0; cycle < (m > 1 ? 50 : 1); ++cycle) {
    double change = 0;
    for (std::size_t k = 0; k < m; ++k) {
      if (variation[k + 1] == 0) {
        multipliers[k] = 0;
        continue;
      }
      const double unit = std::max(variation[0], 1e-300) / variation[k + 1], largest = 1e4 * unit;
      for (std::size_t i = 0; i < weight.size(); ++i) {
        others[i] = slopes[0][i];
        for (std::size_t l = 0; l < m; ++l)
          others[i] += l == k ? 0. : multipliers[l] * slopes[l + 1][i];
      }
      const auto is_met = [&](const double multiplier) {
        double sum = 0;
        for (std::size_t i = 0; i < weight.size(); ++i) {
          const double slope = slopes[k + 1][i];
          sum += weight[i] * slope * std::clamp(-stride[i] * (others[i] + multiplier * slope), lower[i], upper[i]);
        }
        MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
        return sum <= bounds[k];
      };
      double low = 0, high = 0;
      if (!is_met(0.)) {
        high = std::min(largest, multipliers[k] > 0 ? 1.01 * multipliers[k] : .1 * unit);
        while (high < largest && !is_met(high)) {
          low = high;
          high = std::min(largest, 4. * high);
        }
        while (high - low > 1e-9 * high)
          (is_met(.5 * (low + high)) ? high : low) = .5 * (low + high);
      }
      change = std::max(change, std::abs(high - multipliers[k]) / std::max(high, unit));
      multipliers[k] = high;
    }
    if (change < 1e-6)
      break;
  }
  return multipliers;
}

} // namespace cageopt::optimizer
