#include <optimizer/mma_approximation.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <inputs/error.h>
#include <optimizer/mma_subproblem.h>
#include <optimizer/reductions.h>

namespace cageopt::optimizer {

MmaApproximation::MmaApproximation(const MmaParameters &parameters, const DesignSpace &space, const DesignVector &x,
                                   const Evaluation &evaluation, const OptimizerState &memory)
    : parameters(parameters), space(space), x(x), evaluation(evaluation), iteration(memory.iteration + 1)
{
  const std::size_t n = space.free.size();
  const unsigned int m = space.n_constraints;
  for (auto *vector : {&below, &above, &alpha, &beta})
    vector->resize(n);
  const double reach = parameters.step_range();
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t j = space.free[k];
    const double range = space.range(j), t = space.scaled(x, j);
    below[k] = above[k] = parameters.asymptote_start * reach;
    if (iteration > 2) {
      const double turn = (x[j] - memory.x_old_1[j]) * (memory.x_old_1[j] - memory.x_old_2[j]);
      const double factor = turn > 0. ? parameters.asymptote_increase : turn < 0. ? parameters.asymptote_decrease : 1.;
      const auto limited = [&](const double distance) {
        return std::min(std::max(factor * distance / range, parameters.asymptote_minimum * reach), 10. * reach);
      };
      below[k] = limited(memory.x_old_1[j] - memory.low[j]);
      above[k] = limited(memory.upp[j] - memory.x_old_1[j]);
    }
    const double share = 1. - parameters.bound_fraction;
    alpha[k] = std::max({-t, -share * below[k], -parameters.move_limit});
    beta[k] = std::min({1. - t, share * above[k], parameters.move_limit});
  }

  // Of each function; of the objective within the room; the room.
  std::vector<double> sums(m + 3, 0.);
  for (unsigned int function = 0; function <= m; ++function)
    for (std::size_t k = 0; k < n; ++k) {
      const double slope = std::abs(derivative(function, k)), room = beta[k] - alpha[k];
      sums[function] += slope;
      sums[m + 1] += function == 0 ? slope * room : 0.;
      sums[m + 2] += function == 0 ? room : 0.;
    }
  all_sum(space.comm, sums);
  variation.assign(sums.begin(), sums.begin() + m + 1);
  unit = sums[m + 1] > 0. ? sums[m + 1] / variation[0] : sums[m + 2] / space.n_free;
}

std::vector<double> MmaApproximation::mean_derivatives() const
{
  auto result = variation;
  for (double &value : result)
    value /= space.n_free;
  return result;
}

MmaApproximation::Minimum MmaApproximation::minimize(const std::vector<double> &rho) const
{
  const std::size_t n = space.free.size();
  const unsigned int m = space.n_constraints;
  MmaSubproblem sub;
  for (auto *vector : {&sub.low, &sub.upp, &sub.alpha, &sub.beta, &sub.p0, &sub.q0})
    vector->resize(n);
  sub.p.assign(m, std::vector<double>(n));
  sub.q = sub.p;
  sub.b.resize(m);
  sub.c.resize(m);
  sub.d.resize(m);
  sub.a = parameters.a.empty() ? std::vector<double>(m, 0.) : parameters.a;
  sub.weight = 1. / space.n_free;
  // The unknowns are steps, not positions, which would lose digits between close asymptotes; relative to the step's own
  // room in each variable, which differs by orders of magnitude.
  for (std::size_t k = 0; k < n; ++k) {
    const double room = beta[k] - alpha[k];
    sub.low[k] = -below[k] / room;
    sub.upp[k] = above[k] / room;
    sub.alpha[k] = alpha[k] / room;
    sub.beta[k] = beta[k] / room;
  }

  // Each function divided by its size; the costs of y, in units of the objective's variation, follow.
  std::vector<double> scale(m + 1);
  for (unsigned int function = 0; function <= m; ++function) {
    const double size = variation[function] + 2. * space.n_free * rho[function];
    scale[function] = 1. / (function == 0 ? (size > 0. ? size : 1.) : std::max(1., size));
  }
  const double cost = variation[0] > 0. ? scale[0] * variation[0] : 1.;
  if (!parameters.a.empty()) // else z is 0 whatever it costs
    sub.a0 = parameters.a0 * scale[0];
  for (unsigned int i = 0; i < m; ++i) {
    sub.a[i] *= scale[i + 1];
    sub.d[i] = cost * parameters.constraint_penalty_quadratic * unit;
  }
  std::vector<double> sums(3 * m, 0.); // of each constraint: value, largest rise and fall within the room
  for (unsigned int function = 0; function <= m; ++function) {
    auto &p = function == 0 ? sub.p0 : sub.p[function - 1];
    auto &q = function == 0 ? sub.q0 : sub.q[function - 1];
    for (std::size_t k = 0; k < n; ++k) {
      const double slope = scale[function] * derivative(function, k), factor = (beta[k] - alpha[k]) / unit;
      const double curvature = .001 * std::abs(slope) + scale[function] * rho[function];
      p[k] = factor * (std::max(slope, 0.) + curvature) * sub.upp[k] * sub.upp[k];
      q[k] = factor * (std::max(-slope, 0.) + curvature) * sub.low[k] * sub.low[k];
      if (function == 0)
        continue;
      const auto value = [&](const double step) { return p[k] / (sub.upp[k] - step) + q[k] / (step - sub.low[k]); };
      const double here = value(0.), up = std::sqrt(p[k]), down = std::sqrt(q[k]);
      const double lowest = up + down > 0. ? (up * sub.low[k] + down * sub.upp[k]) / (up + down) : 0.;
      sums[function - 1] += here;
      sums[m + function - 1] += std::max(value(sub.alpha[k]), value(sub.beta[k])) - here; // convex: highest at an end
      sums[2 * m + function - 1] += here - value(std::min(std::max(lowest, sub.alpha[k]), sub.beta[k]));
    }
  }
  all_sum(space.comm, sums);
  // A constraint that the step cannot reach, or cannot satisfy, keeps a distance of 1 instead of its own, which may
  // be many orders larger; the cost of y makes up for it, so the solution is the same.
  for (unsigned int i = 0; i < m; ++i) {
    const double margin = -evaluation.constraints[i] * scale[i + 1] / unit, nearest = -sums[2 * m + i] - 1.;
    sub.b[i] = sums[i] + (sub.a[i] == 0. ? std::min(std::max(margin, nearest), sums[m + i] + 1.) : margin);
    sub.c[i] = cost * parameters.constraint_penalty * std::min(1. / scale[i + 1], 100.) +
               (sub.a[i] == 0. ? sub.d[i] * std::max(0., nearest - margin) : 0.);
  }

  const auto solution = solve(space.comm, sub, parameters.subproblem_tolerance);
  if (!(solution.residual < 1e-3)) {
    std::ostringstream text;
    text << "The MMA subproblem of iteration " << iteration << " was not solved: residual " << solution.residual
         << ". Usual cause: constraints that are not scaled to order one.";
    throw inputs::Error(inputs::ExitCode::internal_error, text.str());
  }

  Minimum result{x, solution.lambda};
  for (unsigned int i = 0; i < m; ++i)
    result.multipliers[i] *= scale[i + 1] / scale[0];
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t j = space.free[k];
    const double moved = x[j] + space.range(j) * (beta[k] - alpha[k]) * solution.t[k];
    result.x[j] = std::min(std::max(moved, space.lower[j]), space.upper[j]);
  }
  return result;
}

std::vector<double> MmaApproximation::values(const DesignVector &trial, const std::vector<double> &rho) const
{
  const unsigned int m = space.n_constraints;
  std::vector<double> result(m + 1, 0.);
  for (std::size_t k = 0; k < space.free.size(); ++k) {
    const std::size_t j = space.free[k];
    const double step = (trial[j] - x[j]) / space.range(j);
    const double up = above[k] * step / (above[k] - step), down = below[k] * step / (below[k] + step);
    for (unsigned int function = 0; function <= m; ++function) {
      const double slope = derivative(function, k), curvature = .001 * std::abs(slope) + rho[function];
      result[function] += (std::max(slope, 0.) + curvature) * up - (std::max(-slope, 0.) + curvature) * down;
    }
  }
  all_sum(space.comm, result);
  result[0] += evaluation.objective;
  for (unsigned int i = 0; i < m; ++i)
    result[i + 1] += evaluation.constraints[i];
  return result;
}

double MmaApproximation::distance(const DesignVector &trial) const
{
  std::vector<double> sum(1, 0.);
  for (std::size_t k = 0; k < space.free.size(); ++k) {
    const std::size_t j = space.free[k];
    const double step = (trial[j] - x[j]) / space.range(j);
    sum[0] += step * step * (above[k] + below[k]) / ((above[k] - step) * (below[k] + step));
  }
  all_sum(space.comm, sum);
  return sum[0];
}

DesignVector MmaApproximation::low() const
{
  DesignVector result(x);
  for (std::size_t k = 0; k < space.free.size(); ++k)
    result[space.free[k]] -= below[k] * space.range(space.free[k]);
  return result;
}

DesignVector MmaApproximation::upp() const
{
  DesignVector result(x);
  for (std::size_t k = 0; k < space.free.size(); ++k)
    result[space.free[k]] += above[k] * space.range(space.free[k]);
  return result;
}

} // namespace cageopt::optimizer
