#pragma once

#include <optional>
#include <vector>

#include <main/benchmark/benchmark_problem.h>
#include <solver/elasticity_solver.h>

namespace cageopt {

/// Complete solves of one problem with the clock running.
class TimedSolver
{
public:
  /// `problem` must outlive this. Collective.
  TimedSolver(const BenchmarkProblem &problem, double relative_tolerance);

  struct Measurement
  {
    std::optional<unsigned int> iterations; ///< nothing: not converged within the iteration limit
    double coefficient_seconds = 0; ///< level coefficients, diagonals, eigenvalue estimates, coarse factorisation
    double solve_seconds = 0;
    double cpu_share = 0; ///< processor time over time, mean of the ranks; well below 1 where the machine was not idle
    double total_seconds() const { return coefficient_seconds + solve_seconds; }
  };
  /// New stiffness, and displacements from a zero start. `column`: a single right-hand side; none: all. Collective.
  Measurement run(const BenchmarkProblem::Stiffness &stiffness, std::optional<unsigned int> column);
  /// `n_repeats` runs after one that warms up, by ascending total time.
  std::vector<Measurement> repeat(const BenchmarkProblem::Stiffness &stiffness, std::optional<unsigned int> column,
                                  unsigned int n_repeats);

  double setup_seconds() const { return seconds_of_setup; } ///< levels and indices, once per mesh
  std::uint64_t n_unknowns() const { return elasticity->n_unknowns(); }

private:
  const BenchmarkProblem &problem;
  std::unique_ptr<solver::ElasticitySolver> elasticity;
  double seconds_of_setup = 0;
};

} // namespace cageopt
