#include <main/study.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <meshing/cage_fit.h>
#include <meshing/cage_support.h>
#include <optimizer/contact_analysis.h>
#include <optimizer/interface_figures.h>

namespace cageopt {

using namespace optimizer;

namespace {

/// The patient's bone law and the further ones of the case, as functions of the patient's density.
BoneModel bone_model(const inputs::Patient &patient, const UncertaintyParameters &uncertainty)
{
  const auto function = [measure = patient.density_measure()](const inputs::BoneLaw &law) {
    return [law, measure](const double bmd) {
      return measure == inputs::DensityMeasure::caha ? law.youngs_modulus(inputs::CahaDensity(bmd))
                                                     : law.youngs_modulus(inputs::K2hpo4Density(bmd));
    };
  };
  BoneModel model;
  model.modulus.push_back(function(patient.bone_law));
  for (const auto &name : uncertainty.bone_law_list())
    model.modulus.push_back(function(inputs::BoneLaw(name)));
  model.intercept = patient.calibration.already_calibrated() ? 0. : patient.calibration.intercept();
  return model;
}

} // namespace

Study::Study(const CaseEntries &given, MPI_Comm comm, const meshing::Refinement &refinement)
    : given(given), communicator(comm)
{
  if (given.is_specimen())
    throw inputs::InputError("'Problem'", "'specimen'", "a specimen has nothing to design",
                             "use 'cageopt solve' or 'cageopt validate', or another problem");
  stiffness_law = make_stiffness_law(given.law, given.data_directory, comm);
  if (const double start = given.parametrisation.start_density;
      start > stiffness_law->upper_density() ||
      (start > 0 && given.parametrisation.fields == "density" && start < stiffness_law->lower_density())) {
    std::ostringstream value, rule;
    value << start;
    rule << "the law's densities go from " << stiffness_law->lower_density() << " to "
         << stiffness_law->upper_density();
    throw inputs::InputError("'Parametrisation/Start density'", value.str(), rule.str(),
                             "start between them, or leave it out: the best uniform density is found");
  }
  if (given.is_patient()) {
    cases = inputs::load_cases(given.loads);
    subject = std::make_unique<inputs::Patient>(inputs::read_patient(given.patient, given.data_directory, comm));
    if (given.correction.is_asked()) {
      meshing::PlannedCorrection planned(*subject, given.correction, comm);
      correction = planned.description();
      *subject = planned.release();
    }
    patient_domain =
        std::make_unique<meshing::PatientDomain>(*subject, given.cage, given.mesh, comm, refinement, given.fixation);
    design_domain = &patient_domain->domain();
    follower_is_directed = given.loads.follower_path != "least_rotation";
    if (given.loads.follower_path == "vertebral_centres") {
      const auto centres = meshing::body_centres(*subject);
      const auto to_design = patient_domain->frame().design_to_world.inverse();
      follower = unit_force(to_design(centres.cranial), to_design(centres.caudal));
      direct_follower_loads(cases, follower);
    }
    if (given.goal.target_measure == "value") {
      bone_modulus = given.goal.target_modulus;
    } else {
      const double layer = endplate_layer();
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

double Study::endplate_layer() const { return meshing::EndplateLayer::thickness(*subject); }

void Study::describe(std::ostream &out) const
{
  out << std::fixed << std::setprecision(1);
  if (patient_domain) {
    const auto &frame = patient_domain->frame();
    const auto &cage = patient_domain->cage();
    const auto &report = patient_domain->report();
    out << "Patient       " << subject->name << ", level " << subject->level.name << '\n'
        << "Labels        " << subject->label_summary << '\n'
        << "Calibration   " << subject->calibration.description() << '\n'
        << "Bone law      " << subject->bone_law.id() << ", " << subject->bone_law.citation()
        << (subject->transversely_isotropic ? "; transversely isotropic about z" : "; isotropic") << '\n';
    if (subject->cortex.is_on())
      out << "Cortex        " << subject->cortex.description() << '\n';
    const double layer = endplate_layer();
    const auto trabecular = patient_domain->measure_bone(layer, layer + 5.);
    const auto endplate = patient_domain->measure_bone(0., layer);
    out << "Bone beside   trabecular, 5 mm: caudal " << trabecular.caudal_bmd << ", cranial " << trabecular.cranial_bmd
        << " mg/cm3 -> " << trabecular.modulus << " MPa;  endplate layer " << layer << " mm: " << endplate.bmd
        << " mg/cm3 -> " << endplate.modulus << " MPa\n"
        << "Target        " << *bone_modulus << " MPa (" << given.goal.target_measure << ")\n"
        << (correction.empty() ? "" : "Correction    " + correction + '\n') << "Disc space    lordosis "
        << frame.lordosis << " deg, endplates face each other over " << patient_domain->endplates().area() << " mm2 ("
        << patient_domain->endplates().width() << " x " << patient_domain->endplates().depth() << " mm)\n"
        << "Cage          " << cage.parameters().family << ' ' << cage.width() << " x " << cage.depth()
        << " mm, mean height " << cage.mean_height() << " mm, footprint " << cage.footprint_area() << " mm2 ("
        << 100 * cage.coverage() << " % of the endplates), window " << cage.window_area() << " mm2\n";
    const meshing::CageSupport support(cage, patient_domain->endplates(), patient_domain->layer());
    const meshing::CageFit fit(cage, patient_domain->endplates(), *subject, frame.design_to_world);
    out << "Support       " << 100 * support.rim_share << " % of the cage's face and " << 100 * support.rim_edge_share
        << " % of its edge on the rim (" << 100 * support.rim_share_of_endplates
        << " % of the endplates); endplate layer beneath it caudal " << support.density[0] << ", cranial "
        << support.density[1] << " mg/cm3, of the endplates " << patient_domain->layer().mean_density(0) << " and "
        << patient_domain->layer().mean_density(1) << '\n'
        << "Fit           " << cage.parameters().faces << " faces, heights " << fit.smallest_height << " to "
        << fit.largest_height << " mm; caudal gap " << fit.caudal.gap_volume << ", overlap "
        << fit.caudal.overlap_volume << " mm3, cranial gap " << fit.cranial.gap_volume << ", overlap "
        << fit.cranial.overlap_volume << " mm3\n"
        << "Mesh          " << report.n_cells << " cells, " << report.n_unknowns << " unknowns, z " << report.z_bottom
        << " to " << report.z_top << " mm\n"
        << "Volumes       bone in the mesh " << report.bone_volume / 1000 << " cm3, labelled between the end planes "
        << report.label_volume / 1000 << " cm3; ";
    const int last = patient_domain->fixation().capsules().empty() ? 6 : 7;
    for (int region = 1; region <= last; ++region)
      out << meshing::region_names[region] << ' ' << report.cells_by_region[region]
          << (region < last ? ", " : " cells\n");
    const char *bodies[] = {"caudal ", "cranial"};
    for (int body = 1; body >= 0; --body) {
      const auto &mineral = report.mineral[body];
      out << (body == 1 ? "Mineral       " : "              ") << bodies[body] << ' ' << mineral.image
          << " mg in the image between the end planes, " << mineral.cells << " in the cells, " << mineral.cage
          << " where the cage is, " << mineral.left_out << " in cells left out ("
          << inputs::formatted("%+.0e", mineral.error()) << ")\n";
    }
    if (last == 7)
      out << "Fixation      " << patient_domain->fixation().capsules().size() << " screws and rods of "
          << given.fixation.youngs_modulus << " MPa, " << report.metal_volume
          << " mm3 in the mesh; bonded to the bone\n";
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
  if (!follower_is_directed)
    out << "Follower load least_rotation: where it acts is found by the first solve; until then the disc's centre\n";
  out << std::defaultfloat << std::setprecision(6) << std::flush;
}

DesignState Study::uniform_state(const double density) const
{
  return state_of(*stiffness_law, DesignVector(segment_analysis->design_cells().size(), density));
}

const LoadMatrix &Study::intact_compliance()
{
  if (!compliance_before) {
    SegmentAnalysis intact(*design_domain, given.solver, cases);
    auto u = intact.displacements_for(intact.intact());
    compliance_before = face_motion(*design_domain, u);
  }
  return *compliance_before;
}

void Study::direct_follower_load()
{
  if (follower_is_directed)
    return;
  follower = least_rotation_force(intact_compliance());
  direct_follower_loads(cases, follower);
  follower_is_directed = true;
}

std::optional<double> Study::check_follower_load(std::ostream &out)
{
  double largest = 0;
  for (const auto &load_case : cases)
    largest = std::max(largest, load_case.follower_load);
  if (!(largest > 0))
    return {};
  direct_follower_load();
  Wrench load = follower;
  for (double &component : load)
    component *= largest;
  const auto motion = times(intact_compliance(), load);
  const double rotation = rotation_degrees(motion);
  constexpr double tolerated = .5; // degrees
  std::ostringstream text;
  text << std::setprecision(3) << "Follower load " << largest << " N, " << given.loads.follower_path << ", through x "
       << -follower[4] / follower[2] + 0. << ", y " << follower[3] / follower[2] + 0.
       << " mm of the disc's mid-plane: turns the segment before surgery by " << rotation << " degrees (" << std::fixed
       << std::setprecision(3);
  const char *axes[] = {"about x", "y", "z"};
  for (unsigned int i = 0; i < 3; ++i)
    text << axes[i] << ' ' << rotation_degrees({{0, 0, 0, motion[3 + i], 0, 0}}) * (motion[3 + i] < 0 ? -1 : 1)
         << (i < 2 ? ", " : ")");
  out << text.str() << std::endl;
  if (rotation > tolerated)
    out << "Warning: a follower load alone should turn the segment by less than " << tolerated
        << " degrees. 'Loads/Follower path = least_rotation' sends it where it turns the segment least." << std::endl;
  return rotation;
}

void Study::prepare(std::ostream &out)
{
  direct_follower_load();
  if (given.interface.is_contact())
    segment_analysis = std::make_unique<ContactAnalysis>(*design_domain, given.solver, cases, given.interface);
  else
    segment_analysis = std::make_unique<SegmentAnalysis>(*design_domain, given.solver, cases);
  const auto &cells = segment_analysis->design_cells();
  if (given.filter.radius > 0)
    filter = std::make_unique<HelmholtzFilter>(*design_domain, cells, given.filter.radius);
  if (given.parametrisation.sagittal_symmetry)
    symmetry = std::make_unique<SagittalSymmetry>(*design_domain, cells);
  make_parametrisation();
  ResponseSettings settings;
  settings.solver = given.solver;
  settings.strain_distance = given.goal.strain_distance;
  settings.overstrain_threshold = given.goal.overstrain_threshold;
  settings.overstrain_width = given.goal.overstrain_width;
  settings.solid_yield_strength = given.law.solid_yield_strength;
  settings.fatigue_amplitude_share = given.goal.fatigue_amplitude_share;
  settings.lattice_fatigue_share = given.goal.lattice_fatigue_share;
  settings.frame_fatigue_share = given.goal.frame_fatigue_share;
  settings.local_density_radius = given.goal.local_density_radius;
  if (subject) {
    settings.endplate_layer = endplate_layer();
    settings.target_modulus = *bone_modulus;
    settings.poissons_ratio = subject->poissons_ratio;
    settings.yield_strain_compression = subject->yield_strain_compression;
    settings.yield_strain_tension = subject->yield_strain_tension;
  }
  catalogue = std::make_unique<ResponseCatalogue>(*segment_analysis, settings);
  if (given.uncertainty.is_on())
    scenario_set = std::make_unique<ScenarioSet>(*segment_analysis, *catalogue, settings,
                                                 given.uncertainty.scenarios(given.law.as_built_factor),
                                                 subject ? bone_model(*subject, given.uncertainty) : BoneModel());
  restate(out);
}

void Study::make_parametrisation()
{
  const auto &cells = segment_analysis->design_cells();
  const auto &asked = given.parametrisation;
  if (asked.fields != "level_set") {
    design_map = optimizer::make_parametrisation(asked, filter.get(), symmetry.get(), *stiffness_law, cells.size());
    return;
  }
  level_set_grid = std::make_unique<LevelSetGrid>(*design_domain, cells, given.filter.radius);
  const FieldMap density(filter.get(), nullptr, stiffness_law->lower_density(), stiffness_law->upper_density());
  // A power law is read as solid and void; what it has at density 0 is too soft for islands to be solved with.
  const bool is_lattice = given.law.law == "lattice";
  const double opening = is_lattice ? asked.opening_modulus : 1e-4 * given.law.solid_youngs_modulus;
  auto map = std::make_unique<LevelSetParametrisation>(*level_set_grid, is_lattice ? &density : nullptr, *stiffness_law,
                                                       inputs::CubicStiffness::isotropic(opening, .3),
                                                       given.level_set.start_period * given.filter.radius);
  level_set_map = map.get();
  design_map = std::move(map);
}

void Study::restate(std::ostream &out)
{
  if (patient_domain)
    target = find_modulus_target(*bone_modulus, given.goal, catalogue->effective_modulus(), *design_map, out);
  make_problem();
  refuse_impossible();
}

void Study::refuse_impossible()
{
  // These rise with the density of every cell, so that the lightest and the densest design are their extremes.
  const auto rises = [](const std::string &name) {
    return name == "volume_fraction" || name == "axial_stiffness" ||
           (name.find("modulus") != std::string::npos && name != "effective_modulus_error");
  };
  const auto refuse = [](const std::string &text) { throw inputs::Error(inputs::ExitCode::infeasible, text); };
  DesignVector lower, upper;
  design_map->bounds(lower, upper);
  for (const auto &stated : given.goal.constraints()) {
    if (!rises(stated.response))
      continue;
    auto &response = catalogue->get(stated.response);
    const double extreme = response.evaluate(design_map->state(stated.is_upper ? lower : upper), nullptr);
    if (ResponseConstraint{&response, stated.is_upper, stated.bound}.violation(extreme) > 1e-9) {
      std::ostringstream text;
      text << "'Goal/Constraints' asks for " << stated.response << (stated.is_upper ? " <= " : " >= ") << stated.bound
           << ' ' << response.unit() << ", but the " << (stated.is_upper ? "lightest" : "densest")
           << " design of this case has " << extreme
           << ". Way out: another bound, window ('Cage/Window share') or law.";
      refuse(text.str());
    }
    if (stated.response != "axial_stiffness" || !target || !given.goal.match_modulus)
      continue;
    // The stiffness is the modulus times area over height.
    const double per_modulus =
        extreme / catalogue->effective_modulus().evaluate(design_map->state(stated.is_upper ? lower : upper), nullptr);
    const double asked = stated.is_upper ? target->lower_bound : target->upper_bound;
    if (asked > 0 && (stated.is_upper ? asked * per_modulus > stated.bound : asked * per_modulus < stated.bound)) {
      std::ostringstream text;
      text << "'Goal/Constraints' asks for axial_stiffness " << (stated.is_upper ? "<= " : ">= ") << stated.bound
           << " N/mm, but a cage of this envelope with an effective modulus of " << asked
           << " MPa, as 'Match effective "
           << "modulus' allows at the " << (stated.is_upper ? "least" : "most") << ", has " << asked * per_modulus
           << ": they exclude each other. Way out: another bound, or 'Match effective modulus = false'.";
      refuse(text.str());
    }
  }
}

void Study::make_problem()
{
  std::vector<ResponseConstraint> constraints;
  if (target && given.goal.match_modulus) {
    if (target->upper_bound > 0)
      constraints.push_back({&catalogue->effective_modulus(), true, target->upper_bound});
    if (target->lower_bound > 0)
      constraints.push_back({&catalogue->effective_modulus(), false, target->lower_bound});
  }
  for (const auto &stated : given.goal.constraints())
    constraints.push_back({&catalogue->get(stated.response), stated.is_upper, stated.bound});
  std::vector<Response *> reported;
  for (const char *name : {"effective_modulus", "strain_mismatch_intact", "strain_mismatch_graft", "compliance",
                           "volume_fraction", "grayness"})
    if (patient_domain || !ResponseCatalogue::needs_patient(name))
      reported.push_back(&catalogue->get(name));
  response_problem =
      std::make_unique<ResponseProblem>(*segment_analysis, *design_map, catalogue->get(given.goal.objective),
                                        std::move(constraints), std::move(reported));
  if (given.uncertainty.is_optimised())
    scenario_problem =
        std::make_unique<ScenarioProblem>(*response_problem, *scenario_set, *design_map, given.uncertainty);
}

DesignProblem &Study::optimised_problem()
{
  return scenario_problem ? static_cast<DesignProblem &>(*scenario_problem) : *response_problem;
}

void Study::freeze_scaling(const bool frozen)
{
  if (scenario_problem)
    scenario_problem->freeze_scaling(frozen);
  else
    response_problem->freeze_scaling(frozen);
}

std::string Study::describe_constraints() const
{
  std::ostringstream text;
  text << std::setprecision(4);
  for (const auto &constraint : response_problem->constraints())
    text << (text.tellp() > 0 ? " and " : "") << constraint.response->name() << (constraint.is_upper ? " <= " : " >= ")
         << constraint.bound << (constraint.response->unit() == "-" ? "" : " " + constraint.response->unit());
  return text.tellp() > 0 ? text.str() : "no constraints";
}

StrainField Study::strain_field(const DesignState &state)
{
  auto &u = segment_analysis->displacements();
  const auto &columns = segment_analysis->load_cases();
  if (!given.interface.is_contact())
    return optimizer::strain_field(*design_domain, segment_analysis->with_cage(state), columns, u);
  // Each load case has the material of its own closed set.
  StrainField worst;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const auto field = optimizer::strain_field(*design_domain, segment_analysis->present_stiffness(k), {columns[k]}, u);
    if (k == 0)
      worst = field;
    for (std::size_t cell = 0; cell < field.min_principal.size(); ++cell) {
      worst.min_principal[cell] = std::min(worst.min_principal[cell], field.min_principal[cell]);
      worst.max_principal[cell] = std::max(worst.max_principal[cell], field.max_principal[cell]);
      worst.von_mises_stress[cell] = std::max(worst.von_mises_stress[cell], field.von_mises_stress[cell]);
    }
  }
  return worst;
}

Study::Assessment Study::assess(const DesignState &state)
{
  segment_analysis->update(state);
  Assessment result;
  auto &figures = result.figures;
  auto responses = response_problem->responses();
  if (subject)
    for (const auto &name : catalogue->figures(!state.utilisation.empty()))
      if (auto *response = &catalogue->get(name);
          std::find(responses.begin(), responses.end(), response) == responses.end())
        responses.push_back(response);
  for (auto *response : responses) {
    const double value = response->evaluate(state, nullptr);
    const std::string name = response->name();
    if (response == &response_problem->objective())
      result.objective = value;
    for (const auto &constraint : response_problem->constraints())
      if (constraint.response == response)
        result.violation = std::max(result.violation, constraint.violation(value));
    if (name == "strain_mismatch_intact")
      figures.strain_mismatch_intact = value;
    else if (name == "strain_mismatch_graft")
      figures.strain_mismatch_graft = value;
    else if (name == "overstrained_volume")
      figures.further["overstrained_volume_smooth_mm3"] = value; // the sharp count stands below
    else
      figures.further[postprocess::key_with_unit(name, response->unit())] = value;
  }
  if (subject) {
    const auto field = strain_field(state);
    const auto beyond = [&](const double compression, const double tension) {
      return overstrained_volume(*design_domain, field, given.goal.strain_distance, compression, tension);
    };
    figures.overstrained_volume_mm3 = beyond(given.goal.overstrain_threshold, given.goal.overstrain_threshold);
    figures.further["volume_beyond_yield_strain_mm3"] =
        beyond(subject->yield_strain_compression, subject->yield_strain_tension);
    const InterfaceLayer layer(*design_domain, given.interface);
    const auto interface = interface_figures(*segment_analysis, layer, given.interface.friction_coefficient);
    if (given.interface.is_contact()) {
      figures.further["micromotion_mm"] = interface.micromotion;
    } else {
      figures.further["interface_shear_to_normal"] = interface.shear_to_normal;
      figures.further["migration_margin"] = interface.migration_margin;
    }
  }
  return result;
}

} // namespace cageopt
