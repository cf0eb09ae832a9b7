#include <main/run_command.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <sstream>

#include <inputs/collective.h>
#include <main/comparison.h>
#include <main/grid_continuation.h>
#include <main/optimisation.h>
#include <main/refined_modulus.h>
#include <main/run_folder.h>
#include <main/run_memory.h>
#include <main/run_observer.h>
#include <main/scenario_report.h>
#include <main/uniform_search.h>
#include <postprocess/field_emission.h>

namespace cageopt {

using namespace optimizer;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(const Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// "Explanation   flexion 31 %, ...": the share of each load case and constraint in what shapes the design.
void print_influences(const std::vector<Influence> &influences, std::ostream &out)
{
  double total = 0;
  for (const auto &influence : influences)
    total += influence.total;
  out << "Explanation   what shapes the design, by the sum of its influence on all cells:";
  for (const auto &influence : influences)
    out << ' ' << influence.name << ' ' << std::lround(100. * influence.total / std::max(total, 1e-300)) << " %"
        << (&influence == &influences.back() ? "" : ",");
  out << std::endl;
}

/// The cantilever starts at its volume constraint, as its publication does.
double cantilever_start(const Case &given)
{
  for (const auto &constraint : given.goal.constraints())
    if (constraint.response == "volume_fraction" && constraint.is_upper)
      return constraint.bound;
  return .5 * (given.law.minimum_density + given.law.maximum_density);
}

} // namespace

inputs::ExitCode run_command(const CommandLine &line, MPI_Comm comm)
{
  const auto start = Clock::now();
  RunMemory memory(comm);
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  // Read and mesh first: bad input must not cost what an earlier run left in the folder.
  Study study(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  study.describe(out);
  memory.plan(given, study, out);
  memory.refuse_if_short();
  study.prepare(out);

  double start_density = given.parametrisation.start_density;
  postprocess::RunSummary summary;
  std::vector<std::pair<std::string, postprocess::DesignFigures>> others;
  if (study.segment() != nullptr) {
    auto uniform = best_uniform_design(study, out);
    if (start_density == 0)
      start_density = uniform.density;
    uniform.assessment.figures.further["density"] = uniform.density;
    others = {{"solid_titanium", study.assess(study.uniform_state(1.)).figures},
              {"best_uniform", uniform.assessment.figures}};
  } else if (start_density == 0) {
    start_density = cantilever_start(given);
  }
  if (study.level_set() != nullptr && given.parametrisation.start_density == 0)
    start_density *= study.segment() != nullptr ? .5 : 2.5; // a network to move; the cantilever loses what is too much
  out << "Starting from uniform density " << start_density << ", optimising " << given.goal.objective << " with "
      << study.describe_constraints() << '\n'
      << std::endl;

  DesignVector x = study.parametrisation().uniform(start_density);
  if (given.parametrisation.coarse_levels > 0)
    x = design_from_coarser_mesh(given, study, start_density, out);
  RunObserver observer(study, folder, terminal);
  const auto result = optimise(study, x, observer);
  for (const auto &note : result.notes)
    out << "Note: " << note << '\n';
  observer.write_fields(result.last.iteration);

  const auto influences = explain(study.problem(), study.analysis(), result.last.multipliers);
  observer.write_explanation(influences);
  print_influences(influences, out);
  for (std::size_t i = 0; i < result.last.multipliers.size(); ++i)
    summary.further["multiplier_" + study.problem().constraints()[i].response->name() +
                    (study.problem().constraints()[i].is_upper ? "_above" : "_below")] = result.last.multipliers[i];

  if (study.scenarios() != nullptr)
    report_scenarios(study, x, summary, out);

  summary.converged = result.converged;
  summary.stop_reason = result.reason + (study.infeasibility().empty() ? "" : ". " + study.infeasibility());
  summary.iterations = result.last.iteration;
  summary.unknowns = study.domain().n_unknowns();
  summary.further["reaction_imbalance"] = study.analysis().reaction_imbalance();
  const auto &residuals = study.analysis().state_report().relative_residual;
  summary.further["linear_solver_residual"] = *std::max_element(residuals.begin(), residuals.end());
  summary.further["objective"] = study.problem().value_of(study.problem().objective().name());
  summary.further["constraint_violation"] = result.last.max_constraint_violation;
  summary.further["kkt_residual"] = result.last.kkt_residual;
  const auto state = study.problem().state();
  if (study.segment() != nullptr) {
    summary.effective_modulus_target_mpa = study.modulus_target()->modulus;
    summary.effective_modulus_reached_mpa = study.problem().value_of("effective_modulus");
    summary.designs = {{"optimised", study.assess(state).figures}};
    summary.designs.insert(summary.designs.end(), others.begin(), others.end());
    summary.seconds = seconds_since(start);
    inputs::on_root(comm, [&] { summary.write(folder.summary()); }); // what is known is safe before further solves
    const double refined = refined_effective_modulus(study, state);
    summary.further["effective_modulus_refined_mpa"] = refined;
    summary.further["effective_modulus_refinement_change"] = refined / *summary.effective_modulus_reached_mpa - 1.;
    summary.further["feasibility"] =
        study.infeasibility().empty() ? "the target can be reached" : study.infeasibility();
    for (const auto &[name, values] : study.parametrisation().fields(state))
      postprocess::emit_field(
          name, study.domain(), study.segment()->frame().design_to_world, study.analysis().design_cells(), values,
          {{"law", study.law().name()}, {"quantity", name + " of the cage, dimensionless"}, {"length unit", "mm"}},
          folder);
    out << '\n';
    summary.designs.push_back({"peek", peek_figures(given, comm, out)});
    if (given.interface.report_both) {
      const std::string other = given.interface.is_contact() ? "bonded" : "contact";
      const auto figures = other_interface_figures(given, comm, {state, study.uniform_state(1.)});
      summary.designs.push_back({"optimised_" + other, figures[0]});
      summary.designs.push_back({"solid_" + other, figures[1]});
      out << "Interface     " << other << ": " << study.problem().objective().name()
          << " and overstrained bone stand beside" << std::endl;
    }
    if (given.goal.compare_with_bound)
      summary.designs.push_back({"bound", bound_figures(given, comm, out)});
  }
  summary.seconds = seconds_since(start);
  memory.compare(summary, out << '\n');
  summary.print(out);
  out << "Results in " << folder.path() << ": summary.json, history.csv, solution.pvd"
      << (study.segment() != nullptr ? ", field/" : "") << std::endl;
  terminal.close_log();
  inputs::on_root(comm, [&] { summary.write(folder.summary()); });
  provenance.write(folder.path());
  return summary.converged ? inputs::ExitCode::done : inputs::ExitCode::not_converged;
}

} // namespace cageopt
