#include <optimizer/level_set_parametrisation.h>

#include <algorithm>
#include <cmath>

#include <optimizer/cut_cell.h>

namespace cageopt::optimizer {

using inputs::CubicStiffness;

namespace {

/// 1 / (1 + beta (ratio - 1)) for a ball whose modulus is `ratio` times that of what surrounds it.
double dilute_factor(const double ratio)
{
  constexpr double nu = .3, beta = (8. - 10. * nu) / (15. * (1. - nu));
  return 1. / (1. + beta * (ratio - 1.));
}

} // namespace

LevelSetParametrisation::LevelSetParametrisation(const LevelSetGrid &grid, const FieldMap *density_map,
                                                 const StiffnessLaw &law, const CubicStiffness &opening,
                                                 const double period)
    : nodes(grid), law(law), opening(opening), period(period), n_cells(grid.mesh().n_cells())
{
  if (density_map != nullptr)
    maps.push_back(*density_map);
}

void LevelSetParametrisation::bounds(DesignVector &lower, DesignVector &upper) const
{
  lower.assign(n_variables(), 0.);
  upper.assign(n_variables(), 0.);
  std::fill_n(lower.begin(), nodes.n_nodes(), -nodes.band());
  std::fill_n(upper.begin(), nodes.n_nodes(), nodes.band());
  for (const auto &map : maps) {
    std::fill_n(lower.begin() + std::ptrdiff_t(first_density()), n_cells, map.lower());
    std::fill_n(upper.begin() + std::ptrdiff_t(first_density()), n_cells, map.upper());
  }
}

std::array<double, 8> LevelSetParametrisation::corners(const std::vector<double> &phi, const std::uint32_t cell) const
{
  std::array<double, 8> values;
  for (unsigned int v = 0; v < 8; ++v)
    values[v] = phi[nodes.mesh().nodes_of(cell)[v]];
  return values;
}

// fields: share, rho, phi with ghosts
DesignState LevelSetParametrisation::state(const DesignVector &x) const
{
  DesignState state;
  auto phi = nodes.with_ghosts(x);
  DesignVector share, rho(n_cells, law.upper_density());
  for (const auto &map : maps) {
    const auto begin = x.begin() + std::ptrdiff_t(first_density());
    rho = map.smooth(DesignVector(begin, begin + std::ptrdiff_t(n_cells)));
  }
  for (std::uint32_t cell = 0; cell < n_cells; ++cell) {
    const double v = CutCell::of(corners(phi, cell)).share + x[first_insertion() + cell];
    const auto full = law.stiffness(rho[cell]);
    state.density.push_back(v * rho[cell]);
    state.stiffness.push_back(opening + v * (full + -1. * opening));
    if (law.has_strength())
      state.utilisation.push_back(relaxed_root(v) / law.strength(rho[cell]) * full);
    share.push_back(v);
  }
  state.share = share;
  state.fields = {std::move(share), std::move(rho), std::move(phi)};
  return state;
}

DesignVector LevelSetParametrisation::pull_back(const DesignState &state, const StateGradient &gradient) const
{
  const auto &mesh = nodes.mesh();
  DesignVector result(n_variables(), 0.), df_drho(n_cells, 0.);
  std::vector<double> df_dphi(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < n_cells; ++cell) {
    const double v = state.fields[0][cell], rho = state.fields[1][cell];
    const auto full = law.stiffness(rho), slope = law.derivative(rho);
    double by_share = 0, by_insertion = 0;
    if (!gradient.density.empty()) {
      by_share += gradient.density[cell] * rho;
      df_drho[cell] += gradient.density[cell] * v;
    }
    if (!gradient.share.empty())
      by_share += gradient.share[cell];
    by_insertion += by_share;
    if (!gradient.stiffness.empty()) {
      const double derivative = inputs::dot(gradient.stiffness[cell], full + -1. * opening);
      const double ratio = full.youngs_modulus_100() / opening.youngs_modulus_100();
      by_share += derivative;
      by_insertion += derivative * (v >= 1. ? dilute_factor(1. / ratio) : v <= 0. ? dilute_factor(ratio) : 1.);
      df_drho[cell] += v * inputs::dot(gradient.stiffness[cell], slope);
    }
    if (!gradient.utilisation.empty()) {
      const double strength = law.strength(rho);
      const double derivative =
          .5 / std::sqrt(std::max(0., v) + share_relaxation) / strength * inputs::dot(gradient.utilisation[cell], full);
      by_share += derivative;
      by_insertion += derivative;
      df_drho[cell] += relaxed_root(v) / strength *
                       (inputs::dot(gradient.utilisation[cell], slope) -
                        law.strength_slope(rho) / strength * inputs::dot(gradient.utilisation[cell], full));
    }
    result[first_insertion() + cell] = by_insertion;
    if (by_share == 0)
      continue;
    const auto cut = CutCell::of(corners(state.fields[2], cell));
    for (unsigned int corner = 0; corner < 8; ++corner)
      df_dphi[mesh.nodes_of(cell)[corner]] += by_share * cut.derivative[corner];
  }
  mesh.fold_hanging(df_dphi.data(), 1);
  mesh.halo().add_ghosts_to_owners(df_dphi.data(), 1);
  std::copy_n(df_dphi.begin(), nodes.n_nodes(), result.begin());
  for (const auto &map : maps) {
    const auto of_rho = map.pull_back(state.fields[1], std::move(df_drho));
    std::copy(of_rho.begin(), of_rho.end(), result.begin() + std::ptrdiff_t(first_density()));
  }
  return result;
}

DesignVector LevelSetParametrisation::uniform(const double density) const
{
  const double rho = maps.empty() ? law.upper_density() : std::clamp(density, maps[0].lower(), maps[0].upper());
  const double wanted = std::clamp(density / rho, .1, .9);
  const double wave = 2. * std::acos(-1.) / period;
  DesignVector pattern;
  for (std::uint32_t node = 0; node < nodes.n_nodes(); ++node) {
    auto p = nodes.position(node);
    for (double &coordinate : p)
      coordinate *= wave;
    pattern.push_back(std::sin(p[0]) * std::cos(p[1]) + std::sin(p[1]) * std::cos(p[2]) +
                      std::sin(p[2]) * std::cos(p[0]));
  }
  double low = -1.5, high = 1.5; // of the pattern's values
  DesignVector phi(nodes.n_nodes());
  for (int iteration = 0; iteration < 40; ++iteration) {
    const double threshold = .5 * (low + high);
    for (std::size_t i = 0; i < phi.size(); ++i)
      phi[i] = (pattern[i] - threshold) / wave;
    const auto local = nodes.with_ghosts(phi);
    double volume = 0;
    for (std::uint32_t cell = 0; cell < n_cells; ++cell)
      volume += CutCell::of(corners(local, cell)).share * nodes.volume(cell);
    MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, nodes.mesh().comm());
    (volume > wanted * nodes.total_volume() ? low : high) = threshold;
  }
  nodes.redistance(phi);
  phi.resize(n_variables(), 0.);
  if (has_density())
    std::fill_n(phi.begin() + std::ptrdiff_t(first_density()), n_cells, rho);
  return phi;
}

std::vector<std::pair<std::string, DesignVector>> LevelSetParametrisation::fields(const DesignState &state) const
{
  if (state.fields.empty()) // a cage that is none of these designs, such as solid titanium
    return {{"density", state.density}};
  DesignVector phi;
  for (std::uint32_t cell = 0; cell < n_cells; ++cell) {
    double mean = 0;
    for (const double corner : corners(state.fields[2], cell))
      mean += corner / 8.;
    phi.push_back(mean);
  }
  return {{"density", state.density},
          {"lattice_share", state.fields[0]},
          {"lattice_density", state.fields[1]},
          {"level_set", std::move(phi)}};
}

} // namespace cageopt::optimizer
