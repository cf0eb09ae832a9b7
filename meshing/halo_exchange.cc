#include <meshing/halo_exchange.h>

#include <algorithm>
#include <stdexcept>

#include <meshing/message_exchange.h>

namespace cageopt::meshing {

namespace {
constexpr int halo_tag = 4712;

template <typename T>
std::vector<T> &buffer()
{
  static thread_local std::vector<T> storage; // reused by every exchange: allocation would dominate small messages
  return storage;
}
} // namespace

HaloExchange::HaloExchange(MPI_Comm comm, const std::uint32_t n_owned,
                           const std::map<int, std::vector<std::uint64_t>> &ghost_keys,
                           const std::function<std::uint32_t(std::uint64_t)> &local_index)
    : comm(comm), first_ghost(n_owned)
{
  for (const auto &[rank, keys] : ghost_keys) {
    const std::uint32_t begin = n_ghost_entities;
    n_ghost_entities += static_cast<std::uint32_t>(keys.size());
    from_neighbours.push_back({rank, first_ghost + begin, first_ghost + n_ghost_entities});
  }
  for (const auto &[rank, keys] : exchange_messages(comm, ghost_keys)) {
    const auto begin = static_cast<std::uint32_t>(shared_entities.size());
    for (const auto key : keys) {
      const std::uint32_t index = local_index(key);
      if (index >= first_ghost)
        throw std::logic_error("HaloExchange: a rank asks for an entity that is not owned here");
      shared_entities.push_back(index);
    }
    to_neighbours.push_back({rank, begin, static_cast<std::uint32_t>(shared_entities.size())});
  }
}

template <typename T>
void HaloExchange::update_ghosts(T *values, const unsigned int values_per_entity) const
{
  if (to_neighbours.empty() && from_neighbours.empty())
    return;
  const std::size_t n = values_per_entity;
  std::vector<MPI_Request> requests(from_neighbours.size() + to_neighbours.size());
  auto request = requests.begin();
  for (const auto &neighbour : from_neighbours)
    MPI_Irecv(values + n * neighbour.begin, static_cast<int>(sizeof(T) * n * (neighbour.end - neighbour.begin)),
              MPI_BYTE, neighbour.rank, halo_tag, comm, &*request++);
  auto &packed = buffer<T>();
  packed.resize(n * shared_entities.size());
  for (std::size_t i = 0; i < shared_entities.size(); ++i)
    std::copy_n(values + n * shared_entities[i], n, packed.data() + n * i);
  for (const auto &neighbour : to_neighbours)
    MPI_Isend(packed.data() + n * neighbour.begin, static_cast<int>(sizeof(T) * n * (neighbour.end - neighbour.begin)),
              MPI_BYTE, neighbour.rank, halo_tag, comm, &*request++);
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
}

template <typename T>
void HaloExchange::add_ghosts_to_owners(T *values, const unsigned int values_per_entity) const
{
  if (to_neighbours.empty() && from_neighbours.empty())
    return;
  const std::size_t n = values_per_entity;
  std::vector<MPI_Request> requests(from_neighbours.size() + to_neighbours.size());
  auto request = requests.begin();
  auto &packed = buffer<T>();
  packed.resize(n * shared_entities.size());
  for (const auto &neighbour : to_neighbours)
    MPI_Irecv(packed.data() + n * neighbour.begin, static_cast<int>(sizeof(T) * n * (neighbour.end - neighbour.begin)),
              MPI_BYTE, neighbour.rank, halo_tag, comm, &*request++);
  for (const auto &neighbour : from_neighbours)
    MPI_Isend(values + n * neighbour.begin, static_cast<int>(sizeof(T) * n * (neighbour.end - neighbour.begin)),
              MPI_BYTE, neighbour.rank, halo_tag, comm, &*request++);
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  for (std::size_t i = 0; i < shared_entities.size(); ++i)
    for (std::size_t k = 0; k < n; ++k)
      values[n * shared_entities[i] + k] += packed[n * i + k];
  std::fill_n(values + n * first_ghost, n * n_ghost_entities, T());
}

template void HaloExchange::update_ghosts(float *, unsigned int) const;
template void HaloExchange::update_ghosts(double *, unsigned int) const;
template void HaloExchange::update_ghosts(std::uint64_t *, unsigned int) const;
template void HaloExchange::update_ghosts(std::uint8_t *, unsigned int) const;
template void HaloExchange::add_ghosts_to_owners(float *, unsigned int) const;
template void HaloExchange::add_ghosts_to_owners(double *, unsigned int) const;

} // namespace cageopt::meshing
