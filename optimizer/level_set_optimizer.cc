#include <optimizer/level_set_optimizer.h>

#include <algorithm>
#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

namespace {

constexpr double shrink = .6, grow = 1.15,
                 smallest_move = 1e-3; ///< of the move limits, the last relative to the largest
constexpr double slack = 1.5;          ///< in slopes of phi, so that the surface rests when its steps do
constexpr double pi = 3.14159265358979323846;

double global(MPI_Comm comm, double value, MPI_Op operation)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, operation, comm);
  return value;
}

bool is_finite(const Evaluation &evaluation)
{
  double sum = evaluation.objective;
  for (const double value : evaluation.objective_gradient)
    sum += value;
  for (std::size_t k = 0; k < evaluation.constraints.size(); ++k) {
    sum += evaluation.constraints[k];
    for (const double value : evaluation.constraint_gradients[k])
      sum += value;
  }
  return std::isfinite(sum);
}

} // namespace

LevelSetOptimizer::LevelSetOptimizer(const LevelSetParameters &parameters,
                                     const LevelSetParametrisation &parametrisation, const double radius)
    : parameters(parameters), parametrisation(parametrisation), grid(parametrisation.grid()), radius(radius)
{
  parameters.check();
  if (radius < 1.5 * grid.edge())
    throw inputs::InputError("The radius of nucleated holes", std::to_string(radius) + " mm",
                             "a design cell is " + std::to_string(grid.edge()) +
                                 " mm wide, and holes of less than 1.5 cells are not resolved",
                             "raise 'Level set/Nucleation radius' or 'Filter/Radius'");
  if (radius > grid.band())
    throw inputs::InputError("The radius of nucleated holes", std::to_string(radius) + " mm",
                             "distances to the surface are known up to " + std::to_string(grid.band()) + " mm",
                             "lower 'Level set/Nucleation radius'");
}

/// From `memory`, which stays what it was when the iteration began.
void LevelSetOptimizer::unpack(const std::size_t n_constraints)
{
  const std::size_t m = n_constraints, n_used = parametrisation.first_insertion();
  next = LevelSetMemory();
  next.drift.assign(m, 0.);
  if (memory.iteration == 0) {
    DesignVector lower, upper;
    parametrisation.bounds(lower, upper);
    next.move.assign(n_used, parameters.move_limit * grid.edge());
    for (std::size_t i = grid.n_nodes(); i < n_used; ++i)
      next.move[i] = parameters.density_move_limit * (upper[i] - lower[i]);
    next.last_step.assign(n_used, 0.);
    return;
  }
  next.last_step = memory.x_old_1;
  next.move = memory.upp;
  next.last_step.resize(n_used, 0.);
  next.move.resize(n_used, 0.);
  next.multipliers = memory.multipliers;
  next.reduction = memory.penalty;
  // drift, whether something is expected, what, and rows of objective and constraints
  auto from = memory.progress.begin();
  const auto take = [&](const std::size_t length) {
    const auto begin = from;
    from += std::ptrdiff_t(length);
    return std::vector<double>(begin, from);
  };
  next.drift = take(m);
  if (take(1)[0] > 0)
    next.expected = take(m);
  while (from != memory.progress.end())
    next.history.push_back(take(m + 1));
}

OptimizerState LevelSetOptimizer::packed() const
{
  OptimizerState state;
  state.x_old_1 = next.last_step;
  state.upp = next.move;
  state.x_old_1.resize(parametrisation.n_variables(), 0.); // the shape of the design
  state.upp.resize(parametrisation.n_variables(), 0.);
  state.multipliers = next.multipliers;
  state.penalty = next.reduction;
  state.progress = next.drift;
  state.progress.push_back(next.expected.empty() ? 0. : 1.);
  state.progress.insert(state.progress.end(), next.expected.begin(), next.expected.end());
  for (const auto &row : next.history)
    state.progress.insert(state.progress.end(), row.begin(), row.end());
  return state;
}

QuadraticStep LevelSetOptimizer::linearised(const Evaluation &evaluation) const
{
  const std::size_t n = grid.n_nodes(), n_used = parametrisation.first_insertion();
  QuadraticStep problem;
  problem.weight.assign(grid.nodal_volume().begin(), grid.nodal_volume().begin() + std::ptrdiff_t(n));
  for (std::size_t i = n; i < n_used; ++i)
    problem.weight.push_back(grid.volume(std::uint32_t(i - n)));
  for (std::size_t k = 0; k <= evaluation.constraints.size(); ++k) {
    const auto &gradient = k == 0 ? evaluation.objective_gradient : evaluation.constraint_gradients[k - 1];
    auto slope = grid.regularised(DesignVector(gradient.begin(), gradient.begin() + std::ptrdiff_t(n)));
    for (std::size_t i = n; i < n_used; ++i)
      slope.push_back(gradient[i] / problem.weight[i]);
    problem.slopes.push_back(std::move(slope));
  }
  problem.stride.resize(n_used);
  problem.lower.resize(n_used);
  problem.upper.resize(n_used);
  return problem;
}

void LevelSetOptimizer::set_move_limits(const DesignVector &x, const Evaluation &evaluation, MPI_Comm comm,
                                        QuadraticStep &problem) const
{
  DesignVector lower, upper;
  parametrisation.bounds(lower, upper);
  for (std::size_t i = 0; i < problem.weight.size(); ++i) {
    problem.lower[i] = -next.move[i];
    problem.upper[i] = next.move[i];
    if (i >= grid.n_nodes()) {
      problem.lower[i] = std::max(problem.lower[i], lower[i] - x[i]);
      problem.upper[i] = std::min(problem.upper[i], upper[i] - x[i]);
    }
  }
  const std::size_t m = evaluation.constraints.size();
  std::vector<double> reach(m, 0.); // the largest decrease of each constraint
  for (std::size_t k = 0; k < m; ++k)
    for (std::size_t i = 0; i < problem.weight.size(); ++i) {
      const double slope = problem.weight[i] * problem.slopes[k + 1][i];
      reach[k] -= std::min(slope * problem.lower[i], slope * problem.upper[i]);
    }
  MPI_Allreduce(MPI_IN_PLACE, reach.data(), int(m), MPI_DOUBLE, MPI_SUM, comm);
  problem.bounds.resize(m);
  for (std::size_t k = 0; k < m; ++k)
    problem.bounds[k] = std::max(-evaluation.constraints[k] - next.drift[k], -parameters.constraint_rate * reach[k]);
}

DesignVector LevelSetOptimizer::solve(MPI_Comm comm, const DesignVector &x, QuadraticStep &problem)
{
  const std::size_t n = grid.n_nodes();
  for (int pass = 0; pass < 3; ++pass) {
    double sums[4] = {0, 0, 0, 0}; // |slope| and number: of nodes at the surface, and of densities
    for (std::size_t i = 0; i < problem.weight.size(); ++i) {
      if (i < n && std::abs(x[i]) > grid.edge())
        continue;
      double slope = problem.slopes[0][i];
      for (std::size_t k = 0; k < next.multipliers.size(); ++k)
        slope += next.multipliers[k] * problem.slopes[k + 1][i];
      sums[i < n ? 0 : 2] += std::abs(slope);
      sums[i < n ? 1 : 3] += 1;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, comm);
    DesignVector lower, upper;
    parametrisation.bounds(lower, upper);
    for (std::size_t i = 0; i < problem.weight.size(); ++i) {
      const auto *mean = i < n ? sums : sums + 2;
      const double largest =
          i < n ? parameters.move_limit * grid.edge() : parameters.density_move_limit * (upper[i] - lower[i]);
      problem.stride[i] = mean[0] > 0 ? largest * mean[1] / mean[0] : 0.;
    }
    next.multipliers = problem.solve(comm, std::move(next.multipliers));
  }
  return problem.step(next.multipliers);
}

void LevelSetOptimizer::update_reduction(const Evaluation &evaluation)
{
  constexpr std::size_t window = 10;
  constexpr double progress = 1e-3, feasible = 5e-4, factor = .8;
  std::vector<double> values = evaluation.constraints;
  values.insert(values.begin(), evaluation.objective);
  next.history.push_back(std::move(values));
  if (next.history.size() <= window)
    return;
  next.history.erase(next.history.begin());
  // With today's multipliers, so that what constraints gave or took does not count.
  const auto lagrangian = [&](const std::vector<double> &entry) {
    double sum = entry[0];
    for (std::size_t k = 0; k < next.multipliers.size(); ++k)
      sum += next.multipliers[k] * entry[k + 1];
    return sum;
  };
  const bool holds = std::all_of(evaluation.constraints.begin(), evaluation.constraints.end(),
                                 [=](const double constraint) { return constraint < feasible; });
  const double fall = lagrangian(next.history.front()) - lagrangian(next.history.back());
  if (holds && fall < progress * std::abs(evaluation.objective))
    next.reduction *= factor;
}

double LevelSetOptimizer::kkt_residual(MPI_Comm comm, const DesignVector &x, const QuadraticStep &problem,
                                       const Evaluation &evaluation) const
{
  DesignVector lower, upper;
  parametrisation.bounds(lower, upper);
  const std::size_t n = grid.n_nodes();
  const double reference = std::max(std::abs(evaluation.objective), 1e-30);
  const double volume = grid.total_volume();
  double result = 0;
  for (std::size_t i = 0; i < problem.weight.size(); ++i) {
    double slope = problem.slopes[0][i];
    for (std::size_t k = 0; k < next.multipliers.size(); ++k)
      slope += next.multipliers[k] * problem.slopes[k + 1][i];
    slope *= volume / reference;
    if (i < n) {
      if (std::abs(x[i]) <= grid.edge())
        result = std::max(result, std::min(1., std::abs(slope) * grid.edge()));
      continue;
    }
    const double range = upper[i] - lower[i];
    if (range > 0) {
      const double t = (x[i] - lower[i]) / range;
      result = std::max(result, std::abs(t - std::clamp(t - slope * range, 0., 1.)));
    }
  }
  for (std::size_t k = 0; k < next.multipliers.size(); ++k)
    result = std::max(result, next.multipliers[k] * std::max(0., -evaluation.constraints[k]) / reference);
  return global(comm, result, MPI_MAX);
}

bool LevelSetOptimizer::nucleate(MPI_Comm comm, const Evaluation &evaluation, DesignVector &phi) const
{
  const auto &mesh = grid.mesh();
  struct Candidate
  {
    double gain;
    std::uint32_t cell;
    bool is_hole;
  };
  // Cells so far from the surface that a ball about them does not reach it, and where it lowers the Lagrangian.
  std::vector<Candidate> candidates;
  const auto local = grid.with_ghosts(phi);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    double mean = 0;
    for (const auto node : mesh.nodes_of(cell))
      mean += local[node] / 8.;
    if (std::abs(mean) < radius)
      continue;
    const std::size_t i = parametrisation.first_insertion() + cell;
    double slope = evaluation.objective_gradient[i];
    for (std::size_t k = 0; k < next.multipliers.size(); ++k)
      slope += next.multipliers[k] * evaluation.constraint_gradients[k][i];
    const double gain = (mean > 0 ? slope : -slope) / grid.volume(cell);
    if (gain > 0)
      candidates.push_back({gain, cell, mean > 0});
  }
  double material = 0;
  for (std::size_t i = 0; i < grid.n_nodes(); ++i)
    material += phi[i] > 0 ? grid.nodal_volume()[i] : 0.;
  bool inserted = false;
  double room = parameters.nucleation_share * global(comm, material, MPI_SUM);
  const double ball = 4. / 3. * pi * std::pow(radius, 3);
  const auto centre = [&](const std::uint32_t cell) {
    auto low = grid.corner(cell);
    for (double &coordinate : low)
      coordinate += .5 * grid.edge(cell);
    return low;
  };
  const auto distance = [](const inputs::Point &a, const inputs::Point &b) {
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  };
  int rank;
  MPI_Comm_rank(comm, &rank);
  while (room > 0) {
    const auto best = std::max_element(candidates.begin(), candidates.end(),
                                       [](const auto &a, const auto &b) { return a.gain < b.gain; });
    struct
    {
      double gain;
      int rank;
    } winner = {best == candidates.end() ? 0. : best->gain, rank};
    MPI_Allreduce(MPI_IN_PLACE, &winner, 1, MPI_DOUBLE_INT, MPI_MAXLOC, comm);
    if (winner.gain <= 0)
      break;
    double chosen[4] = {0, 0, 0, 0};
    if (rank == winner.rank) {
      const auto point = centre(best->cell);
      std::copy(point.begin(), point.end(), chosen);
      chosen[3] = best->is_hole;
    }
    MPI_Bcast(chosen, 4, MPI_DOUBLE, winner.rank, comm);
    const inputs::Point middle = {chosen[0], chosen[1], chosen[2]};
    for (std::uint32_t node = 0; node < grid.n_nodes(); ++node) {
      const double outside = distance(grid.position(node), middle) - radius;
      phi[node] = chosen[3] > 0 ? std::min(phi[node], outside) : std::max(phi[node], -outside);
    }
    candidates.erase(
        std::remove_if(candidates.begin(), candidates.end(),
                       [&](const auto &other) { return distance(centre(other.cell), middle) < 3. * radius; }),
        candidates.end());
    room -= ball;
    inserted = true;
  }
  return inserted;
}

OptimizerSummary LevelSetOptimizer::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  const MPI_Comm comm = problem.comm();
  const std::size_t n = grid.n_nodes(), n_used = parametrisation.first_insertion();
  DesignVector lower, upper, largest(n_used, parameters.move_limit * grid.edge());
  parametrisation.bounds(lower, upper);
  for (std::size_t i = n; i < n_used; ++i)
    largest[i] = parameters.density_move_limit * (upper[i] - lower[i]);
  begin();
  const bool fits = x.size() == parametrisation.n_variables() &&
                    (memory.iteration == 0 || memory.upp.size() == parametrisation.n_variables());
  if (global(comm, fits ? 0. : 1., MPI_MAX) > 0)
    throw inputs::Error(inputs::ExitCode::internal_error,
                        "The design or the restored state is not of the level set's variables.");

  OptimizerSummary summary;
  while (true) {
    unpack(problem.n_constraints());
    const unsigned int iteration = memory.iteration + 1;
    Evaluation evaluation;
    problem.evaluate(x, evaluation);
    if (global(comm, is_finite(evaluation) ? 0. : 1., MPI_MAX) > 0)
      throw inputs::Error(inputs::ExitCode::internal_error,
                          "A value or a gradient is NaN or infinite in the evaluation of iteration " +
                              std::to_string(iteration) + ".");
    double n_near = 0;
    for (std::size_t i = 0; i < n; ++i)
      n_near += std::abs(x[i]) <= grid.edge();
    if (global(comm, n_near, MPI_SUM) == 0)
      throw inputs::InputError("The level set", "of one sign everywhere", "there is no surface that could move",
                               "start from a design with holes, or constrain it so that some material remains");

    for (std::size_t k = 0; k < next.expected.size(); ++k)
      next.drift[k] = .5 * (next.drift[k] + evaluation.constraints[k] - next.expected[k]);
    auto step_problem = linearised(evaluation);
    set_move_limits(x, evaluation, comm, step_problem);
    auto step = solve(comm, x, step_problem);
    update_reduction(evaluation);
    for (std::size_t i = 0; i < n_used; ++i) {
      const double turn = step[i] * next.last_step[i];
      next.move[i] = std::clamp(next.move[i] * (turn < 0   ? shrink
                                                : turn > 0 ? grow
                                                           : 1.),
                                smallest_move * next.reduction * largest[i], next.reduction * largest[i]);
    }
    set_move_limits(x, evaluation, comm, step_problem);
    step = solve(comm, x, step_problem);

    IterationRecord record;
    record.iteration = iteration;
    record.objective = evaluation.objective;
    record.constraints = evaluation.constraints;
    for (const double constraint : evaluation.constraints)
      record.max_constraint_violation = std::max(record.max_constraint_violation, constraint);
    record.multipliers = next.multipliers;
    record.kkt_residual = kkt_residual(comm, x, step_problem, evaluation);
    auto expected = step_problem.change(comm, step);
    for (std::size_t k = 0; k < expected.size(); ++k)
      expected[k] += evaluation.constraints[k];
    DesignVector x_new = x, phi(x.begin(), x.begin() + std::ptrdiff_t(n));
    step_problem = QuadraticStep();
    const auto motion = grid.extended(step);
    for (std::size_t i = 0; i < n; ++i)
      phi[i] += motion[i];
    const bool nucleated = iteration <= parameters.last_nucleation && iteration % parameters.nucleation_interval == 0;
    if (nucleated)
      nucleate(comm, evaluation, phi);
    // Redistancing jumps where a thin member appears or breaks; it shrinks with the moves, so that the design rests.
    auto distance = phi;
    grid.redistance(distance, slack);
    const double share = nucleated ? 1. : next.reduction;
    for (std::size_t i = 0; i < n; ++i)
      x_new[i] = phi[i] + share * (distance[i] - phi[i]);
    double change = 0;
    for (std::size_t i = 0; i < n_used; ++i) {
      if (i >= n)
        x_new[i] = std::clamp(x[i] + step[i], lower[i], upper[i]);
      else
        step[i] = motion[i];
      if (i >= n || std::abs(x[i]) <= grid.edge())
        change = std::max(change, std::abs(x_new[i] - x[i]));
    }
    record.design_change = global(comm, change, MPI_MAX);

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
    next.last_step = std::move(step);
    if (nucleated) {
      next.history.clear();
      next.reduction = 1;
    }
    next.expected = nucleated ? std::vector<double>() : std::move(expected);
    memory = packed();
    memory.iteration = iteration;
    x = std::move(x_new);
  }
}

void LevelSetParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Level set");
  prm.add_parameter("Move limit", move_limit,
                    "Largest distance by which the surface moves in one iteration. Unit: cells.", Double(.01, 2.));
  prm.add_parameter("Density move limit", density_move_limit,
                    "Largest change of the lattice density in one iteration, relative to its range. Unit: 1.",
                    Double(1e-3, 1.));
  prm.add_parameter("Constraint rate", constraint_rate,
                    "A broken constraint is restored by at most this share of what the move limits allow in one "
                    "iteration; the rest is left to the objective. Unit: 1.",
                    Double(.01, 1.));
  prm.add_parameter("Start period", start_period,
                    "Period of the gyroid network that the design starts from, at least 8 cells for slender networks. "
                    "Unit: filter radii.",
                    Double(1., 100.));
  prm.add_parameter("Nucleation interval", nucleation_interval,
                    "Iterations between insertions of holes (and islands) by the topological derivative. Unit: 1.",
                    Integer(1));
  prm.add_parameter("Last nucleation", last_nucleation,
                    "No holes are inserted after this iteration; 0: never. Unit: 1.", Integer(0));
  prm.add_parameter("Nucleation radius", nucleation_radius,
                    "Radius of inserted holes, at least 1.5 cells. Unit: filter radii.", Double(.1, 2.));
  prm.add_parameter("Nucleation share", nucleation_share,
                    "Volume of the balls of one insertion, relative to the material's volume. Unit: 1.",
                    Double(1e-6, .5));
  prm.leave_subsection();
}

void LevelSetParameters::check() const
{
  const auto require = [](const bool holds, const char *name, const double value, const char *rule) {
    if (!holds)
      throw inputs::InputError(std::string("'Level set/") + name + "'", std::to_string(value), rule,
                               "use the default or a value that obeys this rule");
  };
  require(maximum_iterations >= 1, "Maximum iterations", maximum_iterations, "at least one iteration is needed");
  require(move_limit > 0 && move_limit <= 2, "Move limit", move_limit, "it lies in (0, 2]");
  require(density_move_limit > 0 && density_move_limit <= 1, "Density move limit", density_move_limit,
          "it lies in (0, 1]");
  require(constraint_rate > 0 && constraint_rate <= 1, "Constraint rate", constraint_rate, "it lies in (0, 1]");
  require(start_period > 0, "Start period", start_period, "it is positive");
  require(nucleation_interval >= 1, "Nucleation interval", nucleation_interval, "it is at least 1");
  require(nucleation_radius > 0 && nucleation_radius <= 2, "Nucleation radius", nucleation_radius, "it lies in (0, 2]");
  require(nucleation_share > 0 && nucleation_share <= .5, "Nucleation share", nucleation_share, "it lies in (0, 0.5]");
}

} // namespace cageopt::optimizer
