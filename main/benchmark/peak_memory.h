#pragma once

#include <cstddef>
#include <optional>

#include <mpi.h>

namespace cageopt {

/// How much resident memory this process needs at most from here on, beyond what it has now.
///
/// Freed memory is handed back and the kernel's record of the peak is reset first (Linux, /proc/self/clear_refs), so
/// that what ran before in the same process does not count.
class PeakMemory
{
public:
  PeakMemory();
  /// Bytes, summed over the ranks; nothing where the system does not tell or does not let the peak be reset.
  /// Collective.
  std::optional<double> growth(MPI_Comm comm) const;

private:
  std::size_t base = 0; ///< resident bytes at the start; 0: unknown
};

} // namespace cageopt
