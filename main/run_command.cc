#include <main/run_command.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <sstream>

#include <inputs/collective.h>
#include <main/run_folder.h>
#include <main/run_memory.h>
#include <main/study.h>
#include <optimizer/mma.h>
#include <postprocess/domain_view.h>
#include <postprocess/field_emission.h>
#include <postprocess/history.h>
#include <postprocess/progress_line.h>

namespace cageopt {

using namespace optimizer;
using postprocess::Column;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(const Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// "effective_modulus <= 225.6 MPa and effective_modulus >= 216.8 MPa"
std::string describe_constraints(const ResponseProblem &problem)
{
  std::ostringstream text;
  text << std::setprecision(4);
  for (const auto &constraint : problem.constraints())
    text << (text.tellp() > 0 ? " and " : "") << constraint.response->name() << (constraint.is_upper ? " <= " : " >= ")
         << constraint.bound << (constraint.response->unit() == "-" ? "" : " " + constraint.response->unit());
  return text.tellp() > 0 ? text.str() : "no constraints";
}

/// Everything that is written or said once per iteration, and the decision to stop.
class RunObserver : public IterationObserver
{
public:
  RunObserver(const Case &given, Study &study, const postprocess::OutputFolder &folder, Terminal &terminal,
              MPI_Comm comm)
      : given(given), study(study), writer(comm, folder.path(), given.field_files),
        series(comm, folder.series(), given.series), history(comm, folder.history(), history_columns(study)),
        progress(comm, terminal.out(), progress_columns(study), given.optimizer.maximum_iterations),
        convergence(given.convergence, given.goal.objective, describe_constraints(study.problem())),
        last_time(Clock::now()), last_linear_iterations(study.analysis().total_iterations())
  {
  }

  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    const bool done = convergence.met(record);
    const double seconds = seconds_since(last_time);
    last_time = Clock::now();
    const auto &problem = study.problem();

    postprocess::NamedValues row = {{"iteration", record.iteration}, {"objective", record.objective}};
    for (const auto &value : problem.values())
      row.push_back({value.name, value.value});
    row.push_back({"constraint_violation", record.max_constraint_violation});
    row.push_back({"design_change", record.design_change});
    row.push_back({"kkt_residual", record.kkt_residual});
    row.push_back({"grayness", grayness()});
    const unsigned int linear_iterations = study.analysis().total_iterations();
    row.push_back({"linear_iterations", double(linear_iterations - last_linear_iterations)});
    last_linear_iterations = linear_iterations;
    row.push_back({"seconds", seconds});
    history.append(row);

    std::vector<double> shown;
    for (const auto &name : shown_responses(study))
      shown.push_back(problem.value_of(name));
    shown.push_back(100. * record.max_constraint_violation);
    shown.push_back(record.design_change);
    progress.print(record.iteration, shown, seconds, convergence.measure());
    if (series.due(record.iteration) || done)
      write_fields(record.iteration);
    return done ? Verdict::stop : Verdict::go_on;
  }

  void write_fields(const unsigned int iteration)
  {
    if (iteration == last_written)
      return;
    last_written = iteration;
    auto &analysis = study.analysis();
    const auto &state = study.problem().state();
    auto view = postprocess::view_of(study.domain(), analysis.with_cage(state));
    view.cell_arrays.push_back(postprocess::density_array(study.domain(), analysis.design_cells(), state.density));
    const auto strain = study.strain_field(state, analysis.displacements());
    view.cell_arrays.push_back({"strain_min_principal", "1", 1, strain.min_principal});
    view.cell_arrays.push_back({"strain_max_principal", "1", 1, strain.max_principal});
    view.cell_arrays.push_back({"stress_von_mises", "MPa", 1, strain.von_mises_stress});
    for (const auto &load_case : study.load_cases())
      view.point_arrays.push_back(
          postprocess::displacement_array(postprocess::array_name("displacement", load_case.name), study.domain(),
                                          analysis.displacements(), load_case.wrench));
    view.notes.push_back({"law", study.law().name()});
    view.notes.push_back({"strain and stress", "worst over the load cases"});
    series.append(iteration, writer.write(postprocess::OutputFolder::step_name(iteration), view));
  }

  const std::string &reason() const { return convergence.reason(); }
  bool converged() const { return !convergence.reason().empty(); }

private:
  static std::vector<std::string> shown_responses(const Study &study)
  {
    if (study.segment() == nullptr)
      return {"compliance", "volume_fraction"};
    return {"effective_modulus", "strain_mismatch_intact", "strain_mismatch_graft", "volume_fraction"};
  }

  static std::vector<Column> progress_columns(const Study &study)
  {
    std::vector<Column> columns;
    for (const auto &name : shown_responses(study))
      columns.push_back({name, name == "effective_modulus" ? "MPa" : (name == "compliance" ? "N mm" : "-")});
    columns.push_back({"violation", "%"});
    columns.push_back({"design_change", "-"});
    return columns;
  }

  static std::vector<Column> history_columns(Study &study)
  {
    std::vector<Column> columns = {{"iteration", ""}, {"objective", study.problem().objective().unit()}};
    if (study.segment() != nullptr) {
      columns.push_back({"effective_modulus", "MPa"});
      columns.push_back({"strain_mismatch_intact", "-"});
      columns.push_back({"strain_mismatch_graft", "-"});
    }
    for (const auto &column :
         {Column{"compliance", "N mm"}, Column{"volume_fraction", "-"}, Column{"constraint_violation", "-"},
          Column{"design_change", "-"}, Column{"kkt_residual", "-"}, Column{"grayness", "-"},
          Column{"linear_iterations", ""}, Column{"seconds", "s"}})
      columns.push_back(column);
    return columns;
  }

  /// Mean of 4 t (1 - t), t the density between its bounds: 0 black and white, 1 all half-way.
  double grayness() const
  {
    double sums[2] = {0, 0};
    const double low = study.law().lower_density(), high = study.law().upper_density();
    for (const double rho : study.problem().state().density) {
      const double t = (rho - low) / (high - low);
      sums[0] += 4. * t * (1. - t);
      sums[1] += 1;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, study.problem().comm());
    return sums[0] / sums[1];
  }

  const Case &given;
  Study &study;
  postprocess::VtuWriter writer;
  postprocess::PvdSeries series;
  postprocess::HistoryCsv history;
  postprocess::ProgressLine progress;
  Convergence convergence;
  Clock::time_point last_time;
  unsigned int last_linear_iterations, last_written = 0;
};

} // namespace

inputs::ExitCode run_command(const CommandLine &line, MPI_Comm comm)
{
  const auto start = Clock::now();
  RunMemory memory(comm);
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm);
  // Read and mesh first: bad input must not cost what an earlier run left in the folder.
  Study study(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  study.describe(out);
  memory.plan(given, study, out);
  memory.refuse_if_short();
  study.prepare(out);

  postprocess::RunSummary summary;
  const std::size_t n_design = study.analysis().design_cells().size();
  double start_density = given.goal.maximum_volume_fraction;
  if (study.segment() != nullptr) {
    start_density = study.best_uniform_density(out);
    summary.best_uniform = study.assess(study.uniform_state(start_density)).figures;
    summary.best_uniform.further["density"] = start_density;
    summary.solid_titanium = study.assess(study.solid_state()).figures;
  }
  out << "Starting from uniform density " << start_density << ", optimising " << given.goal.objective << '\n'
      << std::endl;

  DesignVector x(n_design, start_density);
  RunObserver observer(given, study, folder, terminal, comm);
  Mma mma(given.optimizer);
  study.problem().loosen_solves(given.solver.loosest_tolerance);
  const auto result = mma.minimize(study.problem(), x, observer);
  study.problem().tighten_solves(x);
  observer.write_fields(result.last.iteration);

  summary.converged = observer.converged();
  summary.stop_reason = (summary.converged ? observer.reason() : result.message) +
                        (study.infeasibility().empty() ? "" : ". " + study.infeasibility());
  summary.iterations = result.last.iteration;
  summary.unknowns = study.domain().n_unknowns();
  summary.further["reaction_imbalance"] = study.analysis().reaction_imbalance();
  const auto &residuals = study.analysis().state_report().relative_residual;
  summary.further["linear_solver_residual"] = *std::max_element(residuals.begin(), residuals.end());
  summary.further["objective"] = study.problem().value_of(study.problem().objective().name());
  summary.further["kkt_residual"] = result.last.kkt_residual;
  const auto state = study.problem().state();
  if (study.segment() != nullptr) {
    summary.effective_modulus_target_mpa = *study.target_modulus();
    summary.effective_modulus_reached_mpa = study.problem().value_of("effective_modulus");
    summary.optimised = study.assess(state).figures;
    summary.seconds = seconds_since(start);
    inputs::on_root(comm, [&] { summary.write(folder.summary()); }); // what is known is safe before one more solve
    const double refined = study.refined_effective_modulus(state.density);
    summary.further["effective_modulus_refined_mpa"] = refined;
    summary.further["effective_modulus_refinement_change"] = refined / *summary.effective_modulus_reached_mpa - 1.;
    summary.further["feasibility"] =
        study.infeasibility().empty() ? "the target can be reached" : study.infeasibility();
    postprocess::emit_density(study.domain(), study.segment()->frame().design_to_world, study.analysis().design_cells(),
                              state.density,
                              {{"law", study.law().name()},
                               {"quantity", "relative density of the cage, dimensionless"},
                               {"length unit", "mm"}},
                              folder);
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
