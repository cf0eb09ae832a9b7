#include <main/benchmark/peak_memory.h>
#include <main/benchmark/suites.h>
#include <main/benchmark/timed_solver.h>

#include <algorithm>

namespace cageopt {

namespace {

BenchmarkReport::Value optional_value(const std::optional<double> &value)
{
  return value ? BenchmarkReport::Value(*value) : BenchmarkReport::Value();
}

BenchmarkReport::Value optional_value(const std::optional<unsigned int> &value)
{
  return value ? BenchmarkReport::Value(std::uint64_t(*value)) : BenchmarkReport::Value();
}

/// Share of the cells that are stiff: mean of C11 over its largest value.
double solid_fraction(const BenchmarkProblem::Stiffness &stiffness, MPI_Comm comm)
{
  double sums[2] = {0, double(stiffness.size())}, largest = 0;
  for (const auto &cell : stiffness) {
    sums[0] += cell.c11;
    largest = std::max(largest, double(cell.c11));
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm);
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, comm);
  return sums[0] / sums[1] / largest;
}

} // namespace

void solve_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(64);
  const auto problems =
      context.library.choose("solve", {"block", "cantilever", "gyroid", "trabecular", "trabecular-traction", "patient"},
                             ProblemLibrary::names());
  context.report.begin_table(
      "solve",
      "from new cell stiffness to displacement at relative residual 1e-5, zero start, one right-hand side.\n"
      "  mesh and set-up: once per mesh, not in the solve; coefficients, solve: the fastest of three after one that "
      "warms "
      "up;\n  memory: growth of the process from before the mesh to the peak, so mesh, solver and vectors; cpu: "
      "processor\n"
      "  time over time, well below 1 where the machine was not idle. Contrast 1e9 but for block and patient.",
      {{"problem", "problem"},
       {"unknowns", "unknowns"},
       {"mean_stiffness_over_largest", "mean C/max", 3},
       {"iterations", "iterations"},
       {"mesh_seconds", "mesh s"},
       {"setup_seconds", "set-up s"},
       {"coefficient_seconds", "coeff. s"},
       {"solve_seconds", "solve s"},
       {"median_total_seconds", "median total s"},
       {"thousand_unknowns_per_second_and_rank", "kDoF/s/rank"},
       {"memory_bytes_per_unknown", "B/DoF"},
       {"cpu_share", "cpu"}});
  int n_ranks = 1;
  MPI_Comm_size(context.comm, &n_ranks);
  for (const auto &name : problems) {
    context.library.prepare(name, cells);
    const PeakMemory memory;
    const double start = MPI_Wtime();
    const auto problem = context.library.make(name, cells);
    const double mesh_seconds = MPI_Wtime() - start;
    TimedSolver solver(problem, benchmark_tolerance);
    const double n = double(solver.n_unknowns());
    for (const auto &material : problem.materials) {
      const auto stiffness = material.stiffness({});
      const auto runs = solver.repeat(stiffness, problem.column, 3);
      const auto &fastest = runs.front();
      const auto growth = memory.growth(context.comm);
      context.report.add_row(
          {material.label, solver.n_unknowns(), solid_fraction(stiffness, context.comm),
           optional_value(fastest.iterations), mesh_seconds, solver.setup_seconds(), fastest.coefficient_seconds,
           fastest.solve_seconds, runs[runs.size() / 2].total_seconds(), n / fastest.total_seconds() / n_ranks / 1e3,
           optional_value(growth ? std::optional<double>(*growth / n) : std::nullopt), fastest.cpu_share});
    }
  }
}

void contrast_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(48);
  const auto problems =
      context.library.choose("contrast", {"gyroid", "trabecular", "trabecular-traction", "inclusion", "patient"},
                             {"cantilever", "gyroid", "trabecular", "trabecular-traction", "inclusion", "patient"});
  if (problems.empty())
    return;
  context.report.begin_table("contrast",
                             "iterations to relative residual 1e-5 from a zero start, by stiffest over softest.\n"
                             "  patient: solid titanium cage over the disc around it, bone as it is.",
                             {{"problem", "problem"},
                              {"contrast", "contrast"},
                              {"unknowns", "unknowns"},
                              {"iterations", "iterations"},
                              {"total_seconds", "seconds"}});
  for (const auto &name : problems) {
    const auto problem = context.library.make(name, cells);
    TimedSolver solver(problem, benchmark_tolerance);
    const auto &material = name == "cantilever" ? problem.materials.back() : problem.materials.front();
    for (const double contrast : {1e2, 1e4, 1e6, 1e9}) {
      const auto run = solver.run(material.stiffness(contrast), problem.column);
      context.report.add_row(
          {material.label, contrast, solver.n_unknowns(), optional_value(run.iterations), run.total_seconds()});
    }
  }
}

void refinement_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(32);
  const auto problems = context.library.choose("refinement", {"gyroid", "trabecular"},
                                               {"block", "gyroid", "trabecular", "trabecular-traction", "inclusion"});
  if (problems.empty())
    return;
  context.report.begin_table("refinement",
                             "iterations to relative residual 1e-5 at contrast 1e9 as the same geometry is refined.\n"
                             "  trabecular ends where cells are as small as the image's voxels.",
                             {{"problem", "problem"},
                              {"cells_along_edge", "cells"},
                              {"unknowns", "unknowns"},
                              {"iterations", "iterations"},
                              {"total_seconds", "seconds"},
                              {"memory_bytes_per_unknown", "B/DoF"}});
  for (const auto &name : problems)
    for (const unsigned int n : {cells, 2 * cells, 4 * cells}) {
      if (n > cells && n > context.library.finest(name))
        continue;
      context.library.prepare(name, n);
      const PeakMemory memory;
      const auto problem = context.library.make(name, n);
      TimedSolver solver(problem, benchmark_tolerance);
      const auto run = solver.run(problem.materials.front().stiffness({}), problem.column);
      const auto growth = memory.growth(context.comm);
      context.report.add_row(
          {name, std::uint64_t(n), solver.n_unknowns(), optional_value(run.iterations), run.total_seconds(),
           optional_value(growth ? std::optional<double>(*growth / double(solver.n_unknowns())) : std::nullopt)});
    }
}

void columns_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(48);
  const auto problems = context.library.choose("columns", {"gyroid", "patient"},
                                               {"block", "gyroid", "trabecular-traction", "inclusion", "patient"});
  if (problems.empty())
    return;
  context.report.begin_table(
      "columns",
      "six right-hand sides (the unit wrenches) at once, to relative residual 1e-5 from a zero start, against six\n"
      "  single solves and against their mean; coefficients are in none of them. The fastest of two, gyroid at "
      "contrast "
      "1e9.",
      {{"problem", "problem"},
       {"unknowns", "unknowns"},
       {"iterations_of_six", "iterations"},
       {"largest_iterations_of_one", "of one <="},
       {"six_at_once_seconds", "six at once s"},
       {"six_single_seconds", "six single s"},
       {"six_single_over_six_at_once", "gain"},
       {"six_at_once_over_mean_single", "over one"},
       {"single_memory_bytes_per_unknown", "B/DoF one"},
       {"six_memory_bytes_per_unknown", "B/DoF six"}});
  for (const auto &name : problems) {
    context.library.prepare(name, cells);
    const PeakMemory memory;
    const auto problem = context.library.make(name, cells);
    TimedSolver solver(problem, benchmark_tolerance);
    const double n = double(solver.n_unknowns());
    const auto &material = problem.materials.front();
    const auto stiffness = material.stiffness({});
    const auto per_unknown = [&](const std::optional<double> &bytes) {
      return optional_value(bytes ? std::optional<double>(*bytes / n) : std::nullopt);
    };
    double single_seconds = 0;
    unsigned int most_iterations = 0;
    bool all_converged = true;
    const auto fastest_solve = [&](const std::optional<unsigned int> column) {
      auto first = solver.run(stiffness, column), second = solver.run(stiffness, column);
      return first.solve_seconds < second.solve_seconds ? first : second;
    };
    for (unsigned int column = 0; column < problem.domain->n_load_columns; ++column) {
      const auto run = fastest_solve(column);
      single_seconds += run.solve_seconds;
      all_converged = all_converged && run.iterations;
      most_iterations = std::max(most_iterations, run.iterations.value_or(0));
    }
    const auto single_growth = memory.growth(context.comm);
    const auto block = fastest_solve({});
    context.report.add_row({material.label, solver.n_unknowns(), optional_value(block.iterations),
                            optional_value(all_converged ? std::optional<unsigned int>(most_iterations) : std::nullopt),
                            block.solve_seconds, single_seconds, single_seconds / block.solve_seconds,
                            block.solve_seconds / single_seconds * problem.domain->n_load_columns,
                            per_unknown(single_growth), per_unknown(memory.growth(context.comm))});
  }
}

} // namespace cageopt
