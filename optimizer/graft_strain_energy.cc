#include <optimizer/graft_strain_energy.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

GraftStrainEnergy::GraftStrainEnergy(SegmentAnalysis &analysis)
    : analysis(analysis), graft(analysis.domain().mesh, analysis.domain().unit, {})
{
  const auto &domain = analysis.domain();
  std::vector<inputs::CellStiffness> stiffness(domain.mesh.n_cells());
  int any = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (domain.region[cell] == meshing::Region::window && !analysis.is_interface(cell)) {
      stiffness[cell] = domain.graft;
      any = 1;
    }
  MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, domain.mesh.comm());
  if (!any)
    throw inputs::InputError("The response 'graft_strain_energy'", "the energy of no cell",
                             "the cage has no graft window", "raise 'Cage/Window share', or leave the response out");
  graft.set_stiffness(stiffness);
}

double GraftStrainEnergy::evaluate(const DesignState &, StateGradient *gradient)
{
  auto &u = analysis.displacements();
  auto forces = analysis.make_vector();
  graft.apply(forces, u);
  const double value = .5 * contract(analysis.load_matrix(), analysis.dot_matrix(u, forces));
  if (gradient != nullptr) {
    LoadMatrix negative = analysis.focused_load_matrix();
    for (auto &row : negative)
      for (auto &entry : row)
        entry = -entry;
    const auto right_hand_side = analysis.combine(negative, forces);
    forces = solver::BlockVector<double>(); // a block of six is large, and the solve needs its own
    if (adjoint.size() == 0)
      adjoint = analysis.make_vector();
    analysis.solve(adjoint, right_hand_side);
    *gradient = {{}, analysis.stiffness_gradient(adjoint, u), {}};
  }
  return value;
}

} // namespace cageopt::optimizer
