#include <optimizer/cage_platen_test.h>

namespace cageopt::optimizer {

using meshing::Region;

CagePlatenTest::CagePlatenTest(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                               const PlatenTest::Mode &mode)
    : comm(domain.mesh.comm())
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
  platen = std::make_unique<PlatenTest>(comm, cells, domain.unit, parameters, mode);
}

double CagePlatenTest::modulus(const DesignState &state)
{
  int is_new = solves == 0;
  for (std::size_t i = 0; i < design_to_platen.size(); ++i) {
    auto &held = stiffness[design_to_platen[i]];
    const inputs::CellStiffness wanted = state.stiffness[i];
    is_new = is_new || wanted.constants() != held.constants();
    held = wanted;
  }
  MPI_Allreduce(MPI_IN_PLACE, &is_new, 1, MPI_INT, MPI_MAX, comm);
  if (is_new) {
    present = platen->effective_modulus(stiffness);
    sensitivities.clear();
    ++solves;
  }
  return present;
}

std::vector<inputs::CubicStiffness> CagePlatenTest::scaled_sensitivities(const double factor)
{
  // Ranks without design cells have nothing to keep, but take part in the exchange of the others.
  int is_missing = sensitivities.size() < design_to_platen.size();
  MPI_Allreduce(MPI_IN_PLACE, &is_missing, 1, MPI_INT, MPI_MAX, comm);
  if (is_missing) {
    const auto of_cells = platen->sensitivities();
    sensitivities.clear();
    for (const auto cell : design_to_platen)
      sensitivities.push_back({of_cells[cell][0], of_cells[cell][1], of_cells[cell][2]});
  }
  std::vector<inputs::CubicStiffness> result;
  for (const auto &entry : sensitivities)
    result.push_back(factor * entry);
  return result;
}

} // namespace cageopt::optimizer
