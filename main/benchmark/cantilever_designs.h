#pragma once

#include <map>
#include <vector>

#include <mpi.h>

#include <main/benchmark/benchmark_problem.h>

namespace cageopt {

/// Designs that an optimisation passes through: the reference cantilever (meshing/cantilever_domain.h) with SIMP, p =
/// 3, volume fraction 0.12, filter radius 2.56 cells, move limit 0.2 and solves to 1e-5, as in Aage, Andreassen &
/// Lazarov (2015), doi:10.1007/s00158-014-1157-0.
class CantileverDesigns
{
public:
  /// Optimises on a mesh of `cells` along y until the last of `updates`, numbers of design updates (0: the start).
  /// Collective.
  CantileverDesigns(unsigned int cells, const std::vector<unsigned int> &updates, MPI_Comm comm);

  /// The same mesh anew, with one material per design.
  BenchmarkProblem problem() const;
  double seconds() const { return optimisation_seconds; }

private:
  MPI_Comm comm;
  unsigned int cells;
  std::map<unsigned int, std::vector<float>> density; ///< by updates, [n_cells]
  double optimisation_seconds = 0;
};

} // namespace cageopt
