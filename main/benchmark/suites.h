#pragma once

#include <mpi.h>

#include <main/benchmark/benchmark_options.h>
#include <main/benchmark/benchmark_report.h>
#include <main/benchmark/problem_library.h>

namespace cageopt {

/// What a suite works with.
struct BenchmarkContext
{
  const BenchmarkOptions &options;
  ProblemLibrary &library;
  BenchmarkReport &report;
  MPI_Comm comm;

  unsigned int cells_or(const unsigned int usual) const { return options.cells > 0 ? options.cells : usual; }
};

/// Each prints its tables, nothing where the options leave it no problem. All are collective.

/// Operators against the triad's bandwidth and deal.II's FEEvaluation. Throws Error{internal_error} where results
/// differ by more than rounding.
void operator_suite(const BenchmarkContext &context);
/// Complete solves: new cell densities to displacement.
void solve_suite(const BenchmarkContext &context);
/// Iterations against contrast.
void contrast_suite(const BenchmarkContext &context);
/// Iterations against the mesh.
void refinement_suite(const BenchmarkContext &context);
/// Six right-hand sides at once against single ones.
void columns_suite(const BenchmarkContext &context);
/// The same systems by every back end, and by how much their displacements differ.
void back_ends_suite(const BenchmarkContext &context);
/// Messages per cycle and iteration: counted, and the model's.
void communication_suite(const BenchmarkContext &context);

} // namespace cageopt
