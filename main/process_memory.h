#pragma once

#include <cstdint>

#include <mpi.h>

namespace cageopt {

/// Makes the allocator give freed memory back: blocks from 256 KiB on are mapped on their own and the heap's free end
/// is cut off. SuperLU_DIST, which PETSc and Trilinos bring along, switches both off as it is loaded, and then every
/// temporary array counts in the peak for good.
void return_freed_memory();

/// Gives back what is free inside the heap too, such as the nodes and lists of a mesh library. Costs milliseconds.
void trim_heap();

/// Resident memory of this process at this moment, bytes; 0 where the system does not tell.
std::uint64_t resident_memory();

/// What the ranks of the fullest node may still take each, bytes: the smaller of MemAvailable and what the control
/// group (Slurm, container) leaves, divided by the ranks on the node. The least over all nodes; 0 where no node tells.
/// Collective.
std::uint64_t available_memory_per_rank(MPI_Comm comm);

/// Throws Error{bad_input} when a rank needs more `bytes` than that, with figure, limit and ways out; never where no
/// node tells. Collective.
void require_memory(double bytes, MPI_Comm comm);

} // namespace cageopt
