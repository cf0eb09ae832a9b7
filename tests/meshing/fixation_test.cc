// Posterior screws and rods: geometry, what is refused, how much of them the mesh holds, and what they do to the
// segment's stiffness.

#include <cmath>
#include <iostream>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/patient_domain.h>
#include <solver/elasticity_solver.h>
#include <tests/meshing/coarse_domain.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;
namespace solver = cageopt::solver;

namespace {

constexpr double pi = 3.14159265358979;

MeshParameters tall_mesh(const double cell_size = 2.)
{
  auto parameters = coarse_mesh();
  parameters.cell_size = cell_size;
  parameters.bone_height = 32.;
  return parameters;
}

FixationParameters pedicle_screws(const double rod_diameter = 5.5)
{
  FixationParameters parameters;
  parameters.hardware = "pedicle_screws";
  parameters.rod_diameter = rod_diameter;
  return parameters;
}

PatientDomain segment(const FixationParameters &fixation, const double cell_size = 2.)
{
  return {coarse_patient(), CageParameters(), tall_mesh(cell_size), MPI_COMM_WORLD, {}, fixation};
}

/// Rotation about x, y and z of the loaded face under unit moments about them, rad / N mm.
std::array<double, 3> compliance(const DesignDomain &domain, const std::vector<CellStiffness> &stiffness)
{
  const auto &mesh = domain.mesh;
  solver::SolverParameters parameters;
  parameters.relative_tolerance = 1e-7;
  solver::ElasticitySolver elasticity(mesh, domain.unit, domain.fixed, parameters);
  elasticity.set_stiffness(stiffness);
  auto f = elasticity.make_vector(6), u = elasticity.make_vector(6);
  for (const auto &load : domain.loads)
    for (unsigned int column = 0; column < 6; ++column)
      for (unsigned int c = 0; c < 3; ++c)
        f(load.node, c, column) += load.f[column][c];
  mesh.fold_hanging(f.data(), f.values_per_node());
  mesh.halo().add_ghosts_to_owners(f.data(), f.values_per_node());
  // The work of a unit moment is the rotation in the sense of the loads.
  std::array<double, 3> rotation{};
  elasticity.solve(u, f);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int k = 0; k < 3; ++k)
      for (unsigned int c = 0; c < 3; ++c)
        rotation[k] += f(node, c, 3 + k) * u(node, c, 3 + k);
  for (auto &value : rotation)
    value = sum_over_ranks(value);
  return rotation;
}

/// The same of a segment with a cage of 1000 MPa, or of the intact one.
std::array<double, 3> compliance(const PatientDomain &segment, const bool is_operated = true)
{
  const auto &domain = segment.domain();
  auto stiffness = domain.intact;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (is_operated && is_cage(domain.region[cell]))
      stiffness[cell] = CubicStiffness::isotropic(1000., .3);
  if (is_operated)
    domain.add_fixation(stiffness);
  return compliance(domain, stiffness);
}

} // namespace

TEST(Fixation, CapsulesAreCylindersWithRoundEnds)
{
  FixationParameters parameters;
  parameters.hardware = "stated";
  // Through both bodies, behind the cage and free of it.
  parameters.capsules = "30, -40, -15, 2, -10, -15, 6; 30, -40, 15, 2, -10, 15, 6; 30, -40, -15, 30, -40, 15, 5";
  const auto whole = segment(parameters);
  const auto &fixation = whole.fixation();
  ASSERT_EQ(fixation.capsules().size(), 3u);
  EXPECT_NEAR(fixation.distance({30, -40, 0}), -2.5, 1e-12);
  EXPECT_NEAR(fixation.distance({34, -40, 5}), 1.5, 1e-12);
  EXPECT_NEAR(fixation.distance({30, -40, 20}), 2., 1e-12); // beyond the screw's end: a ball of 3 mm
  const auto box = fixation.box();
  EXPECT_NEAR(box[0][2], -18., 1e-12);
  EXPECT_NEAR(box[1][0], 33., 1e-12);
  double volume = 0;
  constexpr double step = .25;
  for (double z = box[0][2] + .5 * step; z < box[1][2]; z += step)
    for (double y = box[0][1] + .5 * step; y < box[1][1]; y += step)
      for (double x = box[0][0] + .5 * step; x < box[1][0]; x += step)
        volume += fixation.holds({x, y, z}) ? step * step * step : 0.;
  const double screw = pi * 9 * std::hypot(28., 30.) + 4. / 3 * pi * 27, rod = pi * 6.25 * 30;
  EXPECT_LT(volume, 2 * screw + rod); // they share the heads
  EXPECT_GT(volume, 2 * screw + rod - 2 * pi * 6.25 * 4);
  EXPECT_NEAR(whole.report().metal_volume, volume, .03 * volume);
}

TEST(Fixation, PedicleScrewsLieInTheBodiesAndRodsBehindThem)
{
  const auto whole = segment(pedicle_screws());
  const auto &parts = whole.fixation().capsules();
  ASSERT_EQ(parts.size(), 6u);
  const auto design_to_index = coarse_patient().labels.grid.index_to_world.inverse() * whole.frame().design_to_world;
  for (int i = 0; i < 4; ++i) {
    const auto &screw = parts[i];
    EXPECT_NEAR(norm(screw.end - screw.begin) * std::cos(10 * pi / 180), 47., 1.5) << i; // 25 + 22 mm, tilted
    EXPECT_LT(std::abs(screw.end[0]), std::abs(screw.begin[0])) << i;                    // they converge
    EXPECT_EQ(nearest(coarse_patient().labels, design_to_index(screw.end)), i < 2 ? 23 : 22) << i;
    EXPECT_NE(nearest(coarse_patient().labels, design_to_index(screw.begin)), i < 2 ? 23 : 22) << i;
  }
  EXPECT_NEAR(parts[0].begin[0] + parts[1].begin[0], 2 * whole.endplates().centroid_x(), 1e-9);
  EXPECT_EQ(parts[4].begin, parts[0].begin);
  EXPECT_EQ(parts[4].end, parts[2].begin);
  EXPECT_EQ(whole.report().n_removed_cells, 0u);
  EXPECT_GT(whole.report().cells_by_region[int(Region::fixation)], 100u);
  const auto &domain = whole.domain();
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    EXPECT_TRUE(domain.intact[cell].is_positive_definite());
    if (is_cage(domain.region[cell]))
      EXPECT_EQ(domain.metal_share[cell], 0.f);
    if (domain.region[cell] == Region::fixation)
      EXPECT_LE(domain.edge(cell), 2.);
  }
}

// Area and second moment of the meshed section carry a rod's bending, EI, however coarse its cells are.
TEST(Fixation, MeshedRodsHaveTheSectionOfACylinder)
{
  for (const double cell_size : {1., 2.}) {
    FixationParameters parameters;
    parameters.hardware = "stated";
    parameters.capsules = "-20.3, -50.4, -14, -8, -10, -14, 6; -20.3, -50.4, 14, -8, -10, 14, 6;"
                          "-20.3, -50.4, -14, -20.3, -50.4, 14, 5.5";
    const auto whole = segment(parameters, cell_size);
    const auto &domain = whole.domain();
    double area = 0, moment = 0;
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
      const auto corner = domain.corner(cell), centre = domain.cell_centre(cell);
      const double h = domain.edge(cell);
      if (corner[2] > .1 || corner[2] + h <= .1 || std::hypot(centre[0] + 20.3, centre[1] + 50.4) > 8)
        continue;
      const double share = domain.metal_share[cell];
      area += share * h * h;
      moment += share * h * h * (std::pow(centre[1] + 50.4, 2) + h * h / 12);
    }
    area = sum_over_ranks(area);
    moment = sum_over_ranks(moment);
    const double exact_area = pi * std::pow(2.75, 2), exact_moment = pi * std::pow(2.75, 4) / 4;
    std::cout << "cells of " << cell_size << " mm: section " << area / exact_area << ", second moment "
              << moment / exact_moment << " of the cylinder's\n";
    EXPECT_NEAR(area / exact_area, 1., cell_size < 1.5 ? .03 : .1);
    EXPECT_NEAR(moment / exact_moment, 1., cell_size < 1.5 ? .1 : .3);
  }
}

// Bodies that do not give, held apart by nothing but one rod and its screws: under a pure moment about x every section
// carries that moment, so that Euler and Bernoulli's beam turns by M times the sum of length over E I.
TEST(Fixation, ARodBendsLikeABeam)
{
  FixationParameters parameters;
  parameters.hardware = "stated";
  parameters.capsules = "-10.3, -50.4, -14, -10.3, 0, -14, 6; -10.3, -50.4, 14, -10.3, 0, 14, 6;"
                        "-10.3, -50.4, -14, -10.3, -50.4, 14, 6";
  const auto whole = segment(parameters, 1.);
  const auto &domain = whole.domain();
  auto stiffness = domain.intact;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    stiffness[cell] = CubicStiffness::isotropic(is_bone(domain.region[cell]) ? 1e6 : .01, .3);
  domain.add_fixation(stiffness);
  const auto design_to_index = coarse_patient().labels.grid.index_to_world.inverse() * whole.frame().design_to_world;
  double length = 28;
  for (const double z : {-14., 14.}) {
    double wall = 0;
    while (nearest(coarse_patient().labels, design_to_index({-10.3, wall, z})) == (z < 0 ? 23 : 22))
      wall -= .05;
    length += wall + 50.4;
  }
  const double beam = length / (parameters.youngs_modulus * pi * std::pow(3., 4) / 4);
  const double found = compliance(domain, stiffness)[0];
  std::cout << "rotation " << found / beam << " of the beam's\n";
  EXPECT_NEAR(found / beam, 1., .2);
}

TEST(FixationMpi, StiffensTheSegmentMoreTheThickerTheRods)
{
  const auto without = compliance(segment(FixationParameters()));
  const auto intact = compliance(segment(FixationParameters()), false);
  const auto intact_meshed_for_screws = compliance(segment(pedicle_screws()), false);
  for (int k = 0; k < 3; ++k) // what screws will fill does not carry before
    EXPECT_NEAR(intact_meshed_for_screws[k] / intact[k], 1., .02) << k;
  auto before = without;
  for (const double rod : {3., 5.5, 8.}) {
    const auto with = compliance(segment(pedicle_screws(rod)));
    for (int k = 0; k < 3; ++k) {
      EXPECT_LT(with[k], before[k]) << rod << ' ' << k;
      EXPECT_GT(with[k], .02 * without[k]) << rod << ' ' << k;
    }
    std::cout << "rods of " << rod << " mm: rotation under flexion " << with[0] / without[0] << ", bending "
              << with[1] / without[1] << ", axial " << with[2] / without[2]
              << " of that without; of the intact segment's " << with[0] / intact[0] << ", " << with[1] / intact[1]
              << ", " << with[2] / intact[2] << '\n';
    before = with;
  }
  auto soft = pedicle_screws();
  soft.youngs_modulus = 3600;
  const auto peek = compliance(segment(soft)), titanium = compliance(segment(pedicle_screws()));
  EXPECT_LT(titanium[0], peek[0]);
  EXPECT_LT(peek[0], without[0]);
  std::cout << "PEEK " << peek[0] / without[0] << ", titanium " << titanium[0] / without[0] << '\n';
}

TEST(Fixation, RefusesWhatWouldBeIgnoredOrHoldNothing)
{
  const auto refused = [](FixationParameters parameters, const std::string &words, const double bone_height = 32.) {
    auto mesh = tall_mesh();
    mesh.bone_height = bone_height;
    try {
      const PatientDomain domain(coarse_patient(), CageParameters(), mesh, MPI_COMM_WORLD, {}, parameters);
      FAIL() << "accepted; expected: " << words;
    } catch (const InputError &error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("Way out"), std::string::npos);
    }
  };
  FixationParameters parameters;
  parameters.rod_diameter = 6;
  refused(parameters, "'Posterior fixation/Rod diameter'");
  parameters = FixationParameters();
  parameters.youngs_modulus = 3600;
  refused(parameters, "'Posterior fixation/Young's modulus'");
  parameters = FixationParameters();
  parameters.hardware = "stated";
  refused(parameters, "'Posterior fixation/Capsules' is empty");
  parameters.capsules = "1, 2, 3, 4, 5, 6";
  refused(parameters, "x1, y1, z1, x2, y2, z2, diameter");
  parameters.capsules = "1, 2, 3, 1, 2, 3, 6";
  refused(parameters, "with two different ends");
  parameters.capsules = "-20, -50, -14, -20, -50, 14, 5.5";
  refused(parameters, "both bodies must hold it");
  parameters.capsules = "0, -50, 0, 0, 10, 0, 5.5";
  refused(parameters, "runs into the cage");
  parameters.axes = "RAX";
  refused(parameters, "'Posterior fixation/Axes'");
  parameters = pedicle_screws();
  parameters.capsules = "1, 2, 3, 4, 5, 6, 7";
  refused(parameters, "'Posterior fixation/Capsules'");
  parameters = pedicle_screws();
  parameters.screw_convergence = 40.;
  refused(parameters, "the tips of both screws would meet");
  parameters = pedicle_screws();
  parameters.screw_depth = 34.;
  refused(parameters, "tips leave the body");
  parameters = pedicle_screws();
  parameters.caudal_screw_distance = 45.;
  refused(parameters, "there is no bone of label 23 so far from its endplate");
  refused(pedicle_screws(), "where it is held and loaded", 16.);
}
