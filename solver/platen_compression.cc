#include <solver/platen_compression.h>

#include <array>
#include <cmath>

#include <solver/rigid_motions.h>

namespace cageopt::solver {

namespace {

FixedComponents held_components(const meshing::OctreeMesh &mesh, const std::vector<std::uint8_t> &at_lower,
                                const std::vector<std::uint8_t> &at_upper, const PlatenCompression::Settings &settings)
{
  const auto held_by = [&](const bool is_bonded) {
    return static_cast<std::uint8_t>(is_bonded ? 7u : 1u << settings.axis);
  };
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) {
    if (at_lower[node])
      fixed[node] |= held_by(settings.is_lower_bonded);
    if (at_upper[node])
      fixed[node] |= held_by(settings.is_upper_bonded);
  }
  if (!settings.is_lower_bonded && !settings.is_upper_bonded)
    hold_rigid_motions(mesh, settings.axis, fixed);
  return fixed;
}

} // namespace

double PlatenCompression::Reactions::imbalance(const unsigned int axis) const
{
  return std::abs(lower[axis] + upper[axis]) / std::abs(upper[axis]);
}

PlatenCompression::PlatenCompression(const meshing::OctreeMesh &mesh, const double unit_length,
                                     const std::vector<std::uint8_t> &at_lower,
                                     const std::vector<std::uint8_t> &at_upper, const Settings &settings,
                                     const SolverParameters &parameters)
    : at_lower(at_lower), at_upper(at_upper),
      elasticity(mesh, unit_length, held_components(mesh, at_lower, at_upper, settings), parameters),
      u(elasticity.make_vector(1))
{
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    u(node, settings.axis) = at_upper[node] ? -settings.travel : 0.;
}

PlatenCompression::Reactions PlatenCompression::press(const std::vector<inputs::CellStiffness> &stiffness)
{
  elasticity.set_stiffness(stiffness);
  report = elasticity.solve(u, elasticity.make_vector(1));
  const auto forces = elasticity.internal_forces(u);
  std::array<double, 6> sums = {};
  for (std::uint32_t node = 0; node < elasticity.mesh().n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      sums[c] += at_lower[node] ? forces(node, c) : 0.;
      sums[3 + c] += at_upper[node] ? forces(node, c) : 0.;
    }
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 6, MPI_DOUBLE, MPI_SUM, elasticity.mesh().comm());
  return {{sums[0], sums[1], sums[2]}, {sums[3], sums[4], sums[5]}};
}

} // namespace cageopt::solver
