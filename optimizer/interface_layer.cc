#include <optimizer/interface_layer.h>

#include <cstdlib>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::CellStiffness;
using inputs::CubicStiffness;

namespace {

/// Where the layer cell touches bone, from which of its corners do.
InterfaceCell interface_cell(const std::uint32_t cell, const unsigned int touching, const double face_area)
{
  std::array<int, 3> direction{}; // twice the sum of the touching corners' offsets, towards the bone
  std::array<std::array<unsigned int, 2>, 3> on_face{};
  for (unsigned int v = 0; v < 8; ++v)
    if (touching >> v & 1)
      for (unsigned int axis = 0; axis < 3; ++axis) {
        direction[axis] += v >> axis & 1 ? 1 : -1;
        ++on_face[axis][v >> axis & 1];
      }
  const int x = std::abs(direction[0]), y = std::abs(direction[1]), z = std::abs(direction[2]);
  InterfaceCell result;
  result.cell = cell;
  result.axis = z >= x && z >= y ? 2 : (x >= y ? 0 : 1);
  const int towards = direction[result.axis];
  result.side = towards > 0 ? 1 : (towards < 0 ? -1 : 0);
  for (unsigned int end = 0; end < 2; ++end)
    if (on_face[result.axis][end] == 4)
      result.area += face_area;
  return result;
}

} // namespace

InterfaceLayer::InterfaceLayer(const meshing::DesignDomain &domain, const InterfaceParameters &parameters)
    : domain(domain), parameters(parameters)
{
  // Unknowns that bone uses, also through hanging nodes; a cage cell with one of them pulls at the bone.
  const auto &mesh = domain.mesh;
  std::vector<double> bone(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (meshing::is_bone(domain.region[cell]))
      for (const auto node : mesh.nodes_of(cell))
        bone[node] = 1.;
  mesh.fold_hanging(bone.data(), 1);
  mesh.halo().add_ghosts_to_owners(bone.data(), 1);
  mesh.halo().update_ghosts(bone.data(), 1);
  mesh.interpolate_hanging(bone.data(), 1);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    if (!meshing::is_cage(domain.region[cell]))
      continue;
    unsigned int touching = 0;
    for (unsigned int v = 0; v < 8; ++v)
      if (bone[mesh.nodes_of(cell)[v]] > 0)
        touching |= 1u << v;
    if (touching == 0)
      continue;
    layer.push_back(interface_cell(cell, touching, domain.edge(cell) * domain.edge(cell)));
    indices.push_back(cell);
  }
  n_global = layer.size();
  MPI_Allreduce(MPI_IN_PLACE, &n_global, 1, MPI_UINT64_T, MPI_SUM, mesh.comm());
  if (n_global == 0)
    throw inputs::InputError("The interface of cage and bone", "empty", "no cage cell touches bone",
                             "use 'Interface/State = bonded', or a cage that reaches the endplates");
}

void InterfaceLayer::apply(std::vector<CellStiffness> &stiffness, const ClosedSet &closed) const
{
  for (std::size_t i = 0; i < layer.size(); ++i) {
    auto &material = stiffness[layer[i].cell];
    const double own = material.youngs_modulus_z();
    const double normal = closed[i] ? own : parameters.open_modulus;
    const double shear = closed[i] ? parameters.sliding_modulus : .5 * parameters.open_modulus;
    const bool is_level = layer[i].axis == 2;
    CellStiffness law;
    law.c33 = is_level ? normal : own;
    law.c11 = is_level ? parameters.open_modulus : normal;
    law.c44 = shear;
    law.c66 = is_level ? .5 * parameters.open_modulus : shear;
    material = law;
  }
}

CubicStiffness InterfaceLayer::gradient(const std::size_t index, const bool is_closed, const CubicStiffness &own,
                                        const std::array<double, 6> &by_constant) const
{
  double by_modulus = 0;
  if (layer[index].axis == 2)
    by_modulus = is_closed ? by_constant[1] : 0.;
  else
    by_modulus = by_constant[1] + (is_closed ? by_constant[0] : 0.);
  const double share = own.poissons_ratio_100(); // C12 / (C11 + C12)
  return {by_modulus * (1. + 2. * share * share), by_modulus * (2. * share * share - 4. * share), 0.};
}

std::vector<double> InterfaceLayer::normal_strain(const solver::BlockVector<double> &u, const unsigned int lane) const
{
  std::vector<double> strain;
  strain.reserve(layer.size());
  for (const auto &entry : layer) {
    const auto &nodes = domain.mesh.nodes_of(entry.cell);
    double sum = 0;
    for (unsigned int v = 0; v < 8; ++v)
      sum += (v >> entry.axis & 1 ? .25 : -.25) * u(nodes[v], entry.axis, lane);
    strain.push_back(sum / domain.edge(entry.cell));
  }
  return strain;
}

} // namespace cageopt::optimizer
