#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/design_domain.h>
#include <optimizer/interface_parameters.h>
#include <solver/block_vector.h>

namespace cageopt::optimizer {

/// A cage cell that shares unknowns with bone.
struct InterfaceCell
{
  std::uint32_t cell = 0; ///< owned, of the domain's mesh
  unsigned int axis = 2;  ///< 0, 1, 2: of the interface's normal
  int side = 0;           ///< +1: bone lies above along the axis, -1: below, 0: on both sides
  double area = 0;        ///< of its faces across the axis that touch bone, mm^2; 0: it touches with edges or corners
};

/// The layer of cage cells (design, frame, window) at the bone. Cage and bone share nodes, so this layer, one cell
/// thick, carries the law of the interface. With E = C11 - 2 C12^2 / (C11 + C12), Young's modulus of the cell's own
/// material along an axis, e the open modulus and g the sliding modulus, its diagonal stiffness is
///   normal z (almost all of an endplate):  closed C33 = E, C44 = g; open C33 = e, C44 = e / 2; C11 = e always;
///   normal x or y (steep walls):           closed C11 = E, C44 = C66 = g; open C11 = e, C44 = C66 = e / 2; C33 = E
///                                          always, since the cells below may stand on bone;
/// and C12 = C13 = 0: no pull, no shear, and no membrane that would hold the bone's surface against stretching.
class InterfaceLayer
{
public:
  /// `state` of a cell: closed or open, [n_cells of the layer].
  using ClosedSet = std::vector<std::uint8_t>;

  /// Throws InputError where no cage cell touches bone. Collective.
  InterfaceLayer(const meshing::DesignDomain &domain, const InterfaceParameters &parameters);

  /// This rank's, in the mesh's order.
  const std::vector<InterfaceCell> &cells() const { return layer; }
  /// As indices into the mesh's cells.
  const std::vector<std::uint32_t> &cell_indices() const { return indices; }
  std::uint64_t n_global_cells() const { return n_global; }

  /// Replaces the own material of the layer's cells in `stiffness` [n mesh cells] by the law of the interface.
  void apply(std::vector<inputs::CellStiffness> &stiffness, const ClosedSet &closed) const;
  /// The derivative of the layer's cell `index` with respect to its own material, given the derivatives with respect to
  /// the constants of the law, in the order of CellStiffness::constants().
  inputs::CubicStiffness gradient(std::size_t index, bool is_closed, const inputs::CubicStiffness &own,
                                  const std::array<double, 6> &by_constant) const;

  /// Normal strain at the cells' centres for one lane of u; negative is compression. Ghosts and hanging nodes must be
  /// up to date.
  std::vector<double> normal_strain(const solver::BlockVector<double> &u, unsigned int lane) const;

private:
  const meshing::DesignDomain &domain;
  InterfaceParameters parameters;
  std::vector<InterfaceCell> layer;
  std::vector<std::uint32_t> indices;
  std::uint64_t n_global = 0;
};

} // namespace cageopt::optimizer
