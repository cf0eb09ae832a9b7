#pragma once

#include <map>
#include <type_traits>
#include <vector>

#include <mpi.h>

namespace cageopt::meshing {

/// Sends `outgoing[r]` to rank r and returns what the other ranks sent here, by sender. Set-up only: it begins with an
/// all-to-all of counts. Collective.
template <typename T>
std::map<int, std::vector<T>> exchange_messages(MPI_Comm comm, const std::map<int, std::vector<T>> &outgoing)
{
  static_assert(std::is_trivially_copyable_v<T>);
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  std::vector<int> send_counts(n_ranks, 0), receive_counts(n_ranks, 0);
  for (const auto &[rank, items] : outgoing)
    send_counts[rank] = static_cast<int>(items.size());
  MPI_Alltoall(send_counts.data(), 1, MPI_INT, receive_counts.data(), 1, MPI_INT, comm);

  constexpr int tag = 4711;
  MPI_Datatype item_type;
  MPI_Type_contiguous(sizeof(T), MPI_BYTE, &item_type);
  MPI_Type_commit(&item_type);
  std::vector<MPI_Request> requests;
  std::map<int, std::vector<T>> incoming;
  for (int rank = 0; rank < n_ranks; ++rank)
    if (receive_counts[rank] > 0) {
      auto &items = incoming[rank];
      items.resize(receive_counts[rank]);
      MPI_Irecv(items.data(), receive_counts[rank], item_type, rank, tag, comm, &requests.emplace_back());
    }
  for (const auto &[rank, items] : outgoing)
    if (!items.empty())
      MPI_Isend(items.data(), send_counts[rank], item_type, rank, tag, comm, &requests.emplace_back());
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  MPI_Type_free(&item_type);
  return incoming;
}

} // namespace cageopt::meshing
