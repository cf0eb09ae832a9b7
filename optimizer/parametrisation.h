#pragma once

#include <optimizer/helmholtz_filter.h>
#include <optimizer/response.h>
#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// The material at given relative densities.
DesignState state_of(const StiffnessLaw &law, DesignVector density);

/// From design variables to the physical design: x -> Helmholtz filter -> relative density -> stiffness law. The
/// variables have the bounds of the density, and so has the filtered density.
class Parametrisation
{
public:
  /// Both must outlive this.
  Parametrisation(const HelmholtzFilter &filter, const StiffnessLaw &law) : filter(filter), law(law) {}

  DesignState state(const DesignVector &x) const;
  /// df/dx from df/drho.
  DesignVector pull_back(const DesignVector &df_drho) const { return filter.pull_back(df_drho); }
  double lower() const { return law.lower_density(); }
  double upper() const { return law.upper_density(); }

private:
  const HelmholtzFilter &filter;
  const StiffnessLaw &law;
};

} // namespace cageopt::optimizer
