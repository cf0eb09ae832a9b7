#include <main/other_commands.h>

#include <algorithm>
#include <cstdint>
#include <iostream>

#include <inputs/collective.h>
#include <inputs/load_library.h>
#include <inputs/phantom.h>
#include <main/run_folder.h>
#include <main/run_memory.h>
#include <main/specimen_commands.h>
#include <main/study.h>
#include <main/validation_page.h>
#include <meshing/flat_map.h>
#include <meshing/nodal_forces.h>
#include <optimizer/gradient_check.h>
#include <postprocess/domain_view.h>

namespace cageopt {

inputs::ExitCode validate_command(const CommandLine &line, MPI_Comm comm)
{
  RunMemory memory(comm);
  Terminal terminal(comm);
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  if (given.is_specimen())
    return validate_specimen(line, given, memory, terminal, comm);
  const Study study(given, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  study.describe(terminal.out());
  memory.plan(given, study, terminal.out());

  const auto &domain = study.domain();
  auto view = postprocess::view_of(domain, domain.intact);
  std::vector<std::uint8_t> support(domain.mesh.n_local_nodes());
  for (std::uint32_t node = 0; node < domain.mesh.n_local_nodes(); ++node)
    support[node] = domain.fixed[node] != 0;
  view.point_arrays.push_back({"support", "1", 1, std::move(support)});
  for (const auto &load_case : study.load_cases())
    view.point_arrays.push_back(
        {postprocess::array_name("load", load_case.name), "N", 3, meshing::nodal_forces(domain, load_case.wrench)});
  const postprocess::VtuWriter writer(comm, folder.path(), given.field_files);
  postprocess::PvdSeries series(comm, folder.series(), given.series);
  series.append(0, writer.write(postprocess::OutputFolder::step_name(0), view));
  const auto page = validation_page(given, study, memory, line.case_file);
  inputs::on_root(comm, [&] { postprocess::write_atomically(folder.validation_page(), page); });
  terminal.out() << "The case is valid. Look at " << folder.validation_page() << " in a browser, and at "
                 << folder.series()
                 << " in ParaView: region, bmd, youngs_modulus (before surgery), support, and a load per load case"
                 << std::endl;
  terminal.close_log();
  return inputs::ExitCode::done;
}

inputs::ExitCode phantom_command(const CommandLine &line, MPI_Comm comm)
{
  Terminal terminal(comm);
  Case given;
  if (!line.case_file.empty())
    given.read(line.case_file, line.data, comm, line.overrides);
  const postprocess::OutputFolder folder(comm, line.output.empty() ? "output/phantom" : line.output, line.overwrite);
  inputs::on_root(comm, [&] {
    const inputs::Phantom phantom(given.patient.phantom);
    inputs::write_image(folder.path() + "/ct.nii.gz", phantom.hounsfield());
    inputs::write_image(folder.path() + "/labels.nii.gz", phantom.labels());
    terminal.out() << "Wrote " << folder.path()
                   << "/ct.nii.gz (HU) and labels.nii.gz: L3 22, L4 23, disc 222, posterior "
                   << "elements 122 and 123. Calibration: density = " << phantom.slope() << " * HU + "
                   << phantom.intercept() << " mg/cm3 (K2HPO4)" << std::endl;
  });
  return inputs::ExitCode::done;
}

inputs::ExitCode template_command(MPI_Comm comm)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  if (rank == 0)
    Case().file().print_template(std::cout);
  return inputs::ExitCode::done;
}

inputs::ExitCode loads_command(MPI_Comm comm)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  if (rank == 0)
    std::cout << inputs::describe_load_library() << std::flush;
  return inputs::ExitCode::done;
}

inputs::ExitCode gradient_check_command(const CommandLine &line, MPI_Comm comm)
{
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  given.solver.relative_tolerance = std::min(given.solver.relative_tolerance, 1e-11);
  Study study(given, comm);
  study.describe(out);
  study.prepare(out);
  // A random design, the same on any number of ranks.
  const auto &cells = study.analysis().design_cells();
  optimizer::DesignVector low, high, x;
  study.problem().bounds(low, high);
  for (std::size_t i = 0; i < low.size(); ++i) {
    const auto key = meshing::lattice_key(study.domain().mesh.cell(cells[i % cells.size()]).corner);
    const auto bits = meshing::FlatMap::hash(key + 1 + (i / cells.size() << 60));
    x.push_back(low[i] + (high[i] - low[i]) * (.1 + .8 * double(bits >> 11) / 9007199254740992.));
  }
  optimizer::Evaluation adapted; // of aggregated maxima and contact sets, before they are frozen
  study.optimised_problem().evaluate(x, adapted);
  study.freeze_scaling(true);
  study.analysis().hold_interface(true);
  optimizer::GradientCheckOptions options;
  options.steps = {1e-3, 3e-4, 1e-4, 3e-5, 1e-5};
  // The soft and stiff cells of an open interface leave more of a residual in the displacements.
  options.value_accuracy = (given.interface.is_contact() ? 3. : .1) * given.solver.relative_tolerance;
  const auto add = [&](const optimizer::Response &response) {
    const std::string name = response.name();
    const bool is_plain = name == "compliance" || name == "volume_fraction";
    options.names.push_back(name);
    options.tolerances.push_back(is_plain ? 1e-6 : 1e-5);
  };
  add(study.problem().objective());
  for (const auto &constraint : study.problem().constraints())
    add(*constraint.response);
  const auto table = optimizer::check_gradients(study.optimised_problem(), x, options);
  out << optimizer::to_text(table);
  const bool agree = std::all_of(table.begin(), table.end(), [](const auto &row) { return row.agrees(); });
  out << (agree ? "All gradients agree: " : "Gradients are WRONG: ") << "largest relative difference "
      << optimizer::worst_difference(table) << "; tolerance 1e-6 for compliance and volume_fraction, 1e-5 for the "
      << "others" << (given.interface.is_contact() ? "; with the contact as found at this design" : "") << std::endl;
  return agree ? inputs::ExitCode::done : inputs::ExitCode::internal_error;
}

} // namespace cageopt
