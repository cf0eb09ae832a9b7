#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <solver/elasticity_operator.h>

namespace cageopt::solver {

/// Direct solution on the coarsest level: every rank gathers the few cells, assembles the same dense matrix and factors
/// it as L D L^T. A pivot that vanishes (an unsupported rigid mode, a node without stiffness) is pinned to zero, so
/// that consistent semidefinite systems are solved too.
class DenseCoarseSolver
{
public:
  DenseCoarseSolver(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed);

  /// `stiffness` [n_owned_cells], MPa. Collective.
  void update(const std::vector<inputs::CellStiffness> &stiffness);
  /// x = K^-1 b on owned nodes. Collective.
  void solve(BlockVector<float> &x, const BlockVector<float> &b) const;

private:
  struct CellRecord
  {
    double edge;
    std::array<std::uint8_t, 8> n_masters;
    std::array<std::array<std::uint32_t, 4>, 8> masters;
  };

  const meshing::OctreeMesh &mesh;
  std::vector<int> cell_counts, node_counts, node_offsets; ///< by rank
  std::vector<CellRecord> cells;                           ///< of all ranks
  std::vector<std::uint8_t> fixed;                         ///< of all nodes
  std::size_t n_unknowns = 0;
  std::vector<float> factor;         ///< strictly lower triangle of L by rows, n x n
  std::vector<float> inverse_pivots; ///< 0 where pinned
};

} // namespace cageopt::solver
