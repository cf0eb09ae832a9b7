#include <main/motion_segment_command.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <optional>
#include <sstream>

#include <inputs/collective.h>
#include <main/design_choice.h>
#include <main/run_folder.h>
#include <main/study.h>
#include <postprocess/domain_view.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vtu_writer.h>

namespace cageopt {

using namespace optimizer;

namespace {

constexpr double degrees = 180. / 3.14159265358979323846, nmm_per_nm = 1000.;

/// What one load case does to the segment.
struct CaseFigures
{
  std::string name;
  Wrench load, motion;                       ///< N, N mm; mm, radian
  double overstrained = 0, beyond_yield = 0; ///< mm^3
  /// Force over the displacement along it, N/mm, and moment over the rotation about it, Nm/degree, of this load alone;
  /// nothing where it has none.
  std::optional<double> stiffness, rotational_stiffness;
};

/// Of the whole segment, one design and one set of load cases.
struct SegmentFigures
{
  std::vector<CaseFigures> cases;
  std::optional<LoadMatrix> compliance; ///< bonded only: contact does not superpose
  postprocess::DesignFigures design;
  StrainField worst;
  std::vector<inputs::CellStiffness> stiffness; ///< as the first load case sees it
};

std::optional<double> along(const Wrench &load, const Wrench &motion, const unsigned int first)
{
  double square = 0, work = 0;
  for (unsigned int i = first; i < first + 3; ++i) {
    square += load[i] * load[i];
    work += load[i] * motion[i];
  }
  return square > 0 && work > 0 ? std::optional<double>(square / work) : std::nullopt;
}

/// `columns`: the load cases as combinations of `u`'s. `stiffness_of`: the cells' as a load case sees them.
template <typename StiffnessOf>
SegmentFigures measure(const Study &study, const std::vector<inputs::LoadCase> &columns, solver::BlockVector<double> &u,
                       const bool is_contact, const StiffnessOf &stiffness_of)
{
  const auto &domain = study.domain();
  const auto &goal = study.parameters().goal;
  const auto matrix = face_motion(domain, u);
  SegmentFigures result;
  if (!is_contact)
    result.compliance = matrix;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    CaseFigures figures;
    figures.name = columns[k].name;
    figures.load = study.load_cases()[k].wrench;
    figures.motion = times(matrix, columns[k].wrench);
    // Stiffness of the force without the moment and the other way round, where the parts superpose.
    Wrench force = figures.load, moment = figures.load;
    for (unsigned int i = 0; i < 3; ++i)
      force[3 + i] = moment[i] = 0;
    figures.stiffness = along(figures.load, is_contact ? figures.motion : times(matrix, force), 0);
    figures.rotational_stiffness = along(figures.load, is_contact ? figures.motion : times(matrix, moment), 3);
    if (figures.rotational_stiffness)
      *figures.rotational_stiffness /= nmm_per_nm * degrees;
    const auto stiffness = stiffness_of(k);
    const auto field = strain_field(domain, stiffness, {columns[k]}, u);
    figures.overstrained =
        overstrained_volume(domain, field, goal.strain_distance, goal.overstrain_threshold, goal.overstrain_threshold);
    figures.beyond_yield =
        overstrained_volume(domain, field, goal.strain_distance, study.patient()->yield_strain_compression,
                            study.patient()->yield_strain_tension);
    if (k == 0) {
      result.worst = field;
      result.stiffness = stiffness;
    }
    for (std::size_t cell = 0; cell < field.min_principal.size(); ++cell) {
      result.worst.min_principal[cell] = std::min(result.worst.min_principal[cell], field.min_principal[cell]);
      result.worst.max_principal[cell] = std::max(result.worst.max_principal[cell], field.max_principal[cell]);
      result.worst.von_mises_stress[cell] = std::max(result.worst.von_mises_stress[cell], field.von_mises_stress[cell]);
    }
    result.cases.push_back(std::move(figures));
  }
  return result;
}

void write_view(const Study &study, const SegmentFigures &figures, const std::vector<inputs::LoadCase> &columns,
                const solver::BlockVector<double> &u, const DesignState *state, const postprocess::OutputFolder &folder)
{
  const auto &given = study.parameters();
  auto view = postprocess::view_of(study.domain(), figures.stiffness);
  if (state != nullptr)
    view.cell_arrays.push_back(
        postprocess::design_array("density", study.domain(), study.analysis().design_cells(), state->density));
  view.cell_arrays.push_back({"strain_min_principal", "1", 1, figures.worst.min_principal});
  view.cell_arrays.push_back({"strain_max_principal", "1", 1, figures.worst.max_principal});
  view.cell_arrays.push_back({"stress_von_mises", "MPa", 1, figures.worst.von_mises_stress});
  for (const auto &load_case : columns)
    view.point_arrays.push_back(postprocess::displacement_array(postprocess::array_name("displacement", load_case.name),
                                                                study.domain(), u, load_case.wrench));
  view.notes.push_back({"strain and stress", "worst over the load cases"});
  const postprocess::VtuWriter writer(study.comm(), folder.path(), given.field_files);
  postprocess::PvdSeries series(study.comm(), folder.series(), given.series);
  series.append(0, writer.write(postprocess::OutputFolder::step_name(0), view));
}

SegmentFigures analyse_intact(Study &study, const postprocess::OutputFolder &folder)
{
  SegmentAnalysis analysis(study.domain(), study.parameters().solver, study.load_cases());
  auto u = analysis.displacements_for(analysis.intact());
  auto result = measure(study, study.load_cases(), u, false, [&](std::size_t) { return analysis.intact(); });
  const auto &subject = *study.patient();
  const auto &goal = study.parameters().goal;
  result.design.overstrained_volume_mm3 = overstrained_volume(study.domain(), result.worst, goal.strain_distance,
                                                              goal.overstrain_threshold, goal.overstrain_threshold);
  result.design.further["volume_beyond_yield_strain_mm3"] =
      overstrained_volume(study.domain(), result.worst, goal.strain_distance, subject.yield_strain_compression,
                          subject.yield_strain_tension);
  write_view(study, result, study.load_cases(), u, nullptr, folder);
  return result;
}

std::string load_case_table(const SegmentFigures &figures)
{
  std::ostringstream text;
  text << "load_case,force_x_n,force_y_n,force_z_n,moment_x_nm,moment_y_nm,moment_z_nm,translation_x_mm,translation_y_"
          "mm,translation_z_mm,rotation_x_deg,rotation_y_deg,rotation_z_deg,stiffness_along_force_n_mm,stiffness_about_"
          "moment_nm_deg,overstrained_volume_mm3,volume_beyond_yield_strain_mm3\n"
       << std::setprecision(10);
  for (const auto &entry : figures.cases) {
    text << '"' << entry.name << '"';
    for (unsigned int i = 0; i < 6; ++i)
      text << ',' << entry.load[i] / (i < 3 ? 1. : nmm_per_nm);
    for (unsigned int i = 0; i < 6; ++i)
      text << ',' << entry.motion[i] * (i < 3 ? 1. : degrees);
    for (const auto &value : {entry.stiffness, entry.rotational_stiffness}) {
      text << ',';
      if (value)
        text << *value;
    }
    text << ',' << entry.overstrained << ',' << entry.beyond_yield << '\n';
  }
  return text.str();
}

std::string stiffness_table(const LoadMatrix &compliance)
{
  const auto stiffness = inverse(compliance);
  std::ostringstream text;
  text << "row,u_x_mm,u_y_mm,u_z_mm,theta_x_rad,theta_y_rad,theta_z_rad\n" << std::setprecision(10);
  const char *rows[] = {"force_x_n", "force_y_n", "force_z_n", "moment_x_n_mm", "moment_y_n_mm", "moment_z_n_mm"};
  for (unsigned int i = 0; i < 6; ++i) {
    text << rows[i];
    for (unsigned int k = 0; k < 6; ++k)
      text << ',' << stiffness[i][k];
    text << '\n';
  }
  return text.str();
}

/// The figures of the bench tests' sets beside what ISO 23089 asks of a lumbar cage (quoted in Huang et al. 2023, Int J
/// Bioprinting 9(3):697 [B]; the printed "N-mm/degree" is read as Nm/degree), and the foam's stiffness of ASTM F2267,
/// K_p = K_s K_d / (K_d - K_s), K_s with the foam and K_d of the cage between rigid platens [C].
void add_bench_figures(const std::string &set, const SegmentFigures &figures, postprocess::RunSummary &summary,
                       std::ostream &out)
{
  struct
  {
    const char *set, *key, *unit;
    double minimum;
    bool is_rotation;
  } const tests[] = {{"f2077_compression", "n_mm", "N/mm", 5914, false},
                     {"f2077_compression_shear", "n_mm", "N/mm", 1435, false},
                     {"f2077_torsion", "nm_deg", "Nm/deg", 1, true}};
  for (const auto &test : tests) {
    const auto &value = test.is_rotation ? figures.cases[0].rotational_stiffness : figures.cases[0].stiffness;
    if (set != test.set || !value)
      continue;
    summary.further[std::string("bench_stiffness_") + test.key] = *value;
    summary.further[std::string("bench_stiffness_minimum_") + test.key] = test.minimum;
    summary.further["bench_stiffness_over_minimum"] = *value / test.minimum;
    out << "Bench test    " << set << ": " << *value << ' ' << test.unit << ", " << *value / test.minimum
        << " times what ISO 23089 asks for (" << test.minimum
        << ", quoted in Huang et al. 2023, Int J Bioprinting 9(3):697 [B])" << std::endl;
  }
  const auto device = figures.design.further.find("axial_stiffness_n_mm");
  if (set != "f2267_compression" || !figures.cases[0].stiffness || device == figures.design.further.end())
    return;
  const double both = *figures.cases[0].stiffness;
  if (device->second <= both)
    return;
  const double foam = both * device->second / (device->second - both);
  summary.further["bench_stiffness_n_mm"] = both;
  summary.further["block_stiffness_n_mm"] = foam;
  out << "Bench test    " << set << ": " << both << " N/mm with cage and blocks, " << device->second
      << " N/mm of the cage between rigid platens, so that the blocks have " << foam << " N/mm" << std::endl;
}

/// From the largest rotation one way to the largest the other way over the load cases, degrees.
double range_of_motion(const SegmentFigures &figures, const unsigned int axis)
{
  double least = 0, most = 0;
  for (const auto &entry : figures.cases) {
    least = std::min(least, entry.motion[3 + axis]);
    most = std::max(most, entry.motion[3 + axis]);
  }
  return degrees * (most - least);
}

void print(const SegmentFigures &figures, std::ostream &out)
{
  std::ostringstream text;
  text << '\n'
       << std::left << std::setw(26) << "Load case" << std::right
       << "   translation x, y, z [mm]       rotation x, y, z [deg]    along force   about moment   overstrained\n"
       << std::fixed;
  for (const auto &entry : figures.cases) {
    text << "  " << std::left << std::setw(24) << entry.name << std::right << std::setprecision(4);
    for (unsigned int i = 0; i < 6; ++i)
      text << std::setw(9) << entry.motion[i] * (i < 3 ? 1. : degrees);
    const auto show = [&](const std::optional<double> &value, const char *unit, const int precision) {
      text << std::setprecision(precision) << std::setw(10);
      if (value)
        text << *value << unit;
      else
        text << "-" << std::string(std::char_traits<char>::length(unit), ' ');
    };
    show(entry.stiffness, " N/mm", 0);
    show(entry.rotational_stiffness, " Nm/deg", 3);
    text << std::setprecision(0) << std::setw(9) << entry.overstrained << " mm3\n";
  }
  out << text.str() << std::endl;
}

} // namespace

inputs::ExitCode solve_segment(const CommandLine &line, const Case &given, RunMemory &memory, Terminal &terminal,
                               MPI_Comm comm)
{
  const auto start = std::chrono::steady_clock::now();
  auto &out = terminal.out();
  const DesignChoice choice(line.design);
  CaseEntries asked = given; // one analysis has no goal to reach
  asked.goal.on_unreachable = "closest";
  asked.goal.stated_constraints.clear();
  asked.uncertainty = UncertaintyParameters();
  asked.goal.compare_with_finer_mesh = false;
  asked.parametrisation = ParametrisationParameters();
  Study study(asked, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  const auto files = choice.files(given.parametrisation);
  for (const auto &file : files)
    provenance.add_input(file);
  study.describe(out);
  memory.plan(asked, study, out);
  memory.refuse_if_short();

  postprocess::RunSummary summary;
  if (const auto rotation = study.check_follower_load(out))
    summary.further["follower_load_rotation_deg"] = *rotation;
  SegmentFigures figures;
  if (choice.is_intact()) {
    figures = analyse_intact(study, folder);
  } else {
    std::ostringstream unread; // of the goal, which is not asked for
    study.prepare(unread);
    const auto state = choice.state(study, given.parametrisation);
    const auto assessed = study.assess(state).figures;
    auto &analysis = study.analysis();
    auto &u = analysis.displacements();
    figures = measure(study, analysis.load_cases(), u, given.interface.is_contact(),
                      [&](const std::size_t k) { return analysis.present_stiffness(k); });
    figures.design = assessed;
    write_view(study, figures, analysis.load_cases(), u, &state, folder);
    summary.further["reaction_imbalance"] = analysis.reaction_imbalance();
    summary.iterations = analysis.state_report().iterations;
  }

  summary.converged = true;
  summary.stop_reason = "the displacements meet the tolerance of the linear solver";
  summary.unknowns = study.domain().n_unknowns();
  summary.designs = {{!files.empty() ? "file" : choice.is_intact() ? "intact" : "cage", figures.design}};
  summary.further["design"] = choice.name();
  summary.further["calibration"] = study.patient()->calibration.description();
  if (!study.planned_correction().empty())
    summary.further["planned_correction"] = study.planned_correction();
  if (figures.compliance) {
    const auto stiffness = inverse(*figures.compliance);
    summary.further["stiffness_shear_x_n_mm"] = stiffness[0][0];
    summary.further["stiffness_shear_y_n_mm"] = stiffness[1][1];
    summary.further["stiffness_axial_n_mm"] = stiffness[2][2];
    const char *axes[] = {"flexion_extension", "lateral_bending", "axial_rotation"};
    for (unsigned int axis = 0; axis < 3; ++axis)
      summary.further[std::string("stiffness_") + axes[axis] + "_nm_deg"] =
          stiffness[3 + axis][3 + axis] / (nmm_per_nm * degrees);
  }
  const char *motions[] = {"flexion_extension", "lateral_bending", "axial_rotation"};
  for (unsigned int axis = 0; axis < 3; ++axis)
    summary.further[std::string("range_of_motion_") + motions[axis] + "_deg"] = range_of_motion(figures, axis);
  print(figures, out);
  if (given.patient.source == "blocks" && line.design != "intact")
    add_bench_figures(given.loads.set, figures, summary, out);
  memory.compare(summary, out);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out << "Results in " << folder.path() << " after " << summary.seconds << " s: summary.json, load_cases.csv"
      << (figures.compliance ? ", stiffness.csv" : "") << ", solution.pvd" << std::endl;
  terminal.close_log();
  inputs::on_root(comm, [&] {
    summary.write(folder.summary());
    postprocess::write_atomically(folder.path() + "/load_cases.csv", load_case_table(figures));
    if (figures.compliance)
      postprocess::write_atomically(folder.path() + "/stiffness.csv", stiffness_table(*figures.compliance));
  });
  provenance.write(folder.path());
  return inputs::ExitCode::done;
}

} // namespace cageopt
