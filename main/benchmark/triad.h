#pragma once

#include <cstddef>

#include <mpi.h>

namespace cageopt {

/// The memory bandwidth that all ranks together get: a_i = b_i + s c_i in double precision on every rank at once, after
/// McCalpin's STREAM, https://www.cs.virginia.edu/stream. Bytes are counted as STREAM does, 24 per element: two read,
/// one written (the hardware may also read what it writes).
struct Triad
{
  double bytes_per_second_and_rank = 0; ///< the best of several sweeps
  std::size_t array_bytes = 0;          ///< of all three arrays of all ranks of a node
  bool is_beyond_cache =
      false; ///< the arrays of a node hold at least four times its last-level cache (1 GiB if unknown)

  /// Collective.
  static Triad measure(MPI_Comm comm);
  /// Bytes of the largest cache that the system reports, 0 if it does not.
  static std::size_t last_level_cache();
};

} // namespace cageopt
