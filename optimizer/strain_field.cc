#include <optimizer/strain_field.h>

#include <algorithm>
#include <cmath>

namespace cageopt::optimizer {

std::array<double, 3> principal_values(const std::array<double, 6> &t)
{
  // Smith (1961), Commun ACM 4:168: the trigonometric solution of the characteristic equation.
  const double mean = (t[0] + t[1] + t[2]) / 3.;
  const double a = t[0] - mean, b = t[1] - mean, c = t[2] - mean;
  const double p = std::sqrt((a * a + b * b + c * c + 2. * (t[3] * t[3] + t[4] * t[4] + t[5] * t[5])) / 6.);
  if (!(p > 0))
    return {mean, mean, mean};
  const double determinant =
      a * (b * c - t[4] * t[4]) - t[3] * (t[3] * c - t[4] * t[5]) + t[5] * (t[3] * t[4] - b * t[5]);
  const double angle = std::acos(std::clamp(.5 * determinant / (p * p * p), -1., 1.)) / 3.;
  constexpr double third_turn = 2.09439510239319549;
  const double largest = mean + 2. * p * std::cos(angle), smallest = mean + 2. * p * std::cos(angle + third_turn);
  return {smallest, 3. * mean - largest - smallest, largest};
}

StrainField strain_field(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness,
                         const std::vector<inputs::LoadCase> &load_cases, solver::BlockVector<double> &u)
{
  const auto &mesh = domain.mesh;
  mesh.halo().update_ghosts(u.data(), u.values_per_node());
  mesh.interpolate_hanging(u.data(), u.values_per_node());
  StrainField field;
  field.min_principal.assign(mesh.n_cells(), 0.f);
  field.max_principal.assign(mesh.n_cells(), 0.f);
  field.von_mises_stress.assign(mesh.n_cells(), 0.f);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    double gradient[6][3][3] = {}; // [wrench][component][direction]
    const auto &nodes = mesh.nodes_of(cell);
    const double scale = 1. / (4. * domain.edge(cell));
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int c = 0; c < 3; ++c)
        for (unsigned int d = 0; d < 3; ++d)
          for (unsigned int wrench = 0; wrench < domain.n_load_columns; ++wrench)
            gradient[wrench][c][d] += (v >> d & 1 ? scale : -scale) * u(nodes[v], c, wrench);
    for (const auto &load_case : load_cases) {
      double g[3][3] = {};
      for (unsigned int wrench = 0; wrench < domain.n_load_columns; ++wrench)
        for (unsigned int c = 0; c < 3; ++c)
          for (unsigned int d = 0; d < 3; ++d)
            g[c][d] += load_case.wrench[wrench] * gradient[wrench][c][d];
      const std::array<double, 6> strain = {
          g[0][0], g[1][1], g[2][2], .5 * (g[0][1] + g[1][0]), .5 * (g[1][2] + g[2][1]), .5 * (g[0][2] + g[2][0])};
      const auto principal = principal_values(strain);
      const auto lowest = static_cast<float>(principal[0]), highest = static_cast<float>(principal[2]);
      const bool is_first = &load_case == load_cases.data();
      field.min_principal[cell] = is_first ? lowest : std::min(field.min_principal[cell], lowest);
      field.max_principal[cell] = is_first ? highest : std::max(field.max_principal[cell], highest);
      const auto &c = stiffness[cell];
      const double sx = c.c11 * strain[0] + c.c12 * strain[1] + c.c13 * strain[2],
                   sy = c.c12 * strain[0] + c.c11 * strain[1] + c.c13 * strain[2],
                   sz = c.c13 * (strain[0] + strain[1]) + c.c33 * strain[2];
      const double txy = 2. * c.c66 * strain[3], tyz = 2. * c.c44 * strain[4], tzx = 2. * c.c44 * strain[5];
      const double von_mises = std::sqrt(.5 * ((sx - sy) * (sx - sy) + (sy - sz) * (sy - sz) + (sz - sx) * (sz - sx)) +
                                         3. * (txy * txy + tyz * tyz + tzx * tzx));
      field.von_mises_stress[cell] = std::max(field.von_mises_stress[cell], static_cast<float>(von_mises));
    }
  }
  return field;
}

double overstrained_volume(const meshing::DesignDomain &domain, const StrainField &field, const double distance,
                           const double compression, const double tension)
{
  double volume = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_bone(domain.region[cell]) &&
        (-field.min_principal[cell] > compression || field.max_principal[cell] > tension))
      volume += domain.share_within(cell, distance) * domain.bone_fraction[cell] * domain.volume(cell);
  MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, domain.mesh.comm());
  return volume;
}

} // namespace cageopt::optimizer
