#include <optimizer/gradient_check.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iomanip>
#include <limits>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::optimizer {

namespace {

/// SplitMix64 (Steele, Lea & Flood 2014): a hash, so that a component needs no generator state of other ranks.
std::uint64_t hash(std::uint64_t value)
{
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// Sum of `count` over the lower ranks, and over all.
std::array<std::uint64_t, 2> offset_and_total(MPI_Comm comm, const std::uint64_t count)
{
  std::array<std::uint64_t, 2> result{{0, 0}};
  MPI_Exscan(&count, &result[0], 1, MPI_UINT64_T, MPI_SUM, comm);
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  if (rank == 0)
    result[0] = 0; // left undefined by MPI_Exscan
  MPI_Allreduce(&count, &result[1], 1, MPI_UINT64_T, MPI_SUM, comm);
  return result;
}

struct Direction
{
  std::string name;
  DesignVector vector;
};

std::vector<Direction> directions(DesignProblem &problem, const DesignVector &x, const GradientCheckOptions &options)
{
  const MPI_Comm comm = problem.comm();
  DesignVector lower, upper;
  problem.bounds(lower, upper);
  const double largest_step = *std::max_element(options.steps.begin(), options.steps.end());
  std::vector<std::size_t> movable;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double reach = largest_step * (upper[j] - lower[j]);
    if (reach > 0. && x[j] - reach >= lower[j] && x[j] + reach <= upper[j])
      movable.push_back(j);
  }
  const auto owned = offset_and_total(comm, x.size());
  const auto [first_movable, n_movable] = offset_and_total(comm, movable.size());
  if (n_movable == 0)
    throw inputs::InputError("The design of the gradient check", "within a step of its bounds everywhere",
                             "central differences need room on both sides",
                             "check at a design between the bounds or with smaller steps");

  std::vector<Direction> result;
  for (unsigned int k = 0; k < options.n_directions; ++k) {
    result.push_back({"random " + std::to_string(k), DesignVector(x.size(), 0.)});
    for (const std::size_t j : movable)
      result.back().vector[j] =
          (upper[j] - lower[j]) * std::ldexp(double(hash(hash(hash(options.seed) + k) + owned[0] + j)), -63) -
          (upper[j] - lower[j]);
  }
  for (unsigned int k = 0; k < options.n_variables; ++k) {
    const std::uint64_t chosen = hash(hash(~options.seed) + k) % n_movable;
    std::uint64_t number = 0;
    DesignVector unit(x.size(), 0.);
    if (chosen >= first_movable && chosen - first_movable < movable.size()) {
      const std::size_t j = movable[chosen - first_movable];
      unit[j] = upper[j] - lower[j];
      number = owned[0] + j;
    }
    MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_UINT64_T, MPI_SUM, comm);
    result.push_back({"variable " + std::to_string(number), std::move(unit)});
  }
  return result;
}

std::vector<double> values(const Evaluation &evaluation)
{
  std::vector<double> result(1, evaluation.objective);
  result.insert(result.end(), evaluation.constraints.begin(), evaluation.constraints.end());
  return result;
}

/// What the step leaves in the central difference k: its error goes with the square of the step, if the function is
/// smooth within it, of which the change since the next larger step tells; twice that, for functions whose third
/// derivative jumps. Otherwise the change to the next smaller step tells.
double truncation(const std::vector<double> &steps, const std::vector<double> &numeric,
                  const std::vector<double> &rounding, const std::size_t k)
{
  const double shrinkage = steps[k] / steps[k - 1];
  const double by_larger = 2. * std::abs(numeric[k] - numeric[k - 1]) * shrinkage * shrinkage;
  if (k + 1 == steps.size())
    return by_larger;
  return std::max(by_larger, std::abs(numeric[k + 1] - numeric[k]) - rounding[k + 1]);
}

/// Fills in all of `row` but its name, direction, tolerance and analytic derivative.
void compare(const std::vector<double> &steps, const std::vector<double> &numeric, const std::vector<double> &rounding,
             GradientCheckRow &row)
{
  double least_doubt = std::numeric_limits<double>::infinity();
  for (std::size_t k = 1; k < steps.size(); ++k) {
    const double remainder = truncation(steps, numeric, rounding, k), doubt = rounding[k] + remainder;
    if (!(doubt < least_doubt)) // not better, or NaN
      continue;
    least_doubt = doubt;
    row.numeric = numeric[k];
    row.step = steps[k];
    const double larger = std::max(std::abs(row.numeric), std::abs(row.analytic));
    const double difference = std::abs(row.numeric - row.analytic);
    const double allowed = rounding[k] + std::min(remainder, 10. * row.tolerance * larger);
    row.difference = difference > 0. ? difference / larger : 0.;
    row.uncertainty = larger > 0. ? allowed / larger : 0.;
    row.relative_error = difference <= allowed || larger <= rounding[k] ? 0. : row.difference;
    if (std::isnan(difference))
      row.relative_error = std::numeric_limits<double>::infinity();
  }
}

} // namespace

std::vector<GradientCheckRow> check_gradients(DesignProblem &problem, const DesignVector &x,
                                              const GradientCheckOptions &options)
{
  if (options.steps.size() < 2)
    throw inputs::InputError("The number of step sizes of the gradient check", std::to_string(options.steps.size()),
                             "the best one is found by comparing neighbours", "give two or more");
  std::vector<double> steps = options.steps;
  std::sort(steps.begin(), steps.end(), std::greater<double>());
  const auto all_directions = directions(problem, x, options);
  const unsigned int n_functions = 1 + problem.n_constraints();
  Evaluation base, forward, backward;
  problem.evaluate(x, base);

  std::vector<GradientCheckRow> table;
  for (const auto &direction : all_directions) {
    std::vector<double> analytic(n_functions, 0.);
    for (unsigned int function = 0; function < n_functions; ++function) {
      const auto &gradient = function == 0 ? base.objective_gradient : base.constraint_gradients[function - 1];
      for (std::size_t j = 0; j < x.size(); ++j)
        analytic[function] += gradient[j] * direction.vector[j];
    }
    MPI_Allreduce(MPI_IN_PLACE, analytic.data(), int(n_functions), MPI_DOUBLE, MPI_SUM, problem.comm());

    const std::size_t first_row = table.size();
    for (unsigned int function = 0; function < n_functions; ++function) {
      GradientCheckRow row;
      row.function = function < options.names.size() ? options.names[function]
                     : function == 0                 ? "objective"
                                                     : "constraint " + std::to_string(function - 1);
      row.tolerance = function < options.tolerances.size() ? options.tolerances[function] : 1e-5;
      row.direction = direction.name;
      row.analytic = analytic[function];
      row.numeric = std::numeric_limits<double>::quiet_NaN();
      row.relative_error = std::numeric_limits<double>::infinity();
      table.push_back(row);
    }
    std::vector<std::vector<double>> numeric(n_functions), rounding(n_functions); // [function][step]
    for (const double step : steps) {
      DesignVector shifted = x;
      for (std::size_t j = 0; j < x.size(); ++j)
        shifted[j] = x[j] + step * direction.vector[j];
      problem.evaluate(shifted, forward);
      for (std::size_t j = 0; j < x.size(); ++j)
        shifted[j] = x[j] - step * direction.vector[j];
      problem.evaluate(shifted, backward);
      const auto above = values(forward), below = values(backward);
      for (unsigned int function = 0; function < n_functions; ++function) {
        numeric[function].push_back((above[function] - below[function]) / (2. * step));
        const double scale = std::max({std::abs(above[function]), std::abs(below[function]), function > 0 ? 1. : 0.});
        rounding[function].push_back(options.value_accuracy * scale / step);
      }
    }
    for (unsigned int function = 0; function < n_functions; ++function)
      compare(steps, numeric[function], rounding[function], table[first_row + function]);
  }
  return table;
}

double worst_difference(const std::vector<GradientCheckRow> &table)
{
  double worst = 0;
  for (const auto &row : table)
    if (row.difference > row.uncertainty || row.uncertainty <= row.tolerance)
      worst = std::max(worst, row.difference);
  return worst;
}

double worst_relative_error(const std::vector<GradientCheckRow> &table)
{
  double worst = 0;
  for (const auto &row : table)
    worst = std::max(worst, row.relative_error);
  return worst;
}

std::string to_text(const std::vector<GradientCheckRow> &table)
{
  std::size_t width = 8;
  for (const auto &row : table)
    width = std::max(width, row.function.size());
  const int column = int(width) + 2;
  std::ostringstream text;
  text << std::left << std::setw(column) << "function" << std::setw(20) << "direction" << std::right << std::setw(20)
       << "analytic" << std::setw(20) << "numeric" << std::setw(12) << "difference" << std::setw(13) << "uncertainty"
       << std::setw(10) << "step" << '\n';
  for (const auto &row : table)
    text << std::left << std::setw(column) << row.function << std::setw(20) << row.direction << std::right
         << std::setprecision(10) << std::setw(20) << row.analytic << std::setw(20) << row.numeric
         << std::setprecision(3) << std::setw(12) << row.difference << std::setw(13) << row.uncertainty << std::setw(10)
         << row.step << (row.agrees() ? "" : "  WRONG") << '\n';
  return text.str();
}

} // namespace cageopt::optimizer
