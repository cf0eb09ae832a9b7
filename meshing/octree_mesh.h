#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <mpi.h>

#include <meshing/halo_exchange.h>
#include <meshing/octree_cell.h>

namespace cageopt::meshing {

/// A distributed, 2:1 balanced octree of cubes with the nodes of trilinear elements on it.
///
/// Balance means: leaves that touch, be it in a corner only, differ by at most one level. Then a hanging node is the
/// middle of an edge (2 masters) or of a face (4 masters) of a leaf one level up, and no master hangs itself.
///
/// Local node arrays hold [owned | ghost | hanging]. Owned nodes, over all ranks, are the degrees of freedom; a node is
/// owned by the lowest rank that has a cell with that corner. Ghosts are copies, refreshed through halo(). Hanging
/// nodes are kept by every rank that needs them and are functions of their masters: with their slots filled by
/// interpolate_hanging() every cell is treated alike, and fold_hanging() is the transpose.
///
/// The mesh knows no geometry but its lattice; who uses it adds origin and unit.
///
/// A periodic mesh (leaves of one size only, all within [0, period)) takes a node as the same wherever it lies a
/// period apart: position() is the one within the period, while cells keep their own corners.
class OctreeMesh
{
public:
  /// A cell of another rank whose corners are wanted as local nodes.
  struct ForeignCell
  {
    OctreeCell cell;
    int owner = 0;
  };
  struct HangingNode
  {
    std::uint8_t n_masters = 0;
    std::array<std::uint32_t, 4> masters{}; ///< local nodes, owned or ghost; each has the weight 1 / n_masters
  };
  using CellNodes = std::array<std::uint32_t, 8>;

  /// `cells`: this rank's leaves, each leaf on exactly one rank, kept in this order. `period` along x, y, z, lattice
  /// units; 0: not periodic along that axis. Collective.
  OctreeMesh(MPI_Comm comm, std::vector<OctreeCell> cells, const std::vector<ForeignCell> &foreign_cells = {},
             const LatticePoint &period = {0, 0, 0});

  MPI_Comm comm() const { return communicator; }
  std::uint32_t n_cells() const { return static_cast<std::uint32_t>(leaves.size()); }
  const OctreeCell &cell(const std::uint32_t index) const { return leaves[index]; }
  const std::vector<OctreeCell> &cells() const { return leaves; }
  const LatticePoint &period() const { return lattice_period; }
  /// Local nodes of the corners of cell `index`; foreign cells follow the owned ones.
  const CellNodes &nodes_of(const std::uint32_t index) const { return cell_nodes[index]; }

  std::uint32_t n_owned_nodes() const { return node_halo.n_owned(); }
  std::uint32_t n_local_nodes() const { return static_cast<std::uint32_t>(positions.size()); }
  std::uint32_t first_hanging_node() const { return node_halo.n_owned() + node_halo.n_ghosts(); }
  const LatticePoint &position(const std::uint32_t node) const { return positions[node]; }
  const std::vector<HangingNode> &hanging_nodes() const { return hanging; }
  const HaloExchange &halo() const { return node_halo; }

  /// Sums over all ranks.
  std::uint64_t n_global_cells() const { return global_cells; }
  std::uint64_t n_global_nodes() const { return global_nodes; }
  /// This rank's first owned node in a numbering of all owned nodes by rank.
  std::uint64_t first_global_node() const { return global_node_offset; }

  /// values[hanging] = mean of the masters; ghosts must be up to date.
  template <typename T>
  void interpolate_hanging(T *values, unsigned int values_per_node) const;
  /// The transpose: adds each hanging node's share to its masters (owned or ghost) and zeroes it.
  template <typename T>
  void fold_hanging(T *values, unsigned int values_per_node) const;

private:
  class Builder;

  MPI_Comm communicator;
  std::vector<OctreeCell> leaves;
  LatticePoint lattice_period;
  std::vector<CellNodes> cell_nodes;
  std::vector<LatticePoint> positions;
  std::vector<HangingNode> hanging;
  HaloExchange node_halo;
  std::uint64_t global_cells = 0, global_nodes = 0, global_node_offset = 0;
};

/// The next coarser mesh: leaves of the smallest level present anywhere are replaced by their parents, the others stay.
/// A parent belongs to the rank that owns its first existing child; parents need not have all children.
struct CoarsenedMesh
{
  OctreeMesh mesh;
  /// [n fine cells] coarse cell that is, or contains, the fine cell. Indices from mesh.n_cells() on are parents of
  /// other ranks (foreign cells of `mesh`, in order).
  std::vector<std::uint32_t> parent;
  /// Owned cells, then foreign parents: carries cell data from children to parents on other ranks.
  HaloExchange cell_halo;
};
/// Whether the next coarser mesh has the same period, with two cells or more along each.
bool can_be_coarsened(const OctreeMesh &fine);
/// Collective.
CoarsenedMesh coarsen(const OctreeMesh &fine);

} // namespace cageopt::meshing
