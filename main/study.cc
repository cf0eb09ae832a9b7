#include <main/study.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <inputs/error.h>

namespace cageopt {

using namespace optimizer;
using inputs::CubicStiffness;

namespace {

std::string describe_solve(const solver::SolveReport &report)
{
  std::ostringstream text;
  text << report.iterations << " iterations, residual " << std::setprecision(2)
       << *std::max_element(report.relative_residual.begin(), report.relative_residual.end());
  return text.str();
}

/// The bony endplate's thickness, or a voxel where the image is coarser, mm.
double endplate_layer(const inputs::Patient &patient)
{
  const auto spacing = patient.bmd.grid.spacing();
  return std::max(1.25, std::max({spacing[0], spacing[1], spacing[2]}));
}

} // namespace

Study::Study(const Case &given, MPI_Comm comm) : given(given), comm(comm)
{
  stiffness_law = make_stiffness_law(given.law, given.data_directory(), comm);
  if (given.is_patient()) {
    cases = inputs::load_cases(given.loads);
    subject = std::make_unique<inputs::Patient>(inputs::read_patient(given.patient, given.data_directory(), comm));
    patient_domain = std::make_unique<meshing::PatientDomain>(*subject, given.cage, given.mesh, comm);
    design_domain = &patient_domain->domain();
    if (given.goal.target_measure == "value") {
      bone_modulus = given.goal.target_modulus;
    } else {
      const double layer = endplate_layer(*subject);
      const auto bone = given.goal.target_measure == "endplate_layer" ? patient_domain->measure_bone(0., layer)
                                                                      : patient_domain->measure_bone(layer, layer + 5.);
      bone_modulus = bone.modulus;
    }
  } else {
    cantilever = std::make_unique<meshing::DesignDomain>(meshing::make_cantilever_domain(given.cantilever, comm));
    design_domain = cantilever.get();
    cases = {{"tip load", {1, 0, 0, 0, 0, 0}, 1., "Aage, Andreassen & Lazarov 2015"}};
  }
  std::uint64_t n_design =
      std::count(design_domain->region.begin(), design_domain->region.end(), meshing::Region::design);
  MPI_Allreduce(MPI_IN_PLACE, &n_design, 1, MPI_UINT64_T, MPI_SUM, comm);
  if (n_design == 0)
    throw inputs::InputError("The design region", "empty", "nothing is left to optimise",
                             "lower 'Cage/Window share' and 'Cage/Frame thickness', or 'Mesh/Cell size'");
}

void Study::describe(std::ostream &out) const
{
  out << std::fixed << std::setprecision(1);
  if (patient_domain) {
    const auto &frame = patient_domain->frame();
    const auto &cage = patient_domain->cage();
    const auto &report = patient_domain->report();
    out << "Patient       " << subject->name << ", level " << subject->level.name << '\n'
        << "Calibration   " << subject->calibration.description() << '\n'
        << "Bone law      " << subject->bone_law.id() << ", " << subject->bone_law.citation() << '\n';
    const double layer = endplate_layer(*subject);
    const auto trabecular = patient_domain->measure_bone(layer, layer + 5.);
    const auto endplate = patient_domain->measure_bone(0., layer);
    out << "Bone beside   trabecular, 5 mm: caudal " << trabecular.caudal_bmd << ", cranial " << trabecular.cranial_bmd
        << " mg/cm3 -> " << trabecular.modulus << " MPa;  endplate layer " << layer << " mm: " << endplate.bmd
        << " mg/cm3 -> " << endplate.modulus << " MPa\n"
        << "Target        " << *bone_modulus << " MPa (" << given.goal.target_measure << ")\n"
        << "Disc space    lordosis " << frame.lordosis << " deg, endplates face each other over "
        << patient_domain->endplates().area() << " mm2 (" << patient_domain->endplates().width() << " x "
        << patient_domain->endplates().depth() << " mm)\n"
        << "Cage          ALIF " << cage.width() << " x " << cage.depth() << " mm, mean height " << cage.mean_height()
        << " mm, footprint " << cage.footprint_area() << " mm2 (" << 100 * cage.coverage()
        << " % of the endplates), window " << cage.window_area() << " mm2\n"
        << "Mesh          " << report.n_cells << " cells, " << report.n_unknowns << " unknowns, z " << report.z_bottom
        << " to " << report.z_top << " mm\n"
        << "Volumes       bone in the mesh " << report.bone_volume / 1000 << " cm3, labelled between the end planes "
        << report.label_volume / 1000 << " cm3; ";
    const char *names[] = {"", "cranial bone", "caudal bone", "disc", "design", "frame", "window"};
    for (int region = 1; region <= 6; ++region)
      out << names[region] << ' ' << report.cells_by_region[region] << (region < 6 ? ", " : " cells\n");
    if (report.n_removed_cells > 0)
      out << "              " << report.n_removed_cells << " cells hung on nothing and were left out\n";
    out << "Not modelled  facet joints, ligaments, muscles, posterior elements\n";
    for (const auto &warning : subject->warnings)
      out << "Warning: " << warning << '\n';
    for (const auto &warning : report.warnings)
      out << "Warning: " << warning << '\n';
  } else {
    out << "Cantilever    " << design_domain->mesh.n_global_cells() << " cells, " << design_domain->n_unknowns()
        << " unknowns\n";
  }
  out << "Law           " << stiffness_law->name() << ", " << stiffness_law->citation() << '\n';
  for (const auto &load_case : cases)
    out << "Load case     " << load_case.name << ", weight " << std::setprecision(4) << load_case.weight << ", "
        << load_case.citation << '\n';
  out << std::defaultfloat << std::setprecision(6) << std::flush;
}

DesignState Study::uniform_state(const double density) const
{
  return state_of(*stiffness_law, DesignVector(segment_analysis->design_cells().size(), density));
}

DesignState Study::solid_state() const { return uniform_state(1.); }

void Study::prepare(std::ostream &out)
{
  segment_analysis = std::make_unique<SegmentAnalysis>(*design_domain, given.solver);
  filter = std::make_unique<HelmholtzFilter>(*design_domain, segment_analysis->design_cells(), given.filter.radius);
  design_map = std::make_unique<Parametrisation>(*filter, *stiffness_law);
  const auto loads = load_matrix(cases);
  compliance = std::make_unique<Compliance>(*segment_analysis, loads);
  volume_fraction = std::make_unique<VolumeFraction>(*design_domain, segment_analysis->design_cells());
  if (patient_domain)
    prepare_patient(out);

  Response *objective = compliance.get();
  if (given.goal.objective == "strain_mismatch_intact")
    objective = mismatch_intact.get();
  else if (given.goal.objective == "strain_mismatch_graft")
    objective = mismatch_graft.get();
  std::vector<ResponseConstraint> constraints;
  if (effective_modulus && given.goal.match_modulus) {
    if (upper_bound_modulus > 0)
      constraints.push_back({effective_modulus.get(), true, upper_bound_modulus});
    if (lower_bound_modulus > 0)
      constraints.push_back({effective_modulus.get(), false, lower_bound_modulus});
  }
  if (given.goal.maximum_volume_fraction < 1.)
    constraints.push_back({volume_fraction.get(), true, given.goal.maximum_volume_fraction});
  std::vector<Response *> reported = {compliance.get(), volume_fraction.get()};
  if (patient_domain)
    for (Response *response :
         std::initializer_list<Response *>{effective_modulus.get(), mismatch_intact.get(), mismatch_graft.get()})
      reported.push_back(response);
  response_problem = std::make_unique<ResponseProblem>(*segment_analysis, *design_map, *objective,
                                                       std::move(constraints), std::move(reported));
}

void Study::prepare_patient(std::ostream &out)
{
  effective_modulus = std::make_unique<EffectiveModulus>(*design_domain, given.solver);
  check_feasibility(out);
  const auto loads = load_matrix(cases);
  const auto near_cage = bone_near_cage(*design_domain, given.goal.strain_distance);
  const auto graft = CubicStiffness::isotropic(*bone_modulus, subject->poissons_ratio);
  mismatch_intact = std::make_unique<StrainMismatch>("strain_mismatch_intact", *segment_analysis, loads, near_cage,
                                                     segment_analysis->displacements_for(segment_analysis->intact()));
  out << "Reference     intact segment solved: " << describe_solve(segment_analysis->last_report()) << '\n';
  mismatch_graft =
      std::make_unique<StrainMismatch>("strain_mismatch_graft", *segment_analysis, loads, near_cage,
                                       segment_analysis->displacements_for(segment_analysis->with_envelope(graft)));
  out << "Reference     envelope at the target modulus solved: " << describe_solve(segment_analysis->last_report())
      << std::endl;
}

void Study::check_feasibility(std::ostream &out)
{
  const double aimed_modulus = *bone_modulus;
  const double tolerance = given.goal.modulus_tolerance;
  const double softest = effective_modulus->evaluate(uniform_state(stiffness_law->lower_density()), nullptr);
  const double stiffest = effective_modulus->evaluate(uniform_state(stiffness_law->upper_density()), nullptr);
  lower_bound_modulus = (1. - tolerance) * aimed_modulus;
  upper_bound_modulus = (1. + tolerance) * aimed_modulus;
  out << std::fixed << std::setprecision(1) << "Feasibility   effective modulus from " << softest << " MPa (density "
      << std::setprecision(2) << stiffness_law->lower_density() << ") to " << std::setprecision(1) << stiffest
      << " MPa (density " << std::setprecision(2) << stiffness_law->upper_density()
      << "), frame and window counted; target " << std::setprecision(1) << aimed_modulus << " MPa\n"
      << std::defaultfloat << std::setprecision(6);
  const bool too_stiff = softest > upper_bound_modulus, too_soft = stiffest < lower_bound_modulus;
  if (!given.goal.match_modulus || !(too_stiff || too_soft))
    return;
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << "The target modulus " << aimed_modulus << " MPa cannot be reached: the "
       << (too_stiff ? "softest" : "stiffest") << " printable cage of this envelope has "
       << (too_stiff ? softest : stiffest) << " MPa at relative density " << std::setprecision(2)
       << (too_stiff ? stiffness_law->lower_density() : stiffness_law->upper_density()) << ". Way out: "
       << (too_stiff
               ? "a larger window ('Cage/Window share'), no or a lower frame ('Cage/Frame height share'), a softer "
                 "cell ('Stiffness law/Lattice file') or a lower 'Stiffness law/Minimum density'"
               : "a smaller window, a stiffer cell or a higher 'Stiffness law/Maximum density'")
       << ".";
  if (given.goal.on_unreachable == "stop")
    throw inputs::Error(inputs::ExitCode::infeasible,
                        text.str() + " ('Goal/On unreachable target = closest' would design for the closest modulus.)");
  if (too_stiff) {
    lower_bound_modulus = 0; // nothing softer exists
    upper_bound_modulus = (1. + tolerance) * softest;
  } else {
    lower_bound_modulus = (1. - tolerance) * stiffest;
    upper_bound_modulus = 0;
  }
  text << std::setprecision(1) << " Designing for the closest, " << (too_stiff ? softest : stiffest) << " MPa.";
  infeasible_text = text.str();
  out << infeasible_text << std::endl;
}

StrainField Study::strain_field(const DesignState &state, solver::BlockVector<double> &displacements)
{
  return optimizer::strain_field(*design_domain, segment_analysis->with_cage(state), cases, displacements);
}

Study::Assessment Study::assess(const DesignState &state)
{
  Assessment result;
  auto u = segment_analysis->displacements_for(segment_analysis->with_cage(state));
  auto &figures = result.figures;
  const double modulus = effective_modulus->evaluate(state, nullptr);
  figures.strain_mismatch_intact = mismatch_intact->value_for(u);
  figures.strain_mismatch_graft = mismatch_graft->value_for(u);
  const auto field = strain_field(state, u);
  figures.overstrained_volume_mm3 =
      overstrained_volume(*design_domain, field, given.goal.strain_distance, given.goal.overstrain_threshold,
                          given.goal.overstrain_threshold);
  figures.further["volume_beyond_yield_strain_mm3"] =
      overstrained_volume(*design_domain, field, given.goal.strain_distance, subject->yield_strain_compression,
                          subject->yield_strain_tension);
  figures.further["effective_modulus_mpa"] = modulus;
  const double fraction = volume_fraction->evaluate(state, nullptr);
  figures.further["volume_fraction"] = fraction;
  const auto energy = segment_analysis->dot_matrix(segment_analysis->loads(), u);
  const auto loads = load_matrix(cases);
  const double work = contract(loads, energy);
  figures.further["compliance_n_mm"] = work;
  result.objective = given.goal.objective == "compliance"
                         ? work
                         : (given.goal.objective == "strain_mismatch_intact" ? *figures.strain_mismatch_intact
                                                                             : *figures.strain_mismatch_graft);
  return result;
}

double Study::best_uniform_density(std::ostream &out)
{
  double low = stiffness_law->lower_density(), high = stiffness_law->upper_density();
  // The effective modulus rises with the density, so each bound on it is a bound on the density.
  const auto density_at = [&](const double modulus) {
    double below = stiffness_law->lower_density(), above = stiffness_law->upper_density();
    for (int iteration = 0; iteration < 20; ++iteration) {
      const double middle = .5 * (below + above);
      (effective_modulus->evaluate(uniform_state(middle), nullptr) < modulus ? below : above) = middle;
    }
    return std::pair<double, double>(below, above);
  };
  if (given.goal.match_modulus) {
    if (upper_bound_modulus > 0 && effective_modulus->evaluate(uniform_state(high), nullptr) > upper_bound_modulus)
      high = density_at(upper_bound_modulus).first;
    if (lower_bound_modulus > 0 && effective_modulus->evaluate(uniform_state(low), nullptr) < lower_bound_modulus)
      low = density_at(lower_bound_modulus).second;
  }
  high = std::max(low, std::min(high, std::max(low, given.goal.maximum_volume_fraction)));
  const auto objective_at = [&](const double density) { return assess(uniform_state(density)).objective; };
  // A coarse scan, because the objective need not have one minimum only, then golden section around the best.
  constexpr int n_scan = 4;
  double best = low, best_value = objective_at(low);
  if (high - low > 1e-6) {
    for (int i = 1; i <= n_scan; ++i) {
      const double density = low + (high - low) * i / n_scan;
      const double value = objective_at(density);
      if (value < best_value) {
        best = density;
        best_value = value;
      }
    }
    double left = std::max(low, best - (high - low) / n_scan), right = std::min(high, best + (high - low) / n_scan);
    constexpr double golden = .61803398874989485;
    double x1 = right - golden * (right - left), x2 = left + golden * (right - left);
    double f1 = objective_at(x1), f2 = objective_at(x2);
    for (int iteration = 0; iteration < 5; ++iteration)
      if (f1 < f2) {
        right = x2;
        x2 = x1;
        f2 = f1;
        x1 = right - golden * (right - left);
        f1 = objective_at(x1);
      } else {
        left = x1;
        x1 = x2;
        f1 = f2;
        x2 = left + golden * (right - left);
        f2 = objective_at(x2);
      }
    for (const auto &[density, value] : {std::pair{x1, f1}, std::pair{x2, f2}})
      if (value < best_value) {
        best = density;
        best_value = value;
      }
  }
  out << "Best uniform  density " << std::fixed << std::setprecision(4) << best << " among " << low << " to " << high
      << std::defaultfloat << std::setprecision(6) << ", " << given.goal.objective << ' ' << best_value << std::endl;
  return best;
}

double Study::refined_effective_modulus(const std::vector<double> &density) const
{
  const auto &domain = *design_domain;
  const auto &mesh = domain.mesh;
  // Density at nodes, the mean over the design cells around, so that new cells at the envelope's rim have one too.
  std::vector<double> sums(std::size_t(mesh.n_local_nodes()) * 2, 0.);
  const auto &design_cells = segment_analysis->design_cells();
  for (std::size_t i = 0; i < design_cells.size(); ++i)
    for (const auto node : mesh.nodes_of(design_cells[i])) {
      sums[2 * std::size_t(node)] += density[i];
      sums[2 * std::size_t(node) + 1] += 1;
    }
  mesh.fold_hanging(sums.data(), 2);
  mesh.halo().add_ghosts_to_owners(sums.data(), 2);
  mesh.halo().update_ghosts(sums.data(), 2);
  mesh.interpolate_hanging(sums.data(), 2);
  std::vector<double> own_density(mesh.n_cells(), -1.);
  for (std::size_t i = 0; i < design_cells.size(); ++i)
    own_density[design_cells[i]] = density[i];

  const auto design_to_index = subject->labels.grid.index_to_world.inverse() * patient_domain->frame().design_to_world;
  std::vector<optimizer::PlatenTest::Cell> cells;
  std::vector<inputs::CellStiffness> stiffness;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const auto &leaf = mesh.cell(cell);
    const bool near = meshing::is_cage(domain.region[cell]) || domain.cage_distance[cell] <= 2. * domain.unit;
    if (leaf.level > 0 || !near)
      continue;
    double mean = own_density[cell];
    if (mean < 0) {
      double sum = 0, n = 0;
      for (const auto node : mesh.nodes_of(cell)) {
        sum += sums[2 * std::size_t(node)];
        n += sums[2 * std::size_t(node) + 1];
      }
      mean = n > 0 ? sum / n : stiffness_law->lower_density();
    }
    mean = std::clamp(mean, stiffness_law->lower_density(), stiffness_law->upper_density());
    for (unsigned int child = 0; child < 8; ++child) {
      std::array<int, 4> count{};
      constexpr int n = 3;
      const auto corner = leaf.vertex(0);
      for (int k = 0; k < n; ++k)
        for (int j = 0; j < n; ++j)
          for (int i = 0; i < n; ++i) {
            const std::array<double, 3> at = {corner[0] + .5 * (child & 1) + .5 * (i + .5) / n,
                                              corner[1] + .5 * (child >> 1 & 1) + .5 * (j + .5) / n,
                                              corner[2] + .5 * (child >> 2 & 1) + .5 * (k + .5) / n};
            const inputs::Point point = {domain.origin[0] + domain.unit * at[0], domain.origin[1] + domain.unit * at[1],
                                         domain.origin[2] + domain.unit * at[2]};
            ++count[static_cast<int>(meshing::cage_part_at(*subject, patient_domain->cage(), design_to_index, point))];
          }
      if (2 * count[0] >= n * n * n)
        continue;
      const auto part =
          static_cast<meshing::CagePart>(std::max_element(count.begin() + 1, count.end()) - count.begin());
      const meshing::OctreeCell small = {{2 * corner[0] + std::int32_t(child & 1),
                                          2 * corner[1] + std::int32_t(child >> 1 & 1),
                                          2 * corner[2] + std::int32_t(child >> 2 & 1)},
                                         0};
      cells.push_back({small, part == meshing::CagePart::window});
      if (part == meshing::CagePart::design)
        stiffness.push_back(stiffness_law->stiffness(mean));
      else if (part == meshing::CagePart::frame)
        stiffness.push_back(domain.frame);
    }
  }
  optimizer::PlatenTest test(comm, cells, .5 * domain.unit, given.solver);
  return test.effective_modulus(stiffness);
}

} // namespace cageopt
