#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include <mpi.h>

namespace cageopt::inputs {

/// Runs `action` on rank 0 only. If it throws there, *every* rank throws an Error with the same code and message, so
/// that no rank is left waiting and main prints the message once. Collective.
/// Use for everything that reads or writes files on rank 0.
void on_root(MPI_Comm comm, const std::function<void()> &action);

/// `own` of all ranks, in the order of the ranks. Collective.
std::vector<double> gathered(MPI_Comm comm, const std::vector<double> &own);

/// Rank 0's list to all ranks, whatever its length. Collective.
template <typename T>
void broadcast(MPI_Comm comm, std::vector<T> &list)
{
  static_assert(std::is_trivially_copyable_v<T>, "sent as bytes");
  std::uint64_t size = list.size();
  MPI_Bcast(&size, 1, MPI_UINT64_T, 0, comm);
  list.resize(size);
  constexpr std::size_t chunk = (std::size_t(1) << 30) / sizeof(T); // MPI counts in int
  for (std::size_t begin = 0; begin < size; begin += chunk)
    MPI_Bcast(list.data() + begin, static_cast<int>(std::min(chunk, list.size() - begin) * sizeof(T)), MPI_BYTE, 0,
              comm);
}

} // namespace cageopt::inputs
