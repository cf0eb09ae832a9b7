#pragma once

#include <mpi.h>

#include <meshing/mesh_parameters.h>
#include <tests/meshing/phantom_patient.h>

namespace cageopt::tests {

/// Cells of 2 mm, for the coarse patient.
inline meshing::MeshParameters coarse_mesh()
{
  meshing::MeshParameters parameters;
  parameters.cell_size = 2.;
  parameters.fine_distance = 4.;
  return parameters;
}

inline double sum_over_ranks(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return value;
}

} // namespace cageopt::tests
