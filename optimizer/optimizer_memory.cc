#include <optimizer/optimizer_memory.h>

#include <algorithm>

namespace cageopt::optimizer {

using namespace solver;
using meshing::Region;

void add_optimizer_memory(MemoryBudget &budget, const meshing::DesignDomain &domain, const MemoryDemand &demand)
{
  const auto &mesh = domain.mesh;
  const unsigned int n_columns = domain.n_load_columns, m = demand.n_constraints;
  const MeshSize all = MeshSize::of(mesh);
  const MeshSize design = MeshSize::of(mesh, [&](const auto cell) { return domain.region[cell] == Region::design; });
  const bool is_cubic =
      std::all_of(domain.intact.begin(), domain.intact.end(), [](const auto &c) { return c.is_cubic(); });
  const unsigned int n_constants = is_cubic ? 3 : 6;
  const double block = block_memory(all, n_columns);

  budget.hold("stiffness and multigrid", elasticity_memory(all, n_columns, n_constants, demand.solver));
  budget.hold("loads and displacements", 2 * block);
  const double filter_mesh = design.n_cells < all.n_cells ? mesh_memory(design) : 0.;
  budget.hold("filter", filter_mesh + 2 * sizeof(double) * design.n_nodes);
  // Variables, bounds, two older designs, asymptotes, list of the free ones; index, density, stiffness (twice), slope.
  budget.hold("design and MMA", design.n_cells * (8 * sizeof(double) + 4 + 8 + 3 * sizeof(inputs::CubicStiffness)));
  if (demand.n_strain_mismatches > 0)
    budget.hold("strain mismatch", demand.n_strain_mismatches * (block + all.n_cells * 3 * sizeof(double)) +
                                       (demand.has_adjoint ? block : 0.));
  budget.hold("further adjoints", demand.n_further_adjoints * block);
  budget.hold("scenarios",
              demand.n_scenarios *
                  ((2. + demand.n_strain_mismatches + demand.has_adjoint + demand.n_further_adjoints) * block +
                   all.n_cells * (sizeof(inputs::CellStiffness) + 3. * sizeof(double) * demand.n_strain_mismatches) +
                   design.n_cells * sizeof(inputs::CubicStiffness)));
  double platen_passing = 0;
  if (demand.has_platen_test) {
    const MeshSize cage = MeshSize::of(mesh, [&](const auto cell) {
      return domain.region[cell] == Region::design || domain.region[cell] == Region::frame;
    });
    const double n_tests = 1. + demand.n_further_platen_tests;
    budget.hold("platen tests", n_tests * (mesh_memory(cage) + elasticity_memory(cage, 1, 3, demand.solver) +
                                           2 * block_memory(cage, 1) + cage.n_cells * sizeof(inputs::CellStiffness)));
    platen_passing = std::max(solve_memory(cage, 1), new_stiffness_memory(cage));
    MeshSize refined = cage; // the last solve of a run
    for (double *number : {&refined.n_cells, &refined.n_nodes})
      *number *= 8.;
    refined.cells_by_level.insert(refined.cells_by_level.begin(), 0.);
    for (double &number : refined.cells_by_level)
      number *= 8.;
    budget.pass("refined platen test", mesh_memory(refined) + elasticity_memory(refined, 1, 3, demand.solver) +
                                           2. * block_memory(refined, 1) + solve_memory(refined, 1) +
                                           refined.n_cells * 3. * sizeof(inputs::CellStiffness));
  }
  // An adjoint has its right-hand side beside the loads; a cage that is only assessed, displacements of its own.
  budget.pass("solve",
              solve_memory(all, n_columns) + (demand.n_strain_mismatches + demand.n_further_adjoints > 0 ? block : 0.));
  budget.pass("new stiffness", std::max(new_stiffness_memory(all), platen_passing));
  budget.pass("gradients", 2 * block + all.n_cells * 3 * sizeof(double));
  budget.pass("MMA step", design.n_cells * sizeof(double) * (22 + 3 * m));
}

} // namespace cageopt::optimizer
