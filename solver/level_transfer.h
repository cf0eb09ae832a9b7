#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <solver/elasticity_operator.h>

namespace cageopt::solver {

/// Trilinear interpolation between two successive meshes of a hierarchy, node by node: a fine node is a coarse node, or
/// the mean of the 2, 4 or 8 coarse nodes around it.
class LevelTransfer
{
public:
  LevelTransfer(const meshing::OctreeMesh &fine, const meshing::CoarsenedMesh &coarse);

  /// fine = P coarse on owned nodes. Refreshes coarse's ghosts and hanging nodes.
  void prolongate(BlockVector<float> &fine, BlockVector<float> &coarse) const;
  /// coarse = P^T fine on owned nodes.
  void restrict_to(BlockVector<float> &coarse, const BlockVector<float> &fine) const;
  struct CoarseSupport
  {
    /// A coarse component is fixed where the fine node at its place has it fixed; and at a coarse node outside the fine
    /// mesh (where a face does not fall on the coarse lattice) when a fixed fine node depends on it.
    FixedComponents fixed;
    /// Owned coarse cells of which only the inner half, up to such a face, exists, and what to multiply their stiffness
    /// with. Interpolated and set to zero at the face, a coarse function that ends at the outside nodes falls over one
    /// fine cell, with twice the slope; the missing half of the stiffness and the slope's square make four per
    /// direction.
    std::vector<std::pair<std::uint32_t, double>> stiffened;
  };
  CoarseSupport coarsen_support(const FixedComponents &fine) const;

private:
  template <std::size_t n>
  struct Entry
  {
    std::uint32_t fine;
    std::array<std::uint32_t, n> coarse;
  };
  template <typename Action>
  void for_each(const Action &action) const;

  const meshing::OctreeMesh &fine_mesh;
  const meshing::CoarsenedMesh &coarsened;
  const meshing::OctreeMesh &coarse_mesh;
  std::vector<Entry<1>> copies;
  std::vector<Entry<2>> edges;
  std::vector<Entry<4>> faces;
  std::vector<Entry<8>> centres;
};

} // namespace cageopt::solver
