#include <main/specimen_commands.h>

#include <chrono>

#include <inputs/collective.h>
#include <main/motion_segment_command.h>
#include <main/run_folder.h>
#include <main/specimen_page.h>
#include <main/specimen_study.h>

namespace cageopt {

namespace {

void write_view(SpecimenStudy &study, const Case &given, const postprocess::OutputFolder &folder, MPI_Comm comm)
{
  const postprocess::VtuWriter writer(comm, folder.path(), given.field_files);
  postprocess::PvdSeries series(comm, folder.series(), given.series);
  series.append(0, writer.write(postprocess::OutputFolder::step_name(0), study.view()));
}

/// Whatever a reader of summary.json needs beside the figures themselves.
void add_figures(const std::map<std::string, double> &figures, const inputs::SpecimenParameters &asked,
                 postprocess::RunSummary &summary)
{
  for (const auto &[name, value] : figures)
    summary.further[name] = value;
  for (const auto &[name, value] : asked.published()) {
    summary.further["published_" + name] = value;
    if (const auto own = figures.find(name); own != figures.end())
      summary.further["difference_" + name + "_percent"] = 100. * (own->second / value - 1.);
  }
  if (!asked.published_source.empty())
    summary.further["published_source"] = asked.published_source;
}

} // namespace

inputs::ExitCode solve_command(const CommandLine &line, MPI_Comm comm)
{
  const auto start = std::chrono::steady_clock::now();
  RunMemory memory(comm);
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  if (given.is_patient())
    return solve_segment(line, given, memory, terminal, comm);
  if (line.design != CommandLine().design)
    throw inputs::InputError("Option '--design'", "'" + line.design + "'", "a specimen has no design", "leave it out");
  SpecimenStudy study(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  const auto provenance = start_provenance(line, given, comm);
  study.describe(out);
  memory.plan(given, study, out);
  memory.refuse_if_short();
  const auto figures = study.press(out);
  write_view(study, given, folder, comm);

  postprocess::RunSummary summary;
  summary.converged = true;
  summary.stop_reason = "the displacements meet the tolerance of the linear solver";
  summary.iterations = study.last_report().iterations;
  summary.unknowns = study.mesh().domain.n_unknowns();
  summary.further["force_imbalance"] = study.imbalance();
  summary.further["relative_residual"] = study.last_report().relative_residual.front();
  add_figures(figures, given.specimen, summary);
  memory.compare(summary, out);
  study.compare(figures, out);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out << "Results in " << folder.path() << " after " << summary.seconds << " s: summary.json, solution.pvd"
      << std::endl;
  terminal.close_log();
  inputs::on_root(comm, [&] { summary.write(folder.summary()); });
  provenance.write(folder.path());
  return inputs::ExitCode::done;
}

inputs::ExitCode validate_specimen(const CommandLine &line, const Case &given, RunMemory &memory, Terminal &terminal,
                                   MPI_Comm comm)
{
  auto &out = terminal.out();
  SpecimenStudy study(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  study.describe(out);
  memory.plan(given, study, out);
  study.compare(study.counts(), out);
  write_view(study, given, folder, comm);
  inputs::on_root(comm, [&] {
    postprocess::write_atomically(folder.path() + "/validation.html",
                                  specimen_page(study, given.specimen, line.case_file));
  });
  out << "The case is valid. Look at " << folder.path() << "/validation.html in a browser, and at " << folder.series()
      << " in ParaView: part, youngs_modulus, platen" << std::endl;
  terminal.close_log();
  return inputs::ExitCode::done;
}

} // namespace cageopt
