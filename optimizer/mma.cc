#include <optimizer/mma.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <optimizer/mma_subproblem.h>

namespace cageopt::optimizer {

using inputs::Error;
using inputs::ExitCode;
using inputs::InputError;

namespace {

void all_sum(MPI_Comm comm, std::vector<double> &values)
{
  MPI_Allreduce(MPI_IN_PLACE, values.data(), int(values.size()), MPI_DOUBLE, MPI_SUM, comm);
}

double all_max(MPI_Comm comm, double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm);
  return value;
}

/// All ranks throw if sizes are wrong or anything is not finite on any rank.
void check_evaluation(MPI_Comm comm, const Evaluation &evaluation, const std::size_t n, const unsigned int m,
                      const unsigned int iteration)
{
  const std::string when = " in the evaluation of iteration " + std::to_string(iteration);
  bool sizes_fit = evaluation.objective_gradient.size() == n && evaluation.constraints.size() == m &&
                   evaluation.constraint_gradients.size() == m;
  if (sizes_fit)
    for (const auto &gradient : evaluation.constraint_gradients)
      sizes_fit = sizes_fit && gradient.size() == n;
  if (all_max(comm, sizes_fit ? 0. : 1.) > 0.)
    throw Error(ExitCode::internal_error,
                "The number of constraints or the length of a gradient is not the problem's" + when + ".");

  const auto n_bad = [](const DesignVector &values) {
    return double(
        std::count_if(values.begin(), values.end(), [](const double value) { return !std::isfinite(value); }));
  };
  std::vector<double> counts(2 * (m + 1) + 1);
  counts[0] = std::isfinite(evaluation.objective) ? 0. : 1.;
  counts[1] = n_bad(evaluation.objective_gradient);
  for (unsigned int i = 0; i < m; ++i) {
    counts[2 + 2 * i] = std::isfinite(evaluation.constraints[i]) ? 0. : 1.;
    counts[3 + 2 * i] = n_bad(evaluation.constraint_gradients[i]);
  }
  counts.back() = double(n);
  all_sum(comm, counts);
  for (unsigned int k = 0; k < 2 * (m + 1); ++k)
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

} // namespace

Mma::Mma(const MmaParameters &parameters) : parameters(parameters) { parameters.check(); }

void Mma::restore(const MmaState &state)
{
  memory = state;
  continues = true;
}

OptimizerSummary Mma::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  const MPI_Comm comm = problem.comm();
  const unsigned int m = problem.n_constraints();
  const std::size_t n_owned = x.size();
  if (!continues)
    memory = MmaState();
  continues = false;

  DesignVector lower, upper;
  problem.bounds(lower, upper);
  double fault = lower.size() == n_owned && upper.size() == n_owned ? 0. : 1.;
  if (memory.iteration > 0)
    for (const auto *vector : {&memory.x_old_1, &memory.x_old_2, &memory.low, &memory.upp})
      if (vector->size() != n_owned)
        fault = 2.;
  if (!parameters.a.empty() && parameters.a.size() != m)
    fault = 3.;
  std::vector<std::size_t> free; // owned variables with room
  for (std::size_t j = 0; fault == 0. && j < n_owned; ++j) {
    if (!(lower[j] <= upper[j]))
      fault = 4.;
    x[j] = std::min(std::max(x[j], lower[j]), upper[j]);
    if (lower[j] < upper[j])
      free.push_back(j);
  }
  static const char *const faults[] = {"", "The design, its bounds and the owned variables differ in length.",
                                       "The restored state is of another design.",
                                       "MmaParameters::a has not one weight per constraint.",
                                       "A variable's lower bound is above its upper bound."};
  fault = all_max(comm, fault);
  if (fault > 0.)
    throw Error(ExitCode::internal_error, faults[int(fault)]);
  std::vector<double> n_free(1, double(free.size()));
  all_sum(comm, n_free);
  if (n_free[0] == 0.)
    throw InputError("The number of free design variables", "0",
                     "every lower bound equals its upper bound, so there is nothing to optimise",
                     "widen the density bounds or the design region");

  const std::size_t n = free.size();
  OptimizerSummary summary;
  while (true) {
    const unsigned int iteration = memory.iteration + 1;
    Evaluation evaluation;
    problem.evaluate(x, evaluation);
    check_evaluation(comm, evaluation, n_owned, m, iteration);

    // Not kept while the next design is evaluated, which needs the memory for its linear systems.
    DesignVector low(n_owned), upp(n_owned), room(n);
    MmaSubproblem sub;
    for (auto *vector : {&sub.low, &sub.upp, &sub.alpha, &sub.beta, &sub.p0, &sub.q0})
      vector->resize(n);
    sub.p.assign(m, std::vector<double>(n));
    sub.q = sub.p;
    sub.b.resize(m);
    sub.a = parameters.a.empty() ? std::vector<double>(m, 0.) : parameters.a;
    sub.c.resize(m);
    sub.weight = 1. / n_free[0];

    // Asymptotes, and bounds of this step. The unknowns are steps, not positions, which would lose digits between close
    // asymptotes; relative to the step's own room in each variable, which differs by orders of magnitude.
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t j = free[k];
      const double range = upper[j] - lower[j], t = (x[j] - lower[j]) / range;
      double below = parameters.asymptote_start, above = parameters.asymptote_start; // distances of the asymptotes
      if (iteration > 2) {
        const double turn = (x[j] - memory.x_old_1[j]) * (memory.x_old_1[j] - memory.x_old_2[j]);
        const double factor = turn > 0.   ? parameters.asymptote_increase
                              : turn < 0. ? parameters.asymptote_decrease
                                          : 1.;
        const auto limited = [&](const double distance) {
          return std::min(std::max(factor * distance / range, parameters.asymptote_minimum), 10.);
        };
        below = limited(memory.x_old_1[j] - memory.low[j]);
        above = limited(memory.upp[j] - memory.x_old_1[j]);
      }
      low[j] = x[j] - below * range;
      upp[j] = x[j] + above * range;
      const double share = 1. - parameters.bound_fraction;
      const double alpha = std::max({-t, -share * below, -parameters.move_limit});
      const double beta = std::min({1. - t, share * above, parameters.move_limit});
      room[k] = beta - alpha;
      sub.low[k] = -below / room[k];
      sub.upp[k] = above / room[k];
      sub.alpha[k] = alpha / room[k];
      sub.beta[k] = beta / room[k];
    }

    // The convex approximations; `unit` makes them of order one however small the room is.
    std::vector<double> variation(m + 3, 0.); // of each function; of the objective within the room; the room
    const auto gradient = [&](const unsigned int function) -> const DesignVector & {
      return function == 0 ? evaluation.objective_gradient : evaluation.constraint_gradients[function - 1];
    };
    for (unsigned int function = 0; function <= m; ++function)
      for (std::size_t k = 0; k < n; ++k) {
        const double slope = std::abs(gradient(function)[free[k]]) * (upper[free[k]] - lower[free[k]]);
        variation[function] += slope;
        variation[m + 1] += function == 0 ? slope * room[k] : 0.;
        variation[m + 2] += function == 0 ? room[k] : 0.;
      }
    all_sum(comm, variation);
    const double objective_scale = variation[0] > 0. ? 1. / variation[0] : 1.;
    const double unit = variation[m + 1] > 0. ? variation[m + 1] * objective_scale : variation[m + 2] * sub.weight;
    if (!parameters.a.empty()) // else z is 0 whatever it costs
      sub.a0 = parameters.a0 * objective_scale;
    sub.d = parameters.constraint_penalty_quadratic * unit;
    std::vector<double> sums(3 * m, 0.); // of each constraint: value, largest rise and fall within the room
    for (unsigned int function = 0; function <= m; ++function) {
      const double scale = function == 0 ? objective_scale : 1.;
      const double convexity = parameters.convexity * variation[function] * scale * sub.weight;
      auto &p = function == 0 ? sub.p0 : sub.p[function - 1];
      auto &q = function == 0 ? sub.q0 : sub.q[function - 1];
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t j = free[k];
        const double slope = scale * gradient(function)[j] * (upper[j] - lower[j]);
        const double curvature = .001 * std::abs(slope) + convexity, factor = room[k] / unit;
        p[k] = factor * (std::max(slope, 0.) + curvature) * sub.upp[k] * sub.upp[k];
        q[k] = factor * (std::max(-slope, 0.) + curvature) * sub.low[k] * sub.low[k];
        if (function == 0)
          continue;
        const auto value = [&](const double step) { return p[k] / (sub.upp[k] - step) + q[k] / (step - sub.low[k]); };
        const double here = value(0.), tangent = factor * slope; // convex: highest at an end, nowhere below the tangent
        sums[function - 1] += here;
        sums[m + function - 1] += std::max(value(sub.alpha[k]), value(sub.beta[k])) - here;
        sums[2 * m + function - 1] += std::max(-tangent * sub.alpha[k], -tangent * sub.beta[k]);
      }
    }
    all_sum(comm, sums);
    // A constraint that the step cannot reach, or cannot satisfy, keeps a distance of 1 instead of its own, which may
    // be many orders larger; the cost of y makes up for it, so the solution is the same.
    for (unsigned int i = 0; i < m; ++i) {
      const double margin = -evaluation.constraints[i] / unit, nearest = -sums[2 * m + i] - 1.;
      sub.b[i] = sums[i] + (sub.a[i] == 0. ? std::min(std::max(margin, nearest), sums[m + i] + 1.) : margin);
      sub.c[i] = parameters.constraint_penalty + (sub.a[i] == 0. ? sub.d * std::max(0., nearest - margin) : 0.);
    }

    const auto solution = solve(comm, sub, parameters.subproblem_tolerance);
    sub = MmaSubproblem();
    if (!(solution.residual < 1e-3)) {
      std::ostringstream text;
      text << "The MMA subproblem of iteration " << iteration << " was not solved: residual " << solution.residual
           << ". Usual cause: constraints that are not scaled to order one.";
      throw Error(ExitCode::internal_error, text.str());
    }

    // What the observer may know.
    IterationRecord record;
    record.iteration = iteration;
    record.objective = evaluation.objective;
    record.constraints = evaluation.constraints;
    for (const double constraint : evaluation.constraints)
      record.max_constraint_violation = std::max(record.max_constraint_violation, constraint);
    DesignVector x_new = x;
    const double reference = std::max(std::abs(evaluation.objective), 1e-30);
    double change = 0, kkt = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t j = free[k];
      const double range = upper[j] - lower[j], t = (x[j] - lower[j]) / range;
      x_new[j] = std::min(std::max(x[j] + range * room[k] * solution.t[k], lower[j]), upper[j]);
      change = std::max(change, std::abs(x_new[j] - x[j]));
      double slope = evaluation.objective_gradient[j];
      for (unsigned int i = 0; i < m; ++i)
        slope += solution.lambda[i] / objective_scale * evaluation.constraint_gradients[i][j];
      const double target = t - n_free[0] * slope * range / reference;
      kkt = std::max(kkt, std::abs(t - std::min(std::max(target, 0.), 1.)));
    }
    for (unsigned int i = 0; i < m; ++i)
      kkt = std::max(kkt, solution.lambda[i] / objective_scale * std::max(0., -evaluation.constraints[i]) / reference);
    record.design_change = all_max(comm, change);
    record.kkt_residual = all_max(comm, kkt);

    summary.last = record;
    if (observer.on_iteration(record, x) == Verdict::stop) {
      summary.stopped_by_observer = true;
      summary.message = "stopped by its observer in iteration " + std::to_string(iteration);
      return summary;
    }
    if (iteration >= parameters.maximum_iterations) {
      summary.message = "the iteration limit, " + std::to_string(parameters.maximum_iterations) + ", was reached";
      return summary;
    }

    memory.x_old_2 = iteration == 1 ? x : std::move(memory.x_old_1);
    memory.x_old_1 = std::move(x);
    memory.low = std::move(low);
    memory.upp = std::move(upp);
    memory.iteration = iteration;
    x = std::move(x_new);
  }
}

void MmaParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Optimizer");
  prm.add_parameter("Maximum iterations", maximum_iterations,
                    "The run ends after this many design iterations, converged or not. Unit: 1.", Integer(1));
  prm.add_parameter("Move limit", move_limit,
                    "Largest change of a design variable in one iteration, relative to its range. Unit: 1.",
                    Double(1e-6, 1.));
  prm.add_parameter("Asymptote start", asymptote_start,
                    "Distance of the moving asymptotes in the first two iterations, relative to the variable's range; "
                    "smaller is more cautious. Unit: 1.",
                    Double(0.01, 10.));
  prm.add_parameter("Asymptote increase", asymptote_increase,
                    "Factor on that distance while a variable keeps its direction. Unit: 1.", Double(1., 10.));
  prm.add_parameter("Asymptote decrease", asymptote_decrease,
                    "Factor on that distance when a variable turns back. Unit: 1.", Double(0.01, 1.));
  prm.add_parameter("Asymptote minimum", asymptote_minimum,
                    "Smallest distance of the asymptotes, relative to the variable's range. A variable that turns back "
                    "and forth is not resolved finer than this. Unit: 1.",
                    Double(1e-12, 0.01));
  prm.add_parameter("Constraint penalty", constraint_penalty,
                    "Cost c of breaking a constraint by 1, in units of the objective's total variation (the sum over "
                    "variables of |derivative| times range). Raise it if a reachable constraint stays broken. Unit: 1.",
                    Double(1e-3, 1e9));
  prm.add_parameter("Quadratic constraint penalty", constraint_penalty_quadratic,
                    "Cost d/2 of the square of that violation, in the same units. Unit: 1.", Double(0., 1e9));
  prm.leave_subsection();
}

void MmaParameters::check() const
{
  const auto require = [](const bool holds, const char *name, const double value, const char *rule) {
    if (!holds) {
      std::ostringstream text;
      text << value;
      throw InputError(std::string("'Optimizer/") + name + "'", text.str(), rule,
                       "use the default or a value that obeys this rule");
    }
  };
  require(maximum_iterations >= 1, "Maximum iterations", maximum_iterations, "at least one iteration is needed");
  require(move_limit > 0. && move_limit <= 1., "Move limit", move_limit, "it lies in (0, 1]");
  require(asymptote_start >= .01 && asymptote_start <= 10., "Asymptote start", asymptote_start,
          "it lies in [0.01, 10]");
  require(asymptote_minimum > 0. && asymptote_minimum <= .01, "Asymptote minimum", asymptote_minimum,
          "it lies in (0, 0.01]");
  require(asymptote_increase >= 1., "Asymptote increase", asymptote_increase, "it is at least 1");
  require(asymptote_decrease > 0. && asymptote_decrease <= 1., "Asymptote decrease", asymptote_decrease,
          "it lies in (0, 1]");
  require(constraint_penalty > 0., "Constraint penalty", constraint_penalty, "it is positive");
  require(constraint_penalty_quadratic >= 0., "Quadratic constraint penalty", constraint_penalty_quadratic,
          "it is not negative");
  require(bound_fraction > 0. && bound_fraction < 1., "bound_fraction", bound_fraction, "it lies in (0, 1)");
  require(convexity > 0., "convexity", convexity, "it is positive");
  require(subproblem_tolerance > 0. && subproblem_tolerance < 1e-3, "subproblem_tolerance", subproblem_tolerance,
          "it lies in (0, 1e-3)");
  require(a0 > 0., "a0", a0, "it is positive");
}

} // namespace cageopt::optimizer
