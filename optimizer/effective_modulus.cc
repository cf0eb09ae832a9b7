#include <optimizer/effective_modulus.h>

namespace cageopt::optimizer {

using meshing::Region;

EffectiveModulus::EffectiveModulus(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters)
    : domain(domain)
{
  std::vector<PlatenTest::Cell> cells;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const auto region = domain.region[cell];
    if (!meshing::is_cage(region))
      continue;
    cells.push_back({domain.mesh.cell(cell), region == Region::window});
    if (region == Region::window)
      continue;
    if (region == Region::design)
      design_to_platen.push_back(static_cast<std::uint32_t>(stiffness.size()));
    stiffness.push_back(domain.frame);
  }
  platen = std::make_unique<PlatenTest>(domain.mesh.comm(), cells, domain.unit, parameters);
}

double EffectiveModulus::evaluate(const DesignState &state, DesignVector *gradient)
{
  for (std::size_t i = 0; i < design_to_platen.size(); ++i)
    stiffness[design_to_platen[i]] = state.stiffness[i];
  const double value = platen->effective_modulus(stiffness);
  if (gradient != nullptr) {
    const auto sensitivities = platen->sensitivities();
    gradient->resize(design_to_platen.size());
    for (std::size_t i = 0; i < design_to_platen.size(); ++i) {
      const auto &s = sensitivities[design_to_platen[i]];
      const auto &slope = state.stiffness_slope[i];
      (*gradient)[i] = s[0] * slope.c11 + s[1] * slope.c12 + s[2] * slope.c44;
    }
  }
  return value;
}

} // namespace cageopt::optimizer
