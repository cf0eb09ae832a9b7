#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <mpi.h>

namespace cageopt::meshing {

/// Keeps copies of entities (nodes or cells) that other ranks own up to date.
///
/// Local arrays hold `values_per_entity` numbers for each of the n_owned owned entities, then for each of the n_ghosts
/// ghosts, grouped by owner in ascending rank. All calls are collective among neighbours; sums are added in rank order,
/// so that a repeated run is bitwise the same.
class HaloExchange
{
public:
  HaloExchange() = default;
  /// `ghost_keys`: by owner, in the order in which the ghosts are stored; `local_index`: owned key -> local index.
  HaloExchange(MPI_Comm comm, std::uint32_t n_owned, const std::map<int, std::vector<std::uint64_t>> &ghost_keys,
               const std::function<std::uint32_t(std::uint64_t)> &local_index);

  std::uint32_t n_owned() const { return first_ghost; }
  std::uint32_t n_ghosts() const { return n_ghost_entities; }

  /// Owners' values to the ghosts.
  template <typename T>
  void update_ghosts(T *values, unsigned int values_per_entity) const;
  /// Adds the ghosts' values to their owners' and zeroes the ghosts.
  template <typename T>
  void add_ghosts_to_owners(T *values, unsigned int values_per_entity) const;

private:
  struct Neighbour
  {
    int rank;
    std::uint32_t begin, end; ///< into shared_entities, or of ghosts
  };
  MPI_Comm comm = MPI_COMM_SELF;
  std::uint32_t first_ghost = 0, n_ghost_entities = 0;
  std::vector<Neighbour> to_neighbours, from_neighbours;
  std::vector<std::uint32_t> shared_entities;
};

} // namespace cageopt::meshing
