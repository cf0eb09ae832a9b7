#include <optimizer/density_parametrisation.h>

#include <algorithm>

namespace cageopt::optimizer {

DesignState state_of(const StiffnessLaw &law, DesignVector density)
{
  DesignState state;
  state.stiffness.reserve(density.size());
  for (const double rho : density)
    state.stiffness.push_back(law.stiffness(rho));
  if (law.has_strength())
    for (std::size_t i = 0; i < density.size(); ++i)
      state.utilisation.push_back(1. / law.strength(density[i]) * state.stiffness[i]);
  state.share.assign(density.size(), 1.);
  state.density = std::move(density);
  return state;
}

DesignVector density_derivative(const StiffnessLaw &law, const DesignState &state, const StateGradient &gradient)
{
  DesignVector df_drho = gradient.density;
  df_drho.resize(state.density.size(), 0.);
  for (std::size_t i = 0; i < df_drho.size(); ++i) {
    if (gradient.stiffness.empty() && gradient.utilisation.empty())
      continue;
    const auto slope = law.derivative(state.density[i]);
    if (!gradient.stiffness.empty())
      df_drho[i] += inputs::dot(gradient.stiffness[i], slope);
    if (!gradient.utilisation.empty()) {
      const double strength = law.strength(state.density[i]), strength_slope = law.strength_slope(state.density[i]);
      df_drho[i] += inputs::dot(gradient.utilisation[i], 1. / strength * slope) -
                    inputs::dot(gradient.utilisation[i], state.utilisation[i]) * strength_slope / strength;
    }
  }
  return df_drho;
}

DensityParametrisation::DensityParametrisation(FieldMap field_map, const StiffnessLaw &law, const std::size_t n_cells,
                                               const double first_sharpness, const double last_sharpness)
    : map(std::move(field_map)), law(law), n_cells(n_cells), last_sharpness(last_sharpness),
      threshold(map.projection.eta)
{
  map.projection.beta = first_sharpness;
}

void DensityParametrisation::bounds(DesignVector &lower, DesignVector &upper) const
{
  lower.assign(n_cells, map.lower());
  upper.assign(n_cells, map.upper());
}

DesignState DensityParametrisation::state(const DesignVector &x) const
{
  auto smooth = map.smooth(x);
  DesignVector density;
  for (const double value : smooth)
    density.push_back(map.projection.beta == 0 ? value : std::clamp(map.project(value), map.lower(), map.upper()));
  auto state = state_of(law, std::move(density));
  if (const double range = map.upper() - map.lower(); range > 0)
    for (std::size_t i = 0; i < n_cells; ++i)
      state.share[i] = std::clamp((state.density[i] - map.lower()) / range, 0., 1.);
  state.fields = {std::move(smooth)};
  return state;
}

DesignVector DensityParametrisation::pull_back(const DesignState &state, const StateGradient &gradient) const
{
  auto df_drho = density_derivative(law, state, gradient);
  if (const double range = map.upper() - map.lower(); !gradient.share.empty() && range > 0)
    for (std::size_t i = 0; i < n_cells; ++i)
      df_drho[i] += gradient.share[i] / range;
  return map.pull_back(state.fields[0], std::move(df_drho));
}

DesignVector DensityParametrisation::uniform(const double density) const
{
  return DesignVector(n_cells, std::clamp(density, map.lower(), map.upper()));
}

std::vector<std::pair<std::string, DesignVector>> DensityParametrisation::fields(const DesignState &state) const
{
  return {{"density", state.density}};
}

bool DensityParametrisation::sharpen()
{
  if (map.projection.beta >= last_sharpness)
    return false;
  map.projection.beta = std::min(2. * map.projection.beta, last_sharpness);
  return true;
}

} // namespace cageopt::optimizer
