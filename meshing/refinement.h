#pragma once

#include <vector>

#include <mpi.h>

#include <inputs/geometry.h>

namespace cageopt::meshing {

/// Where a mesh is finer than the distances from the cage ask for: inside a mark no cell is wider than half the mark's
/// edge, but cells are never smaller than 'Mesh/Cell size' / 2^halvings. Marks are cells of an earlier mesh of the same
/// segment.
struct Refinement
{
  unsigned int halvings = 0; ///< of cells of 'Mesh/Cell size', where marks ask for it
  struct Mark
  {
    inputs::Point corner; ///< lower one, mm in the design frame
    double edge = 0;      ///< mm
  };
  std::vector<Mark> marks; ///< the same on all ranks
};

/// Marks of all ranks from each rank's own, in the order of the ranks. Collective.
std::vector<Refinement::Mark> gathered(MPI_Comm comm, const std::vector<Refinement::Mark> &own);

} // namespace cageopt::meshing
