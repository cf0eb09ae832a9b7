#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/patient.h>
#include <main/benchmark/benchmark_options.h>
#include <main/benchmark/benchmark_problem.h>
#include <main/benchmark/benchmark_report.h>
#include <main/benchmark/cantilever_designs.h>
#include <main/benchmark/trabecular_block.h>

namespace cageopt {

/// The problems by name. What they are made from (images, optimised designs) is read or computed once and kept.
class ProblemLibrary
{
public:
  ProblemLibrary(const BenchmarkOptions &options, BenchmarkReport &report, MPI_Comm comm);

  /// block, cantilever, gyroid, trabecular, trabecular-traction, inclusion, patient.
  static const std::vector<std::string> &names();

  /// Those of `allowed` that the options name; without options, `usual`. Problems whose data are absent are left out
  /// with a message unless asked for. Where the options name only problems that `suite` cannot do, it throws
  /// InputError; none and a message, if all suites run.
  std::vector<std::string> choose(const std::string &suite, const std::vector<std::string> &usual,
                                  const std::vector<std::string> &allowed);

  /// Reads and computes what make() needs and remembers, so that a measurement of memory can begin after it.
  /// Collective. Throws InputError for more cells than the trabecular image has voxels.
  void prepare(const std::string &name, unsigned int cells);
  /// Meshes. The problem must not outlive this library or the next prepare() of its name. Collective.
  BenchmarkProblem make(const std::string &name, unsigned int cells);
  /// Largest number of cells along an edge that is not finer than the data.
  unsigned int finest(const std::string &name);

private:
  BenchmarkProblem make_patient();

  const BenchmarkOptions options;
  BenchmarkReport &report;
  MPI_Comm comm;
  std::unique_ptr<CantileverDesigns> cantilever;
  unsigned int cantilever_cells = 0;
  std::unique_ptr<TrabecularBlock> trabecular;
  std::vector<bool> bone;
  unsigned int bone_cells = 0;
  std::unique_ptr<inputs::Patient> patient;
  bool said_absent = false;
};

} // namespace cageopt
