#pragma once

#include <functional>
#include <vector>

#include <mpi.h>

namespace cageopt::inputs {

/// Runs `action` on rank 0 only. If it throws there, *every* rank throws an Error with the same code and message, so
/// that no rank is left waiting and main prints the message once. Collective.
/// Use for everything that reads or writes files on rank 0.
void on_root(MPI_Comm comm, const std::function<void()> &action);

/// `own` of all ranks, in the order of the ranks. Collective.
std::vector<double> gathered(MPI_Comm comm, const std::vector<double> &own);

} // namespace cageopt::inputs
