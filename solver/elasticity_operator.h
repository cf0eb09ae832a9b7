#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>

namespace cageopt::solver {

/// Bits 0, 1, 2 of a node: its x, y, z displacement is prescribed. [n_local_nodes]
using FixedComponents = std::vector<std::uint8_t>;

/// Stiffness K(C) of linear elasticity on an octree of cubes, applied cell by cell without a matrix:
///   (K u)_i = sum_c int_c eps(phi_i) : C_c : eps(u) dx,   eps(u) = (grad u + grad u^T) / 2,
/// C_c constant per cell (isotropic, cubic or transversely isotropic, CellStiffness), integrated exactly (CubeKernel).
///
/// Units: u mm, K u N, C MPa. Hanging nodes are interpolated, so K acts on owned nodes only and is symmetric there.
/// Contract: apply() ignores fixed components, so that it also gives reactions; vmult() is the operator on the subspace
/// where they are zero: it zeroes them in the result and expects them zero in the source.
/// Both refresh the ghost and hanging entries of their source.
template <typename Number>
class ElasticityOperator
{
public:
  /// `unit_length`: mm per lattice unit. The mesh must outlive the operator.
  ElasticityOperator(const meshing::OctreeMesh &mesh, double unit_length, FixedComponents fixed);

  /// New material: `stiffness` [n_owned_cells], MPa. Three numbers per cell are kept where all cells of this rank are
  /// cubic, six otherwise.
  void set_stiffness(const std::vector<inputs::CellStiffness> &stiffness);

  void apply(BlockVector<Number> &dst, BlockVector<Number> &src) const;
  void vmult(BlockVector<Number> &dst, BlockVector<Number> &src) const;
  /// Sets the fixed components of the owned nodes to zero.
  void zero_fixed(BlockVector<Number> &vector) const;

  /// 1 / K_ii, one number per owned node and component, [n_owned_nodes][3]; zero where a component is fixed or has no
  /// stiffness, so that a smoother leaves it alone.
  std::vector<Number> inverse_diagonal() const;

  const meshing::OctreeMesh &mesh() const { return octree; }
  double unit_length() const { return lattice_unit; }
  const FixedComponents &fixed() const { return fixed_components; }

private:
  template <unsigned int n_constants>
  void sweep_lanes(BlockVector<Number> &dst, const BlockVector<Number> &src) const;
  template <unsigned int n_constants>
  void sweep_cells(BlockVector<Number> &dst, const BlockVector<Number> &src) const;
  /// The six constants of an owned cell times edge / 16.
  std::array<double, 6> scaled_constants(std::uint32_t cell) const;

  const meshing::OctreeMesh &octree;
  double lattice_unit;
  FixedComponents fixed_components;
  std::vector<std::uint32_t> fixed_nodes; ///< owned nodes with a fixed component
  unsigned int n_constants = 3;
  std::vector<Number> coefficients; ///< [n_cells][n_constants], times edge / 16, in the order of ElasticConstants
};

/// The bilinear forms of each owned cell, from which every derivative with respect to a cubic material is made:
///   result[c] = { u_c^T dK_c/dC11 v_c, u_c^T dK_c/dC12 v_c, u_c^T dK_c/dC44 v_c }, summed over lanes, mm^3 (times MPa:
///   N mm).
/// `unit_length` in mm. Refreshes ghost and hanging entries of u and v.
std::vector<std::array<double, 3>> cell_forms(const meshing::OctreeMesh &mesh, double unit_length,
                                              BlockVector<double> &u, BlockVector<double> &v);

/// The same lane by lane in some owned cells, for materials that differ between lanes:
///   result[i][k][lane] = u_c^T dK_c/dC_k v_c with c = cells[i], C_k in the order of CellStiffness::constants(), mm^3.
/// Vectors of block_lanes lanes only. Refreshes ghost and hanging entries of u and v.
using LaneForms = std::array<std::array<double, block_lanes>, 6>;
std::vector<LaneForms> lane_forms(const meshing::OctreeMesh &mesh, double unit_length,
                                  const std::vector<std::uint32_t> &cells, BlockVector<double> &u,
                                  BlockVector<double> &v);

} // namespace cageopt::solver
