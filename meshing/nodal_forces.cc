#include <meshing/nodal_forces.h>

namespace cageopt::meshing {

std::vector<double> nodal_forces(const DesignDomain &domain, const std::array<double, 6> &wrench)
{
  // A rank holds its own cells' share of a node's force; ghosts are added to their owners.
  std::vector<double> force(std::size_t(domain.mesh.n_local_nodes()) * 3, 0.);
  for (const auto &load : domain.loads)
    for (unsigned int column = 0; column < domain.n_load_columns; ++column)
      for (unsigned int c = 0; c < 3; ++c)
        force[std::size_t(load.node) * 3 + c] += wrench[column] * load.f[column][c];
  domain.mesh.fold_hanging(force.data(), 3);
  domain.mesh.halo().add_ghosts_to_owners(force.data(), 3);
  domain.mesh.halo().update_ghosts(force.data(), 3);
  return force;
}

std::array<double, 6> resultant(const DesignDomain &domain, const std::vector<double> &forces)
{
  std::array<double, 6> sum{};
  for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node) {
    const double *f = &forces[std::size_t(node) * 3];
    const auto moment = inputs::cross(domain.node_position(node), {f[0], f[1], f[2]});
    for (unsigned int c = 0; c < 3; ++c) {
      sum[c] += f[c];
      sum[3 + c] += moment[c];
    }
  }
  MPI_Allreduce(MPI_IN_PLACE, sum.data(), 6, MPI_DOUBLE, MPI_SUM, domain.mesh.comm());
  return sum;
}

} // namespace cageopt::meshing
