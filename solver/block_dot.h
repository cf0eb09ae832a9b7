#pragma once

#include <array>
#include <cstddef>

#include <mpi.h>

#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>

namespace cageopt::solver {

using LaneSums = std::array<double, block_lanes>;

/// sums[lane] = sum over `n_rows` rows of action(index, lane), over all ranks; action may change what it reads, so that
/// an update and its dot product share one pass. Added in an order that the number of rows determines. Collective.
template <unsigned int lanes, typename Action>
std::array<double, lanes> lane_sums(MPI_Comm comm, const std::size_t n_rows, const Action &action)
{
  constexpr unsigned int n_partial = lanes == 1 ? 16 : lanes; // independent sums fill the SIMD registers
  const std::size_t n_values = n_rows * lanes, n_whole = n_values - n_values % n_partial;
  std::array<double, n_partial> partial = {};
  for (std::size_t i = 0; i < n_whole; i += n_partial)
    for (unsigned int k = 0; k < n_partial; ++k)
      partial[k] += action(i + k, k % lanes);
  for (std::size_t i = n_whole; i < n_values; ++i)
    partial[i - n_whole] += action(i, (i - n_whole) % lanes);
  std::array<double, lanes> sums = {};
  for (unsigned int k = 0; k < n_partial; ++k)
    sums[k % lanes] += partial[k];
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(lanes), MPI_DOUBLE, MPI_SUM, comm);
  return sums;
}

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
    const auto product = [&](const std::size_t i, unsigned int) { return a.data()[i] * b.data()[i]; };
    if (lanes == block_lanes)
      return lane_sums<block_lanes>(comm, n_rows, product);
    return {lane_sums<1>(comm, n_rows, product)[0]};
  }

private:
  MPI_Comm comm;
  std::size_t n_rows;
  unsigned int lanes;
};

} // namespace cageopt::solver
