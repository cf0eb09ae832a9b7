#pragma once

#include <array>
#include <cstddef>

#include <mpi.h>

#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>

namespace cageopt::solver {

using LaneSums = std::array<double, block_lanes>;

/// Dot products of the owned entries, by lane, on all ranks. Collective.
class BlockDot
{
public:
  BlockDot(const meshing::OctreeMesh &mesh, const unsigned int lanes)
      : comm(mesh.comm()), n_rows(std::size_t(mesh.n_owned_nodes()) * 3), lanes(lanes)
  {
  }

  LaneSums operator()(const BlockVector<double> &a, const BlockVector<double> &b) const
  {
    LaneSums sums = {};
    if (lanes == 1) {
      double sum = 0;
      for (std::size_t i = 0; i < n_rows; ++i)
        sum += a.data()[i] * b.data()[i];
      sums[0] = sum;
    } else {
      for (std::size_t i = 0; i < n_rows; ++i)
        for (unsigned int lane = 0; lane < block_lanes; ++lane)
          sums[lane] += a.data()[i * block_lanes + lane] * b.data()[i * block_lanes + lane];
    }
    MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(lanes), MPI_DOUBLE, MPI_SUM, comm);
    return sums;
  }

private:
  MPI_Comm comm;
  std::size_t n_rows;
  unsigned int lanes;
};

/// action(index, lane) over the entries of `n_rows` rows (3 per owned node).
template <typename Action>
void for_each_entry(const std::size_t n_rows, const unsigned int lanes, const Action &action)
{
  if (lanes == 1)
    for (std::size_t i = 0; i < n_rows; ++i)
      action(i, 0u);
  else
    for (std::size_t i = 0; i < n_rows; ++i)
      for (unsigned int lane = 0; lane < block_lanes; ++lane)
        action(i * block_lanes + lane, lane);
}

} // namespace cageopt::solver
