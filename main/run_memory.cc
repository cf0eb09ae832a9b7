#include <main/run_memory.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <set>

#include <main/process_memory.h>
#include <optimizer/optimizer_memory.h>
#include <postprocess/domain_view.h>

namespace cageopt {

namespace {

/// The p4est forest with deal.II's triangulation at its largest, per leaf of the mesh: measured 630 (uniform) to 730
/// (adaptive, with leaves outside the object).
constexpr double forest_bytes_per_cell = 680;

/// What libraries, MPI and solvers touch of themselves after the start, per rank: measured 10 to 12 MB.
constexpr double libraries_bytes = 11e6;

double sum(double value, MPI_Comm comm)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, comm);
  return value;
}

double domain_memory(const meshing::DesignDomain &domain)
{
  return solver::mesh_memory(solver::MeshSize::of(domain.mesh)) +
         domain.mesh.n_cells() * (sizeof(meshing::Region) + sizeof(inputs::CellStiffness) + 3 * sizeof(float)) +
         domain.mesh.n_local_nodes() + domain.loads.size() * sizeof(meshing::NodalLoad);
}

} // namespace

RunMemory::RunMemory(MPI_Comm comm) : comm(comm), start(resident_memory()) {}

void RunMemory::plan(const CaseEntries &given, const Study &study, std::ostream &out)
{
  const auto &domain = study.domain();
  solver::MemoryBudget budget;
  budget.set_up("p4est and deal.II", forest_bytes_per_cell * domain.mesh.n_cells());
  budget.hold("libraries", libraries_bytes);
  budget.hold("mesh", domain_memory(domain));
  if (const auto *patient = study.patient())
    budget.hold("image", patient->bmd.values.size() * sizeof(patient->bmd.values[0]) +
                             patient->labels.values.size() * sizeof(patient->labels.values[0]));
  optimizer::MemoryDemand demand;
  demand.solver = given.solver;
  const auto constraints = given.goal.constraints();
  demand.n_constraints = static_cast<unsigned int>(constraints.size());
  if (given.is_patient()) {
    demand.n_constraints += given.goal.match_modulus ? 2 : 0;
    demand.has_platen_test = true;
    demand.n_strain_mismatches = 2;
    std::set<std::string> differentiated = {given.goal.objective};
    for (const auto &constraint : constraints)
      differentiated.insert(constraint.response);
    for (const auto &name : differentiated) {
      const bool is_mismatch = name == "strain_mismatch_intact" || name == "strain_mismatch_graft";
      demand.has_adjoint = demand.has_adjoint || is_mismatch;
      if (!is_mismatch && optimizer::ResponseCatalogue::has_adjoint(name))
        ++demand.n_further_adjoints;
    }
  }
  if (given.uncertainty.is_on())
    demand.n_scenarios = given.uncertainty.samples * (given.uncertainty.threshold_offset > 0 ? 3 : 1);
  optimizer::add_optimizer_memory(budget, domain, demand);
  budget.pass("output", postprocess::view_memory(domain, study.load_cases().size()));
  if (given.goal.compare_with_finer_mesh)
    budget.pass("finer mesh", 7. * budget.peak_after_set_up()); // eight times as many cells, beside nothing else
  settle(budget, domain.n_unknowns(), out);
}

void RunMemory::plan(const Case &given, const SpecimenStudy &study, std::ostream &out)
{
  const auto &domain = study.mesh().domain;
  const auto &specimen = study.specimen();
  const auto size = solver::MeshSize::of(domain.mesh);
  solver::MemoryBudget budget;
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  if (!given.specimen.has_labels()) // rank 0: two images of double and one of float, before resampling
    budget.set_up("image filters",
                  rank == 0 ? 20. * double(specimen.part.size()) / std::pow(given.specimen.segmentation.zoom, 3) : 0.);
  budget.hold("libraries", libraries_bytes);
  budget.hold("mesh", domain_memory(domain) + 2. * domain.mesh.n_local_nodes());
  budget.hold("image", double(specimen.part.size()) * (1 + sizeof(double)) + specimen.density.size() * sizeof(float));
  budget.hold("stiffness and multigrid", solver::elasticity_memory(size, 1, 3, given.solver));
  budget.hold("displacements", solver::block_memory(size, 1));
  budget.pass("solve", solver::solve_memory(size, 1));
  budget.pass("new stiffness", solver::new_stiffness_memory(size));
  budget.pass("output", postprocess::view_memory(domain, 1));
  settle(budget, domain.n_unknowns(), out);
}

void RunMemory::settle(const solver::MemoryBudget &budget, const std::uint64_t n_unknowns, std::ostream &out)
{
  budget.print(out, comm, n_unknowns);
  planned = budget.peak();
  planned_after_set_up = budget.peak_after_set_up();
}

void RunMemory::refuse_if_short() const
{
  const double taken = double(resident_memory()) - double(start);
  require_memory(planned_after_set_up - std::max(0., taken), comm);
}

void RunMemory::compare(postprocess::RunSummary &summary, std::ostream &out) const
{
  summary.peak_memory_bytes = postprocess::sum_peak_memory(comm);
  const double at_start = sum(double(start), comm), budget = sum(planned, comm);
  const double growth = double(summary.peak_memory_bytes) - at_start;
  summary.further["memory_budget_bytes"] = budget;
  summary.further["memory_growth_bytes"] = growth;
  const auto flags = out.flags();
  const auto precision = out.precision();
  out << std::fixed << std::setprecision(0) << "Memory        peak " << growth / 1e6 << " MB beside the "
      << at_start / 1e6 << " MB of the program at its start, " << growth / summary.unknowns
      << " bytes per unknown; budget " << budget / 1e6 << " MB\n";
  out.flags(flags);
  out.precision(precision);
}

} // namespace cageopt
