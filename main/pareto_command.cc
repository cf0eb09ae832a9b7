#include <main/pareto_command.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <set>
#include <sstream>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <main/optimisation.h>
#include <main/run_folder.h>
#include <main/uniform_search.h>
#include <postprocess/domain_view.h>
#include <postprocess/pvd_series.h>
#include <postprocess/scatter_plot.h>

namespace cageopt {

using namespace optimizer;

namespace {

struct Point
{
  std::string footprint;
  double tolerance = 0, share = 0; ///< NaN: a design for comparison
  bool converged = false;
  unsigned int iterations = 0;
  double modulus = 0, target = 0, mismatch = 0, graft = 0, overstrained = 0, beyond_yield = 0, violation = 0;
  bool is_dominated = false;

  double modulus_error() const { return std::abs(modulus / target - 1.); }
  /// At least as good in all of modulus error, mismatch and overstrain, and better in one.
  bool dominates(const Point &other) const
  {
    const double a[] = {modulus_error(), mismatch, overstrained},
                 b[] = {other.modulus_error(), other.mismatch, other.overstrained};
    bool is_better = false;
    for (int i = 0; i < 3; ++i) {
      if (a[i] > b[i] * (1. + 1e-9))
        return false;
      is_better = is_better || a[i] < b[i] * (1. - 1e-3);
    }
    return is_better;
  }
};

std::string table(const std::vector<Point> &points)
{
  std::ostringstream text;
  text << "point,footprint,modulus_tolerance [-],overstrain_share [-],effective_modulus [MPa],"
          "effective_modulus_target [MPa],modulus_error [-],strain_mismatch_intact [-],strain_mismatch_graft [-],"
          "overstrained_volume [mm3],volume_beyond_yield_strain [mm3],constraint_violation [-],iterations,converged,"
          "dominated\n";
  text << std::setprecision(7);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto &point = points[i];
    text << i << ',' << point.footprint << ',' << point.tolerance << ',' << point.share << ',' << point.modulus << ','
         << point.target << ',' << point.modulus_error() << ',' << point.mismatch << ',' << point.graft << ','
         << point.overstrained << ',' << point.beyond_yield << ',' << point.violation << ',' << point.iterations << ','
         << (point.converged ? "yes" : "no") << ',' << (point.is_dominated ? "yes" : "no") << '\n';
  }
  return text.str();
}

/// Keeps what was found on disk after each point: table, plot and ParaView series.
class Front
{
public:
  Front(const CaseEntries &given, const postprocess::OutputFolder &folder, MPI_Comm comm)
      : folder(folder), comm(comm), writer(comm, folder.path(), given.field_files),
        series(comm, folder.path() + "/pareto.pvd")
  {
  }

  void add(Study &study, Point point, const DesignState &state, std::ostream &out)
  {
    const auto assessment = study.assess(state);
    const auto &figures = assessment.figures;
    point.target = study.modulus_target()->modulus;
    point.modulus = figures.further.at("effective_modulus_mpa");
    point.mismatch = *figures.strain_mismatch_intact;
    point.graft = *figures.strain_mismatch_graft;
    point.overstrained = *figures.overstrained_volume_mm3;
    point.beyond_yield = figures.further.at("volume_beyond_yield_strain_mm3");
    points.push_back(point);
    for (auto &one : points)
      one.is_dominated =
          std::any_of(points.begin(), points.end(), [&](const Point &other) { return other.dominates(one); });
    write();

    auto view = postprocess::view_of(study.domain(), study.analysis().with_cage(state));
    for (const auto &[name, values] : study.parametrisation().fields(state))
      view.cell_arrays.push_back(
          postprocess::design_array(name, study.domain(), study.analysis().design_cells(), values));
    const auto strain = study.strain_field(state);
    view.cell_arrays.push_back({"strain_min_principal", "1", 1, strain.min_principal});
    view.cell_arrays.push_back({"strain_max_principal", "1", 1, strain.max_principal});
    const auto number = points.size() - 1;
    series.append(double(number), writer.write("solution/point_" + std::to_string(number), view));
    out << std::setw(5) << number << "  " << std::setw(14) << std::left << point.footprint << std::right
        << std::setprecision(3) << std::setw(10) << point.tolerance << std::setw(10) << point.share
        << std::setprecision(4) << std::setw(12) << point.modulus << std::setw(12) << point.modulus_error()
        << std::setw(12) << point.mismatch << std::setw(12) << point.overstrained << std::setw(7) << point.iterations
        << (point.converged ? "" : "  not converged") << std::endl;
  }

  const std::vector<Point> &all() const { return points; }

private:
  void write() const
  {
    inputs::on_root(comm, [&] {
      postprocess::write_atomically(folder.path() + "/pareto.csv", table(points));
      postprocess::ScatterPlot plot;
      plot.panels = {{"effective modulus error [-]", "strain mismatch to intact [-]", {}},
                     {"overstrained bone [mm3]", "strain mismatch to intact [-]", {}}};
      for (std::size_t i = 0; i < points.size(); ++i) {
        const auto &point = points[i];
        plot.panels[0].points.push_back(
            {point.modulus_error(), point.mismatch, point.footprint, std::to_string(i), !point.is_dominated});
        plot.panels[1].points.push_back(
            {point.overstrained, point.mismatch, point.footprint, std::to_string(i), !point.is_dominated});
      }
      postprocess::write_atomically(folder.path() + "/pareto.svg", plot.svg());
    });
  }

  const postprocess::OutputFolder &folder;
  MPI_Comm comm;
  postprocess::VtuWriter writer;
  postprocess::PvdSeries series;
  std::vector<Point> points;
};

} // namespace

inputs::ExitCode pareto_command(const CommandLine &line, MPI_Comm comm)
{
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  if (!given.is_patient())
    throw inputs::InputError("'Problem'", "'" + given.problem + "'",
                             "the sweep trades bone strain against the bone's modulus", "use a patient");
  CaseEntries entries = given;
  entries.goal.objective = "strain_mismatch_intact";
  entries.goal.match_modulus = true;
  entries.goal.on_unreachable = "closest";
  const std::string stated = given.goal.stated_constraints;
  const auto footprints = given.pareto.footprint_list();
  const auto tolerances = given.pareto.tolerance_list(), shares = given.pareto.share_list();
  for (const auto &footprint : footprints) { // before anything is computed
    auto cage = given.cage;
    footprint.apply(cage);
    cage.check();
  }
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  Front front(given, folder, comm);
  out << "Sweep         " << footprints.size() << " footprints x " << tolerances.size() << " modulus tolerances x "
      << shares.size() << " overstrain bounds; objective strain_mismatch_intact\n\n";
  bool all_converged = true;
  std::set<std::string> told; // warnings, each once
  for (const auto &footprint : footprints) {
    entries.cage = given.cage;
    footprint.apply(entries.cage);
    entries.goal.modulus_tolerance = tolerances.front();
    entries.goal.stated_constraints = stated;
    Study study(entries, comm);
    if (&footprint == &footprints.front())
      out << "Calibration   " << study.patient()->calibration.description() << '\n';
    for (const auto *warnings : {&study.patient()->warnings, &study.segment()->report().warnings})
      for (const auto &warning : *warnings)
        if (told.insert(warning).second)
          out << "Warning: " << warning << '\n';
    study.prepare(out);
    const auto uniform = best_uniform_design(study, out);
    const double none = std::nan("");
    out << "point  footprint      tolerance     share     modulus       error    mismatch  overstrain  iterations\n";
    front.add(study, {footprint.name + ": solid titanium", none, none, true}, study.uniform_state(1.), out);
    front.add(study, {footprint.name + ": best uniform", none, none, true}, study.uniform_state(uniform.density), out);
    DesignVector start = study.parametrisation().uniform(
        given.parametrisation.start_density > 0 ? given.parametrisation.start_density : uniform.density);
    for (const double tolerance : tolerances) {
      entries.goal.modulus_tolerance = tolerance;
      DesignVector x = start;
      double free_volume = 0; // the smooth measure, which the constraint bounds
      for (const double share : shares) {
        entries.goal.stated_constraints = stated;
        if (share < 1.) {
          if (free_volume == 0)
            free_volume = study.responses().get("overstrained_volume").evaluate(study.problem().state(), nullptr);
          std::ostringstream bound;
          bound << stated << (stated.empty() ? "" : "; ") << "overstrained_volume <= " << std::setprecision(12)
                << share * free_volume;
          entries.goal.stated_constraints = bound.str();
        }
        std::ostringstream unread;
        study.restate(unread);
        SilentSink quiet;
        const auto result = optimise(study, x, quiet);
        all_converged = all_converged && result.converged;
        const auto state = study.problem().state();
        front.add(study,
                  {footprint.name, tolerance, share, result.converged, result.last.iteration, 0, 0, 0, 0, 0, 0,
                   result.last.max_constraint_violation},
                  state, out);
        if (share == shares.front())
          start = x; // the next tolerance begins where this one ended
      }
    }
  }
  const auto n_best =
      std::count_if(front.all().begin(), front.all().end(), [](const auto &p) { return !p.is_dominated; });
  out << '\n'
      << n_best << " of " << front.all().size() << " designs are not dominated. Results in " << folder.path()
      << ": pareto.csv, pareto.svg, pareto.pvd" << std::endl;
  terminal.close_log();
  provenance.write(folder.path());
  return all_converged ? inputs::ExitCode::done : inputs::ExitCode::not_converged;
}

} // namespace cageopt
