#include <optimizer/optimality_criteria.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <inputs/error.h>
#include <optimizer/design_space.h>
#include <optimizer/reductions.h>

namespace cageopt::optimizer {

using inputs::InputError;

namespace {

constexpr double offset = 1e-3;
const std::string way_out = "use 'Optimizer/Method' mma, gcmma or rol, which take any constraints and objective";

/// One step: the variables as functions of the multiplier.
class Update
{
public:
  Update(const DesignSpace &space, const DesignVector &x, const Evaluation &evaluation, const double move_limit)
      : space(space), value(evaluation.constraints[0])
  {
    double wrong[2] = {0, 0}, largest[2] = {0, 0};
    for (const std::size_t j : space.free) {
      const double range = space.range(j), t = space.scaled(x, j);
      const double fall = -evaluation.objective_gradient[j] * range,
                   rise = evaluation.constraint_gradients[0][j] * range;
      wrong[0] = std::max(wrong[0], -fall);
      wrong[1] = std::max(wrong[1], -rise);
      largest[0] = std::max(largest[0], std::abs(fall));
      largest[1] = std::max(largest[1], std::abs(rise));
      variables.push_back(
          {t, std::max(-t, -move_limit), std::min(1. - t, move_limit), std::max(fall, 0.), std::max(rise, 0.)});
    }
    const char *const names[] = {"The objective's derivative with respect to a design variable",
                                 "The constraint's derivative with respect to a design variable"};
    const char *const rules[] = {
        "'Optimizer/Method = oc' needs an objective that falls as every variable grows, such as compliance",
        "'Optimizer/Method = oc' needs a constraint that tightens as every variable grows, such as a maximum of "
        "volume"};
    for (unsigned int i = 0; i < 2; ++i) {
      wrong[i] = all_max(space.comm, wrong[i]);
      largest[i] = all_max(space.comm, largest[i]);
      if (wrong[i] > 1e-6 * largest[i])
        throw InputError(names[i], i == 0 ? "positive" : "negative", rules[i], way_out);
    }
  }

  double multiplier() const
  {
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const auto &v : variables)
      if (v.fall > 0. && v.rise > 0.) { // outside these the step of v does not depend on lambda
        const double y = v.t + offset, ratio = v.fall / v.rise;
        low = std::min(low, ratio * std::pow(y / (y + v.most), 2));
        high = std::max(high, ratio * std::pow(y / (y + v.least), 2));
      }
    low = -all_max(space.comm, -low);
    high = all_max(space.comm, high);
    if (high == 0. || excess(low) <= 0.)
      return 0.; // not active
    if (excess(high) >= 0.)
      return high;
    while (high > (1. + 1e-14) * low) {
      const double middle = std::sqrt(low) * std::sqrt(high);
      if (middle <= low || middle >= high)
        break;
      (excess(middle) > 0. ? low : high) = middle;
    }
    return high; // the constraint holds
  }

  DesignVector design(const DesignVector &x, const double lambda) const
  {
    DesignVector result(x);
    for (std::size_t k = 0; k < variables.size(); ++k) {
      const std::size_t j = space.free[k];
      result[j] =
          std::min(std::max(x[j] + space.range(j) * step(variables[k], lambda), space.lower[j]), space.upper[j]);
    }
    return result;
  }

private:
  struct Variable
  {
    double t, least, most, fall, rise;
  };

  static double step(const Variable &v, const double lambda)
  {
    if (lambda * v.rise == 0.)
      return v.fall > 0. ? v.most : 0.;
    const double y = v.t + offset;
    return std::min(std::max(y * (std::sqrt(v.fall / (lambda * v.rise)) - 1.), v.least), v.most);
  }

  /// The linearised constraint after the step; falls with lambda.
  double excess(const double lambda) const
  {
    std::vector<double> sum(1, 0.);
    for (const auto &v : variables)
      sum[0] += v.rise * step(v, lambda);
    all_sum(space.comm, sum);
    return value + sum[0];
  }

  const DesignSpace &space;
  const double value;
  std::vector<Variable> variables;
};

} // namespace

OptimalityCriteria::OptimalityCriteria(const MmaParameters &parameters)
    : maximum_iterations(parameters.maximum_iterations), move_limit(parameters.move_limit)
{
  parameters.check();
}

OptimizerSummary OptimalityCriteria::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  begin();
  if (problem.n_constraints() != 1)
    throw InputError("The number of constraints", std::to_string(problem.n_constraints()),
                     "'Optimizer/Method = oc' has one multiplier, for one constraint", way_out);
  DesignSpace space(problem, x);
  OptimizerSummary summary;
  while (true) {
    const unsigned int iteration = memory.iteration + 1;
    DesignVector x_new;
    {
      Evaluation evaluation;
      problem.evaluate(x, evaluation);
      space.check(evaluation, iteration);
      if (iteration == 1)
        space.note_infeasible_start(evaluation, "the first steps go towards it as far as the move limit allows");
      summary.notes = space.notes();
      const Update update(space, x, evaluation, move_limit);
      const double lambda = update.multiplier();
      x_new = update.design(x, lambda);
      summary.last = space.record(iteration, x, x_new, evaluation, {lambda});
    }
    if (observer.on_iteration(summary.last, x) == Verdict::stop) {
      summary.stopped_by_observer = true;
      summary.message = "stopped by its observer in iteration " + std::to_string(iteration);
      return summary;
    }
    if (iteration >= maximum_iterations) {
      summary.message = "the iteration limit, " + std::to_string(maximum_iterations) + ", was reached";
      return summary;
    }
    memory.iteration = iteration;
    x = std::move(x_new);
  }
}

} // namespace cageopt::optimizer
