#include <meshing/design_domain.h>

#include <cmath>
#include <map>
#include <utility>

#include <inputs/error.h>

namespace cageopt::meshing {

void DesignDomain::add_fixation(std::vector<inputs::CellStiffness> &stiffness) const
{
  for (std::size_t cell = 0; cell < metal_share.size(); ++cell)
    if (metal_share[cell] > 0)
      stiffness[cell] =
          inputs::CellStiffness().add(1. - metal_share[cell], stiffness[cell]).add(metal_share[cell], fixation);
}

using namespace inputs;

namespace {

/// Rigid motion k about the reference: translation along axis k, or rotation about axis k - 3.
Point rigid_motion(const unsigned int k, const Point &position)
{
  Point axis = {0, 0, 0};
  axis[k % 3] = 1;
  return k < 3 ? axis : cross(axis, position);
}

using Matrix6 = std::array<std::array<double, 6>, 6>;

/// Inverse by Gauss-Jordan with partial pivoting; the rotations are scaled beforehand by the caller's choice of units.
Matrix6 inverse(Matrix6 a)
{
  Matrix6 result{};
  for (unsigned int i = 0; i < 6; ++i)
    result[i][i] = 1;
  for (unsigned int column = 0; column < 6; ++column) {
    unsigned int pivot = column;
    for (unsigned int row = column + 1; row < 6; ++row)
      if (std::abs(a[row][column]) > std::abs(a[pivot][column]))
        pivot = row;
    std::swap(a[pivot], a[column]);
    std::swap(result[pivot], result[column]);
    const double scale = 1. / a[column][column];
    for (unsigned int k = 0; k < 6; ++k) {
      a[column][k] *= scale;
      result[column][k] *= scale;
    }
    for (unsigned int row = 0; row < 6; ++row)
      if (row != column) {
        const double factor = a[row][column];
        for (unsigned int k = 0; k < 6; ++k) {
          a[row][k] -= factor * a[column][k];
          result[row][k] -= factor * result[column][k];
        }
      }
  }
  return result;
}

} // namespace

std::vector<NodalLoad> unit_wrench_loads(const OctreeMesh &mesh, const double unit, const Point &origin,
                                         const std::vector<std::uint32_t> &cells_with_loaded_top,
                                         const Point &reference)
{
  const auto position = [&](const std::uint32_t cell, const unsigned int corner) {
    const auto vertex = mesh.cell(cell).vertex(corner);
    return Point{origin[0] + unit * vertex[0] - reference[0], origin[1] + unit * vertex[1] - reference[1],
                 origin[2] + unit * vertex[2] - reference[2]};
  };
  // Integral of phi_i phi_j over a square face, corners 0..3 lexicographic: area / 36 times 4, 2, 2, 1.
  const auto mass = [&](const std::uint32_t cell, const unsigned int i, const unsigned int j) {
    const double edge = unit * mesh.cell(cell).edge();
    const unsigned int distance = ((i ^ j) & 1) + ((i ^ j) >> 1 & 1);
    return edge * edge / 36. * (distance == 0 ? 4. : (distance == 1 ? 2. : 1.));
  };

  Matrix6 gram{};
  for (const auto cell : cells_with_loaded_top)
    for (unsigned int i = 0; i < 4; ++i)
      for (unsigned int j = 0; j < 4; ++j)
        for (unsigned int k = 0; k < 6; ++k)
          for (unsigned int l = 0; l < 6; ++l)
            gram[k][l] +=
                mass(cell, i, j) * dot(rigid_motion(k, position(cell, 4 + i)), rigid_motion(l, position(cell, 4 + j)));
  MPI_Allreduce(MPI_IN_PLACE, gram.data(), 36, MPI_DOUBLE, MPI_SUM, mesh.comm());
  if (!(gram[0][0] > 0))
    throw InputError("The loaded face", "empty", "the cranial body has no cell on the upper plane of the model",
                     "check 'Mesh/Bone height' and the labels of the cranial body");
  const Matrix6 coefficients = inverse(gram);

  std::map<std::uint32_t, NodalLoad> by_node;
  for (const auto cell : cells_with_loaded_top)
    for (unsigned int i = 0; i < 4; ++i) {
      const auto node = mesh.nodes_of(cell)[4 + i];
      auto &load = by_node.insert({node, NodalLoad{node, {}}}).first->second;
      for (unsigned int j = 0; j < 4; ++j)
        for (unsigned int k = 0; k < 6; ++k) {
          const Point traction = rigid_motion(k, position(cell, 4 + j));
          for (unsigned int column = 0; column < 6; ++column)
            for (unsigned int c = 0; c < 3; ++c)
              load.f[column][c] += mass(cell, i, j) * coefficients[k][column] * traction[c];
        }
    }
  std::vector<NodalLoad> loads;
  loads.reserve(by_node.size());
  for (const auto &[node, load] : by_node)
    loads.push_back(load);
  return loads;
}

} // namespace cageopt::meshing
