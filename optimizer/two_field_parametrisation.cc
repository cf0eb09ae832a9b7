#include <optimizer/two_field_parametrisation.h>

#include <algorithm>
#include <cmath>

namespace cageopt::optimizer {

using inputs::CubicStiffness;

TwoFieldParametrisation::TwoFieldParametrisation(FieldMap lattice_map, FieldMap density_map, const StiffnessLaw &law,
                                                 const std::size_t n_cells, const CubicStiffness &opening,
                                                 const double exponent, const double first_sharpness,
                                                 const double last_sharpness)
    : lattice(std::move(lattice_map)), dense(std::move(density_map)), law(law), n_cells(n_cells), opening(opening),
      exponent(exponent), last_sharpness(last_sharpness), threshold(lattice.projection.eta)
{
  lattice.projection.beta = first_sharpness;
}

void TwoFieldParametrisation::bounds(DesignVector &lower, DesignVector &upper) const
{
  lower.assign(2 * n_cells, lattice.lower());
  upper.assign(2 * n_cells, lattice.upper());
  std::fill(lower.begin() + n_cells, lower.end(), dense.lower());
  std::fill(upper.begin() + n_cells, upper.end(), dense.upper());
}

DesignState TwoFieldParametrisation::state(const DesignVector &x) const
{
  const auto middle = x.begin() + n_cells;
  DesignState state;
  state.fields = {lattice.smooth(DesignVector(x.begin(), middle)), dense.smooth(DesignVector(middle, x.end()))};
  for (std::size_t i = 0; i < n_cells; ++i) {
    const double chi = std::clamp(lattice.project(state.fields[0][i]), 0., 1.), rho = state.fields[1][i];
    const auto full = law.stiffness(rho);
    state.share.push_back(chi);
    state.density.push_back(chi * rho);
    state.stiffness.push_back(opening + std::pow(chi, exponent) * (full + -1. * opening));
    if (law.has_strength())
      state.utilisation.push_back(relaxed_root(chi) / law.strength(rho) * full);
  }
  return state;
}

DesignVector TwoFieldParametrisation::pull_back(const DesignState &state, const StateGradient &gradient) const
{
  DesignVector df_dchi(n_cells, 0.), df_drho(n_cells, 0.);
  for (std::size_t i = 0; i < n_cells; ++i) {
    const double chi = std::clamp(lattice.project(state.fields[0][i]), 0., 1.), rho = state.fields[1][i];
    const auto full = law.stiffness(rho), slope = law.derivative(rho);
    if (!gradient.share.empty())
      df_dchi[i] += gradient.share[i];
    if (!gradient.density.empty()) {
      df_dchi[i] += gradient.density[i] * rho;
      df_drho[i] += gradient.density[i] * chi;
    }
    if (!gradient.stiffness.empty()) {
      df_dchi[i] += exponent * std::pow(chi, exponent - 1.) * inputs::dot(gradient.stiffness[i], full + -1. * opening);
      df_drho[i] += std::pow(chi, exponent) * inputs::dot(gradient.stiffness[i], slope);
    }
    if (!gradient.utilisation.empty()) {
      const double strength = law.strength(rho), root = relaxed_root(chi);
      df_dchi[i] += .5 / std::sqrt(chi + share_relaxation) / strength * inputs::dot(gradient.utilisation[i], full);
      df_drho[i] += root / strength *
                    (inputs::dot(gradient.utilisation[i], slope) -
                     law.strength_slope(rho) / strength * inputs::dot(gradient.utilisation[i], full));
    }
  }
  auto result = lattice.pull_back(state.fields[0], std::move(df_dchi));
  const auto of_rho = dense.pull_back(state.fields[1], std::move(df_drho));
  result.insert(result.end(), of_rho.begin(), of_rho.end());
  return result;
}

DesignVector TwoFieldParametrisation::uniform(const double density) const
{
  const double rho = std::clamp(density, dense.lower(), dense.upper());
  // Not at the bound of chi, where the projection is flat and nothing would move.
  DesignVector x(2 * n_cells, std::clamp(density / rho, .1, .9));
  std::fill(x.begin() + n_cells, x.end(), rho);
  return x;
}

std::vector<std::pair<std::string, DesignVector>> TwoFieldParametrisation::fields(const DesignState &state) const
{
  if (state.fields.empty()) // a cage that is none of these designs, such as solid titanium
    return {{"density", state.density}};
  DesignVector chi;
  for (const double value : state.fields[0])
    chi.push_back(std::clamp(lattice.project(value), 0., 1.));
  return {{"density", state.density}, {"lattice_share", std::move(chi)}, {"lattice_density", state.fields[1]}};
}

bool TwoFieldParametrisation::sharpen()
{
  if (lattice.projection.beta >= last_sharpness)
    return false;
  lattice.projection.beta = std::min(2. * lattice.projection.beta, last_sharpness);
  return true;
}

} // namespace cageopt::optimizer
