#include <main/run_command.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <memory>
#include <optional>
#include <utility>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <main/comparison.h>
#include <main/grid_continuation.h>
#include <main/optimisation.h>
#include <main/refined_modulus.h>
#include <main/run_folder.h>
#include <main/run_memory.h>
#include <main/run_observer.h>
#include <main/scenario_report.h>
#include <main/uniform_search.h>
#include <meshing/cage_fit.h>
#include <meshing/cage_support.h>
#include <optimizer/contact_analysis.h>
#include <postprocess/field_emission.h>

namespace cageopt {

using namespace optimizer;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double unresolved = .1; // change of the effective modulus on cells half as wide that is told

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

/// Of the case, or that of the best uniform cage; the cantilever starts at its volume constraint, as its publication
/// does. A level set needs a network to move: of half that, but the cantilever's loses what is too much.
double start_density(const CaseEntries &given, const double best_uniform)
{
  if (given.parametrisation.start_density > 0)
    return given.parametrisation.start_density;
  const bool is_level_set = given.parametrisation.fields == "level_set";
  if (given.is_patient())
    return (is_level_set ? .5 : 1.) * best_uniform;
  double density = .5 * (given.law.minimum_density + given.law.maximum_density);
  for (const auto &constraint : given.goal.constraints())
    if (constraint.response == "volume_fraction" && constraint.is_upper)
      density = constraint.bound;
  return (is_level_set ? 2.5 : 1.) * density;
}

/// A cage that fits the bone and breaks is none.
void warn_of_failure(const postprocess::DesignFigures &figures, std::ostream &out)
{
  for (const auto &[name, meaning] : {std::pair{"cage_stress", "yields under the load cases"},
                                      std::pair{"fatigue_utilisation", "does not endure 5 million cycles of them"}})
    if (const auto found = figures.further.find(name); found != figures.further.end() && found->second > 1.)
      out << "Warning: " << name << " is " << found->second << ", so that the cage " << meaning
          << " at its worst place. 'Goal/Constraints = " << name << " <= 1' keeps the design from it." << std::endl;
}

/// How the cage stands in the patient.
void add_cage_figures(const meshing::PatientDomain &segment, const inputs::Patient &patient,
                      postprocess::RunSummary &summary)
{
  const meshing::CageSupport support(segment.cage(), segment.endplates(), segment.layer());
  const meshing::CageFit fit(segment.cage(), segment.endplates(), patient, segment.frame().design_to_world);
  summary.further["cage_coverage"] = segment.cage().coverage();
  summary.further["cage_rim_support"] = support.rim_share;
  summary.further["cage_edge_rim_support"] = support.rim_edge_share;
  for (const int side : {0, 1}) {
    const std::string name = side == 0 ? "caudal" : "cranial";
    const auto &face = side == 0 ? fit.caudal : fit.cranial;
    summary.further["endplate_layer_bmd_beneath_cage_" + name + "_mg_cm3"] = support.density[side];
    summary.further["endplate_layer_bmd_" + name + "_mg_cm3"] = segment.layer().mean_density(side);
    summary.further["cage_yield_force_" + name + "_n"] = support.yield_force[side];
    summary.further["cage_gap_" + name + "_mm3"] = face.gap_volume;
    summary.further["cage_overlap_" + name + "_mm3"] = face.overlap_volume;
  }
}

/// What is left of a run when its study is gone.
struct Outcome
{
  postprocess::RunSummary summary;
  DesignState design, solid;
  std::vector<StateValues> for_finer_mesh; ///< design and best uniform cage, if they are to be assessed there
};

/// Optimises the prepared study, and writes and says what it found.
Outcome run_study(const CaseEntries &given, Study &study, CarriedStart *begun, const postprocess::OutputFolder &folder,
                  Terminal &terminal, const Clock::time_point start)
{
  auto &out = terminal.out();
  MPI_Comm comm = study.comm();
  Outcome outcome;
  auto &summary = outcome.summary;
  std::vector<std::pair<std::string, postprocess::DesignFigures>> others;
  double uniform_density = 0;
  if (study.segment() != nullptr) {
    auto uniform = best_uniform_design(study, out);
    uniform_density = uniform.density;
    uniform.assessment.figures.further["density"] = uniform.density;
    others = {{"solid_titanium", study.assess(study.uniform_state(1.)).figures},
              {"best_uniform", uniform.assessment.figures}};
  }
  std::optional<CarriedStart> coarser;
  const double density = start_density(given, uniform_density);
  if (!begun && given.parametrisation.coarse_levels > 0) {
    coarser = start_from_coarser_mesh(given, study, density, out);
    begun = &*coarser;
  }
  DesignVector x = begun ? begun->x : study.parametrisation().uniform(density);
  if (begun)
    out << "Going on from the design of the coarser mesh";
  else
    out << "Starting from uniform density " << density;
  out << ", optimising " << given.goal.objective << " with " << study.describe_constraints() << '\n' << std::endl;
  RunObserver observer(study, folder, terminal);
  const auto result = optimise(study, x, observer, begun ? &begun->memory : nullptr);
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
    if (!study.planned_correction().empty())
      summary.further["planned_correction"] = study.planned_correction();
    const auto mineral = study.segment()->report().all_mineral();
    summary.further["bone_mineral_image_mg"] = mineral.image;
    summary.further["bone_mineral_cells_mg"] = mineral.cells;
    summary.further["bone_mineral_cage_mg"] = mineral.cage;
    summary.further["bone_mineral_left_out_mg"] = mineral.left_out;
    summary.further["calibration"] = study.patient()->calibration.description();
    add_cage_figures(*study.segment(), *study.patient(), summary);
    summary.effective_modulus_target_mpa = study.modulus_target()->modulus;
    summary.effective_modulus_reached_mpa = study.problem().value_of("effective_modulus");
    summary.designs = {{"optimised", study.assess(state).figures}};
    warn_of_failure(summary.designs[0].second, out);
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
    outcome.design = state;
    outcome.solid = study.uniform_state(1.);
    if (given.goal.compare_with_finer_mesh)
      outcome.for_finer_mesh = {StateValues(study, state), StateValues(study, study.uniform_state(uniform_density))};
    if (std::abs(refined / *summary.effective_modulus_reached_mpa - 1.) > unresolved)
      out << "Warning: on cells half as wide the same cage has an effective modulus of " << refined << " instead of "
          << *summary.effective_modulus_reached_mpa
          << " MPa: members of its design are too thin for this mesh. A larger 'Filter/Radius' or a smaller 'Mesh/Cell "
             "size' resolves them."
          << std::endl;
  }
  return outcome;
}

/// Other cages in the same envelope, and the other interface: each is a study of its own. The run itself is done and
/// must not be lost: the summary is written to `path` before each of them, and what does not converge is reported in
/// it.
void add_comparisons(const CaseEntries &given, MPI_Comm comm, Outcome &outcome, const std::string &path,
                     std::ostream &out)
{
  const auto with = [&](const std::string &title, const std::string &key, const auto &action) {
    inputs::on_root(comm, [&] { outcome.summary.write(path); });
    try {
      action();
    } catch (const inputs::Error &error) { // thrown on all ranks alike
      if (error.code != inputs::ExitCode::not_converged)
        throw;
      out << std::left << std::setw(14) << title << "no figures, because: " << error.what() << std::endl;
      outcome.summary.further[key] = error.what();
    }
  };
  auto &designs = outcome.summary.designs;
  with("PEEK", "peek", [&] { designs.push_back({"peek", peek_figures(given, comm, out)}); });
  if (const auto n = inputs::load_cases(given.loads).size();
      given.interface.report_both && !given.interface.is_contact() && n > optimizer::most_contact_cases)
    outcome.summary.further["other_interface"] =
        std::to_string(n) + " load cases; contact has room for " + std::to_string(optimizer::most_contact_cases);
  else if (given.interface.report_both)
    with("Interface", "other_interface", [&] {
      const std::string other = given.interface.is_contact() ? "bonded" : "contact";
      const auto figures = other_interface_figures(given, comm, {outcome.design, outcome.solid});
      designs.push_back({"optimised_" + other, figures[0]});
      designs.push_back({"solid_" + other, figures[1]});
      out << "Interface     " << other << ": " << given.goal.objective << " and overstrained bone stand beside"
          << std::endl;
    });
  if (!outcome.for_finer_mesh.empty())
    with("Finer mesh", "finer_mesh", [&] {
      const auto figures = finer_mesh_figures(given, comm, outcome.for_finer_mesh);
      designs.push_back({"optimised_finer_mesh", figures[0]});
      designs.push_back({"best_uniform_finer_mesh", figures[1]});
      out << "Finer mesh    cells half as wide: " << given.goal.objective << " stands beside" << std::endl;
    });
  if (given.goal.compare_with_bound)
    with("Bound", "bound", [&] {
      if (const auto bound = bound_figures(given, comm, out))
        designs.push_back({"bound", *bound});
    });
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
  auto study = std::make_unique<Study>(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  study->describe(out);
  memory.plan(given, *study, out);
  memory.refuse_if_short();
  const double follower_rotation = given.is_patient() ? study->check_follower_load(out).value_or(-1.) : -1.;
  study->prepare(out);
  std::optional<CarriedStart> begun;
  if (given.refinement.steps > 0) {
    const double uniform = given.parametrisation.start_density > 0 ? 0. : best_uniform_design(*study, out).density;
    begun = refine_with_design(given, study, start_density(given, uniform), out);
    memory.plan(given, *study, out);
    memory.refuse_if_short();
  }
  auto outcome = run_study(given, *study, begun ? &*begun : nullptr, folder, terminal, start);
  if (follower_rotation >= 0)
    outcome.summary.further["follower_load_rotation_deg"] = follower_rotation;
  study.reset(); // the comparisons need its memory
  out << '\n';
  if (given.is_patient())
    add_comparisons(given, comm, outcome, folder.summary(), out);
  auto &summary = outcome.summary;
  summary.seconds = seconds_since(start);
  memory.compare(summary, out << '\n');
  summary.print(out);
  if (given.is_patient() && given.patient.source == "surfaces")
    out << "BONE DENSITY ASSUMED, NOT MEASURED: the figures above hold for the densities of 'Patient/Surfaces', not "
           "for a "
           "patient.\n";
  out << "Results in " << folder.path() << ": summary.json, history.csv, solution.pvd"
      << (given.is_patient() ? ", field/" : "") << std::endl;
  terminal.close_log();
  inputs::on_root(comm, [&] { summary.write(folder.summary()); });
  provenance.write(folder.path());
  return summary.converged ? inputs::ExitCode::done : inputs::ExitCode::not_converged;
}

} // namespace cageopt
