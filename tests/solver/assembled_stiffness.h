#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <tests/meshing/octree_samples.h>

namespace cageopt::tests {

using inputs::CellStiffness;
using inputs::CubicStiffness;
using solver::BlockVector;

/// dK_e/dC11, dC33, dC12, dC13, dC44, dC66 of the unit cube by deal.II: FE_Q(1)^3 and QGauss(2), row 3 corner +
/// component.
using ElementMatrix = std::array<std::array<double, 24>, 24>;
const std::array<ElementMatrix, 6> &element_matrices_by_quadrature();

/// The stiffness matrix as text books assemble it: a dense matrix on the nodes that do not hang, hanging nodes
/// eliminated by their definition. It shares no code with the solver. The same on every rank.
class AssembledStiffness
{
public:
  /// `stiffness` [n_owned_cells]. Collective.
  AssembledStiffness(const meshing::OctreeMesh &mesh, double unit_length, const std::vector<CellStiffness> &stiffness);

  std::size_t size() const { return 3 * nodes.index.size(); }
  double operator()(const std::size_t row, const std::size_t column) const { return matrix[row * size() + column]; }
  /// Row of a node's first component; the node must not hang.
  std::size_t row_of(const LatticePoint &point) const { return 3 * std::size_t(nodes.index.at(point)); }

  std::vector<double> operator*(const std::vector<double> &x) const;
  /// x with K x = f on free rows and x = prescribed on fixed ones, by dense LU (LAPACK).
  std::vector<double> solve(const std::vector<double> &f, const std::vector<bool> &is_fixed,
                            const std::vector<double> &prescribed) const;

private:
  NodesByDefinition nodes;
  std::vector<double> matrix;
};

enum class MaterialKind
{
  isotropic,
  cubic,
  transversely_isotropic,
  mixed ///< all three in one mesh
};
constexpr MaterialKind material_kinds[] = {MaterialKind::isotropic, MaterialKind::cubic,
                                           MaterialKind::transversely_isotropic, MaterialKind::mixed};

/// Owned cells' random materials, by position, over `decades` decades of stiffness.
std::vector<CellStiffness> random_materials(const meshing::OctreeMesh &mesh, MaterialKind kind, double decades,
                                            std::uint64_t seed);

/// In (-1/2, 1/2), by position, component and lane.
inline double random_value(const LatticePoint &point, const unsigned int component, const unsigned int lane,
                           const std::uint64_t seed)
{
  return random_number(meshing::lattice_key(point) * 32 + 8 * component + lane, seed) - .5;
}

template <typename Number>
void fill_owned(const meshing::OctreeMesh &mesh, BlockVector<Number> &vector,
                const std::function<double(const LatticePoint &, unsigned int component, unsigned int lane)> &value)
{
  vector.clear();
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int lane = 0; lane < vector.lanes(); ++lane)
        vector(node, c, lane) = static_cast<Number>(value(mesh.position(node), c, lane));
}

/// sum over owned nodes of all ranks, components and `lane` (all lanes if negative) of a b
template <typename Number>
double inner_product(const meshing::OctreeMesh &mesh, const BlockVector<Number> &a, const BlockVector<Number> &b,
                     const int lane = -1)
{
  double sum = 0;
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int l = 0; l < a.lanes(); ++l)
        if (lane < 0 || static_cast<int>(l) == lane)
          sum += double(a(node, c, l)) * double(b(node, c, l));
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
  return sum;
}

inline double maximum(const meshing::OctreeMesh &mesh, double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, mesh.comm());
  return value;
}

} // namespace cageopt::tests
