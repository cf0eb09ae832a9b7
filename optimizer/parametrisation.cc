#include <optimizer/parametrisation.h>

#include <algorithm>

namespace cageopt::optimizer {

DesignState state_of(const StiffnessLaw &law, DesignVector density)
{
  DesignState state;
  state.stiffness.reserve(density.size());
  state.stiffness_slope.reserve(density.size());
  for (const double rho : density) {
    state.stiffness.push_back(law.stiffness(rho));
    state.stiffness_slope.push_back(law.derivative(rho));
  }
  state.density = std::move(density);
  return state;
}

DesignState Parametrisation::state(const DesignVector &x) const
{
  auto density = filter.apply(x);
  // The filter keeps the bounds but for rounding, and laws refuse what lies outside.
  for (double &rho : density)
    rho = std::clamp(rho, lower(), upper());
  return state_of(law, std::move(density));
}

} // namespace cageopt::optimizer
