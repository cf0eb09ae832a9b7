#include <main/run_observer.h>

#include <algorithm>

#include <postprocess/domain_view.h>

namespace cageopt {

using namespace optimizer;
using postprocess::Column;
using Clock = std::chrono::steady_clock;

namespace {

/// What the terminal shows: the constrained responses and those that people ask for.
std::vector<Response *> shown_responses(Study &study)
{
  std::vector<Response *> shown;
  auto &problem = study.problem();
  for (auto *response : problem.responses()) {
    const auto name = response->name();
    const bool is_constrained = std::any_of(problem.constraints().begin(), problem.constraints().end(),
                                            [&](const auto &constraint) { return constraint.response == response; });
    if (response == &problem.objective() || is_constrained || name == "effective_modulus" ||
        name == "strain_mismatch_intact" || name == "strain_mismatch_graft" || name == "volume_fraction")
      shown.push_back(response);
  }
  return shown;
}

std::vector<Column> progress_columns(Study &study)
{
  std::vector<Column> columns;
  for (const auto *response : shown_responses(study))
    columns.push_back({response->name(), response->unit()});
  columns.push_back({"violation", "%"});
  columns.push_back({"design_change", "-"});
  return columns;
}

std::vector<Column> history_columns(Study &study)
{
  std::vector<Column> columns = {{"iteration", ""}, {"objective", study.problem().objective().unit()}};
  for (const auto *response : study.problem().responses())
    columns.push_back({response->name(), response->unit()});
  for (const auto &column : {Column{"constraint_violation", "-"}, Column{"design_change", "-"},
                             Column{"kkt_residual", "-"}, Column{"linear_iterations", ""}, Column{"seconds", "s"}})
    columns.push_back(column);
  return columns;
}

} // namespace

RunObserver::RunObserver(Study &study, const postprocess::OutputFolder &folder, Terminal &terminal)
    : study(study), writer(study.comm(), folder.path(), study.parameters().field_files),
      series(study.comm(), folder.series(), study.parameters().series),
      history(study.comm(), folder.history(), history_columns(study)),
      progress(study.comm(), terminal.out(), progress_columns(study), study.parameters().optimizer.maximum_iterations),
      last_time(Clock::now()), last_linear_iterations(study.analysis().total_iterations())
{
}

void RunObserver::on_iteration(const IterationRecord &record, const double measure, const bool is_last)
{
  const double seconds = std::chrono::duration<double>(Clock::now() - last_time).count();
  last_time = Clock::now();
  const auto &problem = study.problem();

  postprocess::NamedValues row = {{"iteration", record.iteration}, {"objective", record.objective}};
  for (const auto &value : problem.values())
    row.push_back({value.name, value.value});
  row.push_back({"constraint_violation", record.max_constraint_violation});
  row.push_back({"design_change", record.design_change});
  row.push_back({"kkt_residual", record.kkt_residual});
  const unsigned int linear_iterations = study.analysis().total_iterations();
  row.push_back({"linear_iterations", double(linear_iterations - last_linear_iterations)});
  last_linear_iterations = linear_iterations;
  row.push_back({"seconds", seconds});
  history.append(row);

  std::vector<double> shown;
  for (const auto *response : shown_responses(study))
    shown.push_back(problem.value_of(response->name()));
  shown.push_back(100. * record.max_constraint_violation);
  shown.push_back(record.design_change);
  progress.print(record.iteration, shown, seconds, measure);
  if (series.due(record.iteration) || is_last)
    write_fields(record.iteration);
}

void RunObserver::write_fields(const unsigned int iteration)
{
  if (iteration == last_written)
    return;
  last_written = iteration;
  auto &analysis = study.analysis();
  const auto &state = study.problem().state();
  auto view = postprocess::view_of(study.domain(), analysis.with_cage(state));
  for (const auto &[name, values] : study.parametrisation().fields(state))
    view.cell_arrays.push_back(postprocess::design_array(name, study.domain(), analysis.design_cells(), values));
  const auto strain = study.strain_field(state);
  view.cell_arrays.push_back({"strain_min_principal", "1", 1, strain.min_principal});
  view.cell_arrays.push_back({"strain_max_principal", "1", 1, strain.max_principal});
  view.cell_arrays.push_back({"stress_von_mises", "MPa", 1, strain.von_mises_stress});
  for (const auto &load_case : analysis.load_cases())
    view.point_arrays.push_back(postprocess::displacement_array(postprocess::array_name("displacement", load_case.name),
                                                                study.domain(), analysis.displacements(),
                                                                load_case.wrench));
  view.notes.push_back({"law", study.law().name()});
  view.notes.push_back({"strain and stress", "worst over the load cases"});
  series.append(iteration, writer.write(postprocess::OutputFolder::step_name(iteration), view));
}

void RunObserver::write_explanation(const std::vector<Influence> &influences)
{
  const auto &state = study.problem().state();
  const auto &cells = study.analysis().design_cells();
  auto view = postprocess::view_of(study.domain(), study.analysis().with_cage(state));
  for (const auto &[name, values] : study.parametrisation().fields(state))
    view.cell_arrays.push_back(postprocess::design_array(name, study.domain(), cells, values));
  for (const auto &influence : influences) {
    std::vector<float> values(study.domain().mesh.n_cells(), 0.f);
    for (std::size_t i = 0; i < cells.size(); ++i)
      values[cells[i]] = static_cast<float>(influence.values[i]);
    view.cell_arrays.push_back({postprocess::array_name("influence", influence.name),
                                study.problem().objective().unit(), 1, std::move(values)});
  }
  view.notes.push_back({"influence",
                        "change of the Lagrangian if the cell's stiffness rose by 100 %; negative: wants it "
                        "stiffer"});
  writer.write("explanation", view);
}

} // namespace cageopt
