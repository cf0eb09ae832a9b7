#pragma once

#include <cstdint>

namespace cageopt {

/// What this rank sent so far. Counted where every message must pass, in MPI itself: the program's own MPI_Isend,
/// MPI_Allreduce, ... stand before the library's and call their PMPI_ twins (the MPI standard's profiling interface),
/// so that the solver needs no counters and none can be forgotten.
struct MessageCounter
{
  std::uint64_t messages = 0;   ///< point to point
  std::uint64_t bytes = 0;      ///< in them
  std::uint64_t reductions = 0; ///< MPI_Allreduce
  std::uint64_t gathers = 0;    ///< MPI_Allgather, MPI_Allgatherv

  static const MessageCounter &now();
};

inline MessageCounter operator-(const MessageCounter &a, const MessageCounter &b)
{
  return {a.messages - b.messages, a.bytes - b.bytes, a.reductions - b.reductions, a.gathers - b.gathers};
}

} // namespace cageopt
