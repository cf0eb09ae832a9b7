#include <main/comparison.h>

#include <ostream>
#include <sstream>

#include <main/optimisation.h>
#include <main/uniform_search.h>

namespace cageopt {

using optimizer::GoalParameters;
using optimizer::ResponseCatalogue;

namespace {

/// The same envelope and goal, for a cage of which only the figures are asked.
CaseEntries variant_of(const CaseEntries &given)
{
  CaseEntries variant = given;
  variant.parametrisation = optimizer::ParametrisationParameters();
  variant.uncertainty = optimizer::UncertaintyParameters();
  variant.goal.on_unreachable = "closest";
  return variant;
}

/// A line now and then, because nothing else is heard of the bound for minutes.
class SparseProgress : public OptimisationSink
{
public:
  explicit SparseProgress(std::ostream &out) : out(out) {}
  void on_iteration(const optimizer::IterationRecord &record, double, bool) override
  {
    if (record.iteration % 20 == 1)
      out << "Bound         iteration " << record.iteration << ": " << record.objective << ", violation "
          << 100. * record.max_constraint_violation << " %" << std::endl;
  }

private:
  std::ostream &out;
};

} // namespace

postprocess::DesignFigures peek_figures(const CaseEntries &given, MPI_Comm comm, std::ostream &out)
{
  CaseEntries variant = variant_of(given);
  variant.goal = variant.goal.without_lattice();
  if (ResponseCatalogue::needs_lattice(variant.goal.objective))
    variant.goal.objective = GoalParameters().objective;
  variant.law.law = "simp";
  variant.law.minimum_density = 0;
  variant.law.maximum_density = 1;
  variant.law.solid_youngs_modulus = variant.cage.frame_youngs_modulus = 3600;
  variant.law.solid_poissons_ratio = variant.cage.frame_poissons_ratio = .36;
  Study study(variant, comm);
  std::ostringstream unread;
  study.prepare(unread);
  const auto assessment = study.assess(study.uniform_state(1.));
  out << "PEEK          uniform 3600 MPa: " << study.problem().objective().name() << ' ' << assessment.objective
      << std::endl;
  return assessment.figures;
}

std::vector<postprocess::DesignFigures> other_interface_figures(const CaseEntries &given, MPI_Comm comm,
                                                                const std::vector<optimizer::DesignState> &states)
{
  CaseEntries variant = variant_of(given);
  variant.interface.state = given.interface.is_contact() ? "bonded" : "contact";
  // Where the interface opens wide, the cage hangs on soft cells alone.
  variant.solver.maximum_iterations = std::max(3000u, variant.solver.maximum_iterations);
  Study study(variant, comm);
  std::ostringstream unread;
  study.prepare(unread);
  std::vector<postprocess::DesignFigures> figures;
  for (const auto &state : states)
    figures.push_back(study.assess(state).figures);
  return figures;
}

std::vector<postprocess::DesignFigures> finer_mesh_figures(const CaseEntries &given, MPI_Comm comm,
                                                           const std::vector<StateValues> &states)
{
  CaseEntries variant = variant_of(given);
  variant.mesh.cell_size *= .5;
  Study study(variant, comm);
  std::ostringstream unread;
  study.prepare(unread);
  std::vector<postprocess::DesignFigures> figures;
  for (const auto &state : states)
    figures.push_back(study.assess(state.on(study)).figures);
  return figures;
}

std::optional<postprocess::DesignFigures> bound_figures(const CaseEntries &given, MPI_Comm comm, std::ostream &out)
{
  CaseEntries variant = variant_of(given);
  variant.goal = variant.goal.without_lattice();
  if (ResponseCatalogue::needs_lattice(variant.goal.objective)) {
    out << "Bound         none: " << variant.goal.objective << " is of the lattice, not of the envelope" << std::endl;
    return {};
  }
  variant.law.law = "any_modulus";
  variant.filter.radius = 0;
  variant.cage = variant.cage.all_design();
  variant.optimizer = optimizer::OptimizerParameters();
  variant.optimizer.maximum_iterations = 150;
  variant.solver.maximum_iterations = std::max(3000u, variant.solver.maximum_iterations); // 1 MPa beside 110 GPa
  variant.convergence.objective_change = std::max(1e-3, given.convergence.objective_change);
  Study study(variant, comm);
  std::ostringstream unread;
  study.prepare(unread);
  const auto uniform = best_uniform_design(study, unread);
  auto x = study.parametrisation().uniform(uniform.density);
  SparseProgress progress(out);
  const auto result = optimise(study, x, progress);
  auto assessment = study.assess(study.problem().state());
  assessment.figures.further.erase("volume_fraction"); // the variable is no volume of metal
  assessment.figures.further["iterations"] = result.last.iteration;
  out << "Bound         any modulus per cell: " << study.problem().objective().name() << ' ' << assessment.objective
      << " after " << result.last.iteration << " iterations ("
      << (result.converged ? "converged" : "not converged: " + result.reason) << ")" << std::endl;
  return assessment.figures;
}

} // namespace cageopt
