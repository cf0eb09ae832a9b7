#pragma once

#include <vector>

#include <mpi.h>

namespace cageopt::optimizer {

/// Sums over the ranks, entry by entry. Collective.
inline void all_sum(MPI_Comm comm, std::vector<double> &values)
{
  MPI_Allreduce(MPI_IN_PLACE, values.data(), int(values.size()), MPI_DOUBLE, MPI_SUM, comm);
}

/// The largest of the ranks' values. Collective.
inline double all_max(MPI_Comm comm, double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm);
  return value;
}

} // namespace cageopt::optimizer
