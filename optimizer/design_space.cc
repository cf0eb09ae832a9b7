#include <optimizer/design_space.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <inputs/error.h>
#include <optimizer/reductions.h>

namespace cageopt::optimizer {

using inputs::Error;
using inputs::ExitCode;
using inputs::InputError;

DesignSpace::DesignSpace(const DesignProblem &problem, DesignVector &x)
    : comm(problem.comm()), n_constraints(problem.n_constraints())
{
  problem.bounds(lower, upper);
  double fault = lower.size() == x.size() && upper.size() == x.size() ? 0. : 1.;
  std::vector<double> counts(3, 0.); // free variables, moved starts, all
  double farthest = 0;
  for (std::size_t j = 0; fault == 0. && j < x.size(); ++j) {
    if (!(lower[j] <= upper[j]))
      fault = 2.;
    const double inside = std::min(std::max(x[j], lower[j]), upper[j]);
    counts[1] += inside != x[j] ? 1. : 0.;
    farthest = std::max(farthest, std::abs(inside - x[j]));
    x[j] = inside;
    if (lower[j] < upper[j])
      free.push_back(j);
  }
  fault = all_max(comm, fault);
  if (fault > 0.)
    throw Error(ExitCode::internal_error, fault == 1. ? "The design and its bounds differ in length."
                                                      : "A variable's lower bound is above its upper bound.");
  counts[0] = double(free.size());
  counts[2] = double(x.size());
  all_sum(comm, counts);
  farthest = all_max(comm, farthest);
  n_free = counts[0];
  if (n_free == 0.)
    throw InputError("The number of free design variables", "0",
                     "every lower bound equals its upper bound, so there is nothing to optimise",
                     "widen the density bounds or the design region");
  if (counts[1] > 0.) {
    std::ostringstream text;
    text << "the start lies outside the bounds in " << counts[1] << " of " << counts[2]
         << " design variables, by up to " << farthest << ": moved onto the bounds";
    remarks.push_back(text.str());
  }
}

void DesignSpace::check(const Evaluation &evaluation, const unsigned int iteration, const bool with_gradients) const
{
  const std::string when = " in the evaluation of iteration " + std::to_string(iteration);
  const std::size_t n = lower.size(), m = n_constraints;
  bool sizes_fit = evaluation.constraints.size() == m;
  if (with_gradients) {
    sizes_fit = sizes_fit && evaluation.objective_gradient.size() == n && evaluation.constraint_gradients.size() == m;
    if (sizes_fit)
      for (const auto &gradient : evaluation.constraint_gradients)
        sizes_fit = sizes_fit && gradient.size() == n;
  }
  if (all_max(comm, sizes_fit ? 0. : 1.) > 0.)
    throw Error(ExitCode::internal_error,
                "The number of constraints or the length of a gradient is not the problem's" + when + ".");

  const auto n_bad = [&](const DesignVector &values) {
    return double(
        std::count_if(values.begin(), values.end(), [](const double value) { return !std::isfinite(value); }));
  };
  std::vector<double> counts(2 * (m + 1) + 1, 0.);
  counts[0] = std::isfinite(evaluation.objective) ? 0. : 1.;
  for (std::size_t i = 0; i < m; ++i)
    counts[2 + 2 * i] = std::isfinite(evaluation.constraints[i]) ? 0. : 1.;
  if (with_gradients) {
    counts[1] = n_bad(evaluation.objective_gradient);
    for (std::size_t i = 0; i < m; ++i)
      counts[3 + 2 * i] = n_bad(evaluation.constraint_gradients[i]);
  }
  counts.back() = double(n);
  all_sum(comm, counts);
  for (std::size_t k = 0; k < 2 * (m + 1); ++k)
    if (counts[k] > 0.) {
      std::ostringstream text;
      const std::string function = k < 2 ? "the objective" : "constraint " + std::to_string(k / 2 - 1);
      if (k % 2 == 0)
        text << "The value of " << function;
      else
        text << "The gradient of " << function << ", in " << counts[k] << " of " << counts.back()
             << " design variables,";
      text << " is NaN or infinite" << when << ".";
      throw Error(ExitCode::internal_error, text.str());
    }
}

void DesignSpace::check(const OptimizerState &state) const
{
  double fault = 0.;
  for (const auto *vector : {&state.x_old_1, &state.x_old_2, &state.low, &state.upp})
    if (vector->size() != lower.size())
      fault = 1.;
  if (all_max(comm, fault) > 0.)
    throw Error(ExitCode::internal_error, "The restored state is of another design or method.");
}

void DesignSpace::note_infeasible_start(const Evaluation &evaluation, const std::string &handling)
{
  std::ostringstream text;
  text.precision(2);
  for (std::size_t i = 0; i < evaluation.constraints.size(); ++i)
    if (evaluation.constraints[i] > 1e-6)
      text << (text.tellp() > 0 ? ", " : "the start breaks ") << "constraint " << i << " by "
           << 100. * evaluation.constraints[i] << " %";
  if (text.tellp() > 0)
    remarks.push_back(text.str() + ": " + handling);
}

IterationRecord DesignSpace::record(const unsigned int iteration, const DesignVector &x, const DesignVector &x_new,
                                    const Evaluation &evaluation, const std::vector<double> &multipliers) const
{
  IterationRecord result;
  result.iteration = iteration;
  result.objective = evaluation.objective;
  result.constraints = evaluation.constraints;
  result.multipliers = multipliers;
  for (const double constraint : evaluation.constraints)
    result.max_constraint_violation = std::max(result.max_constraint_violation, constraint);
  const double reference = std::max(std::abs(evaluation.objective), 1e-30);
  double change = 0, kkt = 0;
  for (const std::size_t j : free) {
    change = std::max(change, std::abs(x_new[j] - x[j]));
    double slope = evaluation.objective_gradient[j];
    for (std::size_t i = 0; i < multipliers.size(); ++i)
      slope += multipliers[i] * evaluation.constraint_gradients[i][j];
    const double t = scaled(x, j), target = t - n_free * slope * range(j) / reference;
    kkt = std::max(kkt, std::abs(t - std::min(std::max(target, 0.), 1.)));
  }
  for (std::size_t i = 0; i < multipliers.size(); ++i)
    kkt = std::max(kkt, multipliers[i] * std::max(0., -evaluation.constraints[i]) / reference);
  result.design_change = all_max(comm, change);
  result.kkt_residual = all_max(comm, kkt);
  return result;
}

} // namespace cageopt::optimizer
