#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/elasticity_operator.h>

namespace cageopt::solver {

/// The stiffness matrix of linear elasticity with its entries, for solvers that need them. It shares no numerics with
/// ElasticityOperator: element matrices by Gauss quadrature (unit_cube_matrices()), hanging nodes eliminated through
/// their masters, P^T K P.
///
/// Rows are the owned nodes, three components each; nodes are numbered over all ranks, first_row() + local number.
/// Fixed components are eliminated symmetrically: row and column are zero but for the diagonal, which keeps its size;
/// so are components without any stiffness, with the mean diagonal.
class AssembledMatrix
{
public:
  /// The pattern; it serves every material. Throws InputError where 32-bit indices do not suffice. Collective.
  AssembledMatrix(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed);

  std::uint32_t n_rows() const { return octree.n_owned_nodes(); }
  int first_row() const { return static_cast<int>(octree.first_global_node()); }
  std::uint32_t n_columns(const std::uint32_t row) const
  {
    return static_cast<std::uint32_t>(starts[row + 1] - starts[row]);
  }
  /// Global numbers of the nodes that `row` couples to, ascending, [n_columns(row)].
  const int *columns(const std::uint32_t row) const { return column_nodes.data() + starts[row]; }
  /// Where in the values of assemble() those of `row` begin: [3 components][n_columns(row)][3 components].
  std::size_t values_begin(const std::uint32_t row) const { return 9 * starts[row]; }

  /// The entries [N/mm] for `stiffness` [n_owned_cells], MPa. Throws Error where a constant is not a finite number.
  /// Collective.
  std::vector<double> assemble(const std::vector<inputs::CellStiffness> &stiffness) const;

  const meshing::OctreeMesh &mesh() const { return octree; }
  double unit_length() const { return lattice_unit; }

private:
  struct Master
  {
    std::uint32_t node; ///< owned or ghost
    double weight;
  };
  struct MasterRange
  {
    const Master *first, *last;
    const Master *begin() const { return first; }
    const Master *end() const { return last; }
  };
  MasterRange masters(std::uint32_t local_node) const;
  std::size_t position(std::uint32_t row, int column) const;
  int owner(int global_node) const;

  const meshing::OctreeMesh &octree;
  double lattice_unit;
  FixedComponents fixed;
  std::vector<Master> all_masters;         ///< of each local node, one after the other
  std::vector<std::uint32_t> master_begin; ///< [n_local_nodes + 1]
  std::vector<int> global_number;          ///< [owned and ghost nodes]
  std::vector<int> rank_begin;             ///< [n_ranks + 1] first node of each rank
  std::vector<std::size_t> starts;         ///< [owned and ghost nodes + 1] into column_nodes
  std::vector<int> column_nodes;
};

} // namespace cageopt::solver
