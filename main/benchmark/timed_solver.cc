#include <main/benchmark/timed_solver.h>

#include <algorithm>
#include <ctime>

#include <inputs/error.h>

namespace cageopt {

namespace {

/// The same on all ranks: nobody goes on before the slowest.
double common_time(MPI_Comm comm)
{
  MPI_Barrier(comm);
  return MPI_Wtime();
}

} // namespace

TimedSolver::TimedSolver(const BenchmarkProblem &problem, const double relative_tolerance) : problem(problem)
{
  solver::SolverParameters parameters;
  parameters.relative_tolerance = relative_tolerance;
  const auto &domain = *problem.domain;
  const double start = common_time(domain.mesh.comm());
  elasticity = std::make_unique<solver::ElasticitySolver>(domain.mesh, domain.unit, domain.fixed, parameters);
  seconds_of_setup = common_time(domain.mesh.comm()) - start;
}

TimedSolver::Measurement TimedSolver::run(const BenchmarkProblem::Stiffness &stiffness,
                                          const std::optional<unsigned int> column)
{
  MPI_Comm comm = problem.domain->mesh.comm();
  const auto f = problem.right_hand_side(column);
  auto u = problem.start(column ? 1 : problem.domain->n_load_columns);
  Measurement result;
  const double start = common_time(comm);
  const auto cpu_start = std::clock();
  elasticity->set_stiffness(stiffness);
  const double middle = common_time(comm);
  try {
    result.iterations = elasticity->solve(u, f).iterations;
  } catch (const inputs::Error &error) {
    if (error.code != inputs::ExitCode::not_converged)
      throw;
  }
  const double end = common_time(comm);
  double cpu[2] = {double(std::clock() - cpu_start) / CLOCKS_PER_SEC, 1.};
  MPI_Allreduce(MPI_IN_PLACE, cpu, 2, MPI_DOUBLE, MPI_SUM, comm);
  result.coefficient_seconds = middle - start;
  result.solve_seconds = end - middle;
  result.cpu_share = cpu[0] / cpu[1] / (end - start);
  MPI_Bcast(&result.coefficient_seconds, 1, MPI_DOUBLE, 0, comm); // so that all ranks sort alike
  MPI_Bcast(&result.solve_seconds, 1, MPI_DOUBLE, 0, comm);
  return result;
}

std::vector<TimedSolver::Measurement> TimedSolver::repeat(const BenchmarkProblem::Stiffness &stiffness,
                                                          const std::optional<unsigned int> column,
                                                          const unsigned int n_repeats)
{
  std::vector<Measurement> runs = {run(stiffness, column)};
  if (!runs.front().iterations)
    return runs; // what does not converge is not timed again
  runs.clear();
  for (unsigned int i = 0; i < n_repeats; ++i)
    runs.push_back(run(stiffness, column));
  std::sort(runs.begin(), runs.end(),
            [](const auto &a, const auto &b) { return a.total_seconds() < b.total_seconds(); });
  return runs;
}

} // namespace cageopt
