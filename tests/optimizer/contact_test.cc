// The no-tension, frictionless interface against closed forms (separate bars, a rigid block that tips on a soft bed),
// finite differences and its own conditions; and the figures of the interface against equilibrium.
#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/compliance.h>
#include <optimizer/contact_analysis.h>
#include <optimizer/gradient_check.h>
#include <optimizer/interface_figures.h>
#include <optimizer/response_catalogue.h>
#include <optimizer/response_problem.h>
#include <optimizer/strain_mismatch.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;
using inputs::CubicStiffness;
using inputs::LoadCase;
using meshing::Region;
using Lattice = meshing::LatticePoint;

/// A box of unit cells with its corner in the origin, loaded on top about `reference`.
template <typename RegionOf, typename FixedAt>
meshing::DesignDomain make_box(MPI_Comm comm, const std::array<int, 3> &n_cells, const RegionOf &region_of,
                               const CubicStiffness &bone, const FixedAt &fixed_at, const inputs::Point &reference)
{
  meshing::DesignDomain domain{meshing::OctreeMesh(comm, meshing::make_box_leaves(comm, n_cells))};
  const auto &mesh = domain.mesh;
  domain.disc = domain.graft = domain.frame = bone;
  std::vector<std::uint32_t> top;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    domain.region.push_back(region_of(mesh.cell(cell).corner));
    domain.intact.push_back(bone);
    domain.bmd.push_back(100.f);
    domain.bone_fraction.push_back(meshing::is_bone(domain.region.back()) ? 1.f : 0.f);
    domain.cage_distance.push_back(0.f);
    if (mesh.cell(cell).corner[2] + 1 == n_cells[2])
      top.push_back(cell);
  }
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    domain.fixed.push_back(fixed_at(mesh.position(node)));
  domain.loads = meshing::unit_wrench_loads(mesh, domain.unit, domain.origin, top, reference);
  return domain;
}

std::uint8_t clamped_below(const Lattice &p) { return p[2] == 0 ? 7 : 0; }
/// Free to change its width.
std::uint8_t rests_below(const Lattice &p)
{
  return std::uint8_t((p[0] == 0 ? 1 : 0) | (p[1] == 0 ? 2 : 0) | (p[2] == 0 ? 4 : 0));
}

DesignState uniform(const SegmentAnalysis &analysis, const CubicStiffness &material)
{
  DesignState state;
  state.stiffness.assign(analysis.design_cells().size(), material);
  state.density.assign(analysis.design_cells().size(), 1.);
  return state;
}

constexpr int width = 4, bone_height = 6, cage_height = 4, bar_height = 2 * bone_height + cage_height;

Region bar_region(const Lattice &corner)
{
  if (corner[2] < bone_height)
    return Region::caudal_bone;
  return corner[2] < bone_height + cage_height ? Region::design : Region::cranial_bone;
}

TEST(ContactMpi, CompressionSeparatesTheBarsSidewaysOnly)
{
  const double bone_modulus = 300., cage_modulus = 2000., force = 160., bone_ratio = .35;
  const auto domain =
      make_box(MPI_COMM_WORLD, {width, width, bar_height}, bar_region,
               CubicStiffness::isotropic(bone_modulus, bone_ratio), rests_below, {.5 * width, .5 * width, bar_height});
  const std::vector<LoadCase> cases = {{"compression", {0, 0, -force, 0, 0, 0}, 1., ""}};
  InterfaceParameters parameters;
  parameters.open_modulus = 1e-4;
  parameters.sliding_modulus = 1e-4;
  ContactAnalysis contact(domain, solver_parameters(1e-11), cases, parameters);
  SegmentAnalysis bonded(domain, solver_parameters(1e-11), cases);
  const auto state = uniform(contact, CubicStiffness::isotropic(cage_modulus, .1));
  contact.update(state);
  bonded.update(state);
  EXPECT_EQ(contact.set_reports().at(0).n_solves, 1u);
  EXPECT_EQ(contact.set_reports().at(0).closed_share, 1.);
  EXPECT_EQ(contact.interface_layer().n_global_cells(), std::uint64_t(2 * width * width));

  // Each bar is in uniaxial stress.
  const double pressure = force / (width * width);
  const double shortening = pressure * (2 * bone_height / bone_modulus + cage_height / cage_modulus);
  EXPECT_NEAR(Compliance(contact).evaluate(state, nullptr) / (force * shortening), 1., 1e-5);
  EXPECT_LT(Compliance(bonded).evaluate(state, nullptr) / (force * shortening), .999);
  for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node)
    if (domain.mesh.position(node)[0] == width && domain.mesh.position(node)[2] <= bone_height) {
      EXPECT_NEAR(contact.displacements()(node, 0, 0) / (bone_ratio * pressure / bone_modulus * width), 1., 1e-4);
    }
  EXPECT_LT(contact.reaction_imbalance(), 1e-8);

  const auto figures = interface_figures(contact, contact.interface_layer(), .5);
  EXPECT_LT(figures.shear_to_normal, 1e-5);
  EXPECT_GT(figures.migration_margin, 1e4);
}

TEST(ContactMpi, AStiffBlockTipsOnASoftBedBeyondTheKern)
{
  constexpr int length = 16, depth = 4, block = 4;
  const double force = 100.;
  const auto bed = [](const Lattice &corner) {
    return corner[2] < block ? Region::caudal_bone : (corner[2] == block ? Region::design : Region::cranial_bone);
  };
  const auto domain = make_box(MPI_COMM_WORLD, {length, depth, 2 * block + 1}, bed, CubicStiffness::isotropic(1e5, .3),
                               clamped_below, {.5 * length, .5 * depth, 0.});
  std::vector<LoadCase> cases;
  const std::vector<double> eccentricities = {0., 1.2, 3.5, 5., 6.5};
  for (const double e : eccentricities)
    cases.push_back({"at " + std::to_string(e), {0, 0, -force, 0, e * force, 0}, .2, ""});
  InterfaceParameters parameters;
  parameters.open_modulus = 1e-4; // nothing beside the bed
  ContactAnalysis contact(domain, solver_parameters(1e-9), cases, parameters);
  contact.update(uniform(contact, CubicStiffness::isotropic(20., .3)));
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const double e = eccentricities[index], half = .5 * length;
    SCOPED_TRACE("eccentricity " + std::to_string(e) + " mm");
    // Linear pressure under a rigid block: over the whole length inside the kern, over 3 (b / 2 - e) beyond it.
    const bool is_whole = e <= length / 6.;
    const double in_contact = is_whole ? length : 3. * (half - e);
    const double highest =
        is_whole ? force / (length * depth) * (1. + 6. * e / length) : 2. * force / (depth * in_contact);
    const double slope = is_whole ? force / (length * depth) * 12. * e / (length * length) : highest / in_contact;
    const auto strain = contact.interface_layer().normal_strain(contact.displacements(), index);
    for (std::size_t i = 0; i < strain.size(); ++i) {
      const double from_edge = length - domain.cell_centre(contact.interface_layer().cells()[i].cell)[0];
      if (std::abs(from_edge - in_contact) > 1.) {
        EXPECT_EQ(contact.closed_set(index)[i] != 0, from_edge < in_contact) << from_edge << " mm from the edge";
      }
      if (from_edge < in_contact) {
        EXPECT_NEAR(-20. * strain[i], highest - slope * from_edge, .03 * highest) << from_edge << " mm from the edge";
      }
    }
    EXPECT_NEAR(contact.set_reports()[index].closed_share, in_contact / length, 1. / length);
    EXPECT_LT(contact.set_reports()[index].n_solves, 10u);
  }
  EXPECT_LT(contact.reaction_imbalance(), 1e-6);
}

/// The block segment, bonded and in contact, under one load case that opens the interface widely and one that hardly
/// does.
struct ContactModel : public BlockModel
{
  explicit ContactModel(MPI_Comm comm, const double tolerance = 1e-10)
      : BlockModel(comm, tolerance), chosen({cases[0], cases[4]}), bonded(domain, solver_parameters(tolerance), chosen),
        contact(domain, solver_parameters(tolerance), chosen, InterfaceParameters()), compliance(contact),
        intact("strain_mismatch_intact", contact, bone_near_cage(domain, 5.),
               contact.displacements_for(contact.intact()))
  {
  }
  std::vector<LoadCase> chosen;
  SegmentAnalysis bonded;
  ContactAnalysis contact;
  Compliance compliance;
  StrainMismatch intact;
};

TEST(ContactMpi, GradientsAtTheConvergedSetAreExact)
{
  ContactModel model(MPI_COMM_WORLD, 1e-11);
  ResponseSettings settings;
  settings.strain_distance = 5.;
  settings.overstrain_threshold = .04; // amid those of the block segment
  ResponseCatalogue catalogue(model.contact, settings);
  std::vector<ResponseConstraint> constraints;
  for (const char *name :
       {"strain_mismatch_intact", "strain_distribution_mismatch", "bone_overstrain", "overstrained_volume",
        "endplate_min_principal_stress", "cage_stress", "graft_strain_energy"})
    constraints.push_back({&catalogue.get(name), true, 0.});
  ResponseProblem problem(model.contact, model.parametrisation, model.compliance, constraints, {});
  const auto design = model.smooth_design();
  Evaluation evaluation;
  problem.evaluate(design, evaluation);
  problem.freeze_scaling(true);
  GradientCheckOptions options;
  options.n_directions = 1;
  options.n_variables = 0;
  options.steps = {3e-4, 3e-5};
  const auto table = check_gradients(problem, design, options);
  ASSERT_EQ(table.size(), 1 + constraints.size());
  for (const auto &row : table) {
    EXPECT_LT(row.relative_error, 1e-4) << row.function << ", " << row.direction;
    EXPECT_NE(row.analytic, 0.);
  }
  testing::Test::RecordProperty("worst_relative_error", std::to_string(1e9 * worst_relative_error(table)) + "e-9");
  if (testing::Test::HasFailure())
    ADD_FAILURE() << to_text(table);
}

TEST(ContactMpi, SetsMeetTheirConditionsFromAnyStart)
{
  ContactModel model(MPI_COMM_WORLD, 1e-9);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.contact.update(state);
  std::vector<InterfaceLayer::ClosedSet> first;
  for (std::size_t index = 0; index < model.chosen.size(); ++index) {
    const auto &closed = model.contact.closed_set(index);
    const auto strain = model.contact.interface_layer().normal_strain(model.contact.displacements(), index);
    double largest = 0;
    for (const double value : strain)
      largest = std::max(largest, std::abs(value));
    MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    for (std::size_t i = 0; i < strain.size(); ++i)
      EXPECT_LT(closed[i] ? strain[i] : -strain[i], 1e-5 * largest);
    first.push_back(closed);
    const auto &report = model.contact.set_reports()[index];
    EXPECT_GT(report.closed_share, model.chosen[index].wrench[5] != 0 ? .5 : .05);
    EXPECT_LT(report.closed_share, 1.);
  }
  EXPECT_LT(model.contact.reaction_imbalance(), 1e-7);
  model.bonded.update(state);
  EXPECT_GT(model.compliance.evaluate(state, nullptr), 1.05 * Compliance(model.bonded).evaluate(state, nullptr));

  const double compliance = model.compliance.evaluate(state, nullptr);
  model.contact.update(model.parametrisation.state(DesignVector(state.stiffness.size(), .12)));
  model.contact.update(state);
  for (std::size_t index = 0; index < model.chosen.size(); ++index)
    EXPECT_EQ(model.contact.closed_set(index), first[index]);
  EXPECT_NEAR(model.compliance.evaluate(state, nullptr) / compliance, 1., 1e-7);
}

TEST(ContactMpi, LoadCasesGradientsAddUp)
{
  ContactModel model(MPI_COMM_WORLD, 1e-11);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.contact.update(state);
  for (Response *response : std::initializer_list<Response *>{&model.compliance, &model.intact}) {
    StateGradient whole;
    response->evaluate(state, &whole);
    std::vector<CubicStiffness> sum(whole.stiffness.size());
    for (std::size_t index = 0; index < model.chosen.size(); ++index) {
      StateGradient part;
      model.contact.focus(int(index));
      response->evaluate(state, &part);
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += part.stiffness[i];
    }
    model.contact.focus(-1);
    double scale = 0;
    for (const auto &entry : whole.stiffness)
      scale = std::max(scale, std::abs(entry.c11));
    for (std::size_t i = 0; i < sum.size(); ++i)
      EXPECT_NEAR(sum[i].c11, whole.stiffness[i].c11, 1e-7 * scale) << response->name();
  }
}

TEST(ContactMpi, ColumnsAreTheLoadCasesSolvedBonded)
{
  ContactModel model(MPI_COMM_WORLD, 1e-11);
  const auto unit = model.analysis.displacements_for(model.analysis.intact());
  EXPECT_LT(model.intact.value_for(model.contact.in_columns(unit)), 1e-15);
  // The same responses of the same bonded displacements, whichever way the load cases are told.
  StrainMismatch bonded("strain_mismatch_intact", model.bonded, bone_near_cage(model.domain, 5.), unit);
  const auto graft = model.graft_displacements();
  EXPECT_NEAR(model.intact.value_for(model.contact.in_columns(graft)) / bonded.value_for(graft), 1., 1e-9);
}

std::vector<double> results(MPI_Comm comm)
{
  ContactModel model(comm, 1e-10);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.contact.update(state);
  model.bonded.update(state);
  std::vector<double> values = {model.compliance.evaluate(state, nullptr), model.intact.evaluate(state, nullptr)};
  for (const auto &report : model.contact.set_reports())
    values.insert(values.end(), {double(report.n_solves), report.closed_share});
  for (SegmentAnalysis *analysis : {&model.bonded, static_cast<SegmentAnalysis *>(&model.contact)}) {
    const auto figures = interface_figures(*analysis, model.contact.interface_layer(), .5);
    values.insert(values.end(), {figures.shear_to_normal, figures.micromotion, figures.migration_margin});
  }
  return values;
}

TEST(ContactMpi, ResultsDoNotDependOnTheNumberOfRanks)
{
  const auto parallel = results(MPI_COMM_WORLD), serial = results(MPI_COMM_SELF);
  ASSERT_EQ(parallel.size(), serial.size());
  for (std::size_t i = 0; i < serial.size(); ++i)
    EXPECT_NEAR(parallel[i] / serial[i], 1., 1e-6) << "value " << i;
}

TEST(InterfaceLayerMpi, HoldsAllCageCellsThatShareUnknownsWithBone)
{
  // Bone below, three cells higher on the right.
  const auto region_of = [](const Lattice &corner) {
    return corner[2] < (corner[0] < 2 ? 1 : 4) ? Region::caudal_bone : Region::design;
  };
  const auto domain =
      make_box(MPI_COMM_WORLD, {4, 2, 6}, region_of, CubicStiffness::isotropic(100., .3), clamped_below, {2., 1., 6.});
  const InterfaceLayer layer(domain, InterfaceParameters());
  EXPECT_EQ(layer.n_global_cells(), 2u * 7u);
  for (const auto &entry : layer.cells()) {
    const auto corner = domain.mesh.cell(entry.cell).corner;
    SCOPED_TRACE("x " + std::to_string(corner[0]) + ", z " + std::to_string(corner[2]));
    const bool is_wall = corner[0] == 1 && (corner[2] == 2 || corner[2] == 3);
    const bool is_edge = corner[0] == 1 && corner[2] == 4;
    EXPECT_EQ(entry.axis, is_wall ? 0u : 2u);
    EXPECT_EQ(entry.side, is_wall ? 1 : -1);
    EXPECT_EQ(entry.area, is_edge ? 0. : 1.);
  }
}

TEST(InterfaceFiguresMpi, FollowFromEquilibrium)
{
  // A bar that is the same everywhere, pressed by N and sheared by T: any cut carries both.
  const double force = 1000., shear = 20., friction = .4;
  const auto material = CubicStiffness::isotropic(500., .3);
  const auto domain = make_box(MPI_COMM_WORLD, {width, width, bar_height}, bar_region, material, clamped_below,
                               {.5 * width, .5 * width, .5 * bar_height});
  SegmentAnalysis analysis(
      domain, solver_parameters(1e-10),
      {{"press", {0, 0, -force, 0, 0, 0}, .5, ""}, {"slide", {shear, 0, -force, 0, 0, 0}, .5, ""}});
  analysis.update(uniform(analysis, material));
  const InterfaceLayer layer(domain, InterfaceParameters());
  const auto figures = interface_figures(analysis, layer, friction);
  EXPECT_NEAR(figures.migration_margin, friction * force / shear, 1e-5 * friction * force / shear);
  EXPECT_GT(figures.shear_to_normal, shear / force);
  EXPECT_LT(figures.shear_to_normal, 3. * shear / force);
  const double mean_slip = shear / (width * width) / material.c44; // edge 1 mm
  EXPECT_GT(figures.micromotion, mean_slip);
  EXPECT_LT(figures.micromotion, 2. * mean_slip);
}

TEST(InterfaceFiguresMpi, TorsionCountsByItsMoment)
{
  // Torque M on a pressed square bar: the margin is mu int p r dA / M; int r dA over a square of side b is 0.3826 b^3.
  const double force = 1000., torque = 200., friction = .4;
  constexpr int side = 10;
  const auto material = CubicStiffness::isotropic(500., .3);
  const auto domain = make_box(MPI_COMM_WORLD, {side, side, bar_height}, bar_region, material, clamped_below,
                               {.5 * side, .5 * side, bar_height});
  SegmentAnalysis analysis(domain, solver_parameters(1e-10), {{"turn", {0, 0, -force, 0, 0, torque}, 1., ""}});
  analysis.update(uniform(analysis, material));
  const auto figures = interface_figures(analysis, InterfaceLayer(domain, InterfaceParameters()), friction);
  EXPECT_NEAR(figures.migration_margin, friction * .3826 * side * force / torque,
              .03 * friction * .3826 * side * force / torque);
}

TEST(ContactMpi, RefusesWhatItCannotDo)
{
  const auto domain = make_block_segment(MPI_COMM_WORLD);
  const auto solver = solver_parameters(1e-8);
  inputs::LoadParameters loads;
  InterfaceParameters parameters;
  const auto cases = inputs::load_cases(loads);
  loads.set = "combined_modes"; // seven
  EXPECT_THROW(ContactAnalysis(domain, solver, inputs::load_cases(loads), parameters), inputs::InputError);

  auto boneless = make_block_segment(MPI_COMM_WORLD);
  for (auto &region : boneless.region)
    if (meshing::is_bone(region))
      region = Region::disc;
  EXPECT_THROW(ContactAnalysis(boneless, solver, cases, parameters), inputs::InputError);

  parameters.maximum_iterations = 1;
  ContactAnalysis contact(domain, solver, cases, parameters);
  try {
    contact.update(uniform(contact, CubicStiffness::isotropic(2000., .3)));
    ADD_FAILURE() << "one solve cannot find the set";
  } catch (const inputs::Error &error) {
    EXPECT_EQ(error.code, inputs::ExitCode::not_converged);
    EXPECT_NE(std::string(error.what()).find("flexion"), std::string::npos) << error.what();
  }

  parameters = InterfaceParameters();
  EXPECT_NO_THROW(parameters.check());
  parameters.open_modulus = 3. * parameters.sliding_modulus;
  EXPECT_THROW(parameters.check(), inputs::InputError);
}

} // namespace
} // namespace cageopt::optimizer
