#include <cmath>

#include <gtest/gtest.h>

#include <optimizer/platen_test.h>
#include <optimizer/segment_motion.h>
#include <tests/optimizer/block_segment.h>

using namespace cageopt;
using namespace cageopt::optimizer;
using inputs::CellStiffness;
using inputs::CubicStiffness;
using meshing::Region;

namespace {

LoadMatrix compliance_of(const meshing::DesignDomain &domain, const std::vector<CellStiffness> &stiffness,
                         const double tolerance = 1e-12)
{
  SegmentAnalysis analysis(domain, test::solver_parameters(tolerance), {{"all", {1, 1, 1, 1, 1, 1}, 1., ""}});
  auto u = analysis.displacements_for(stiffness);
  return face_motion(domain, u);
}

/// A solid cage of 12 x 12 x 8 mm between rigid blocks, as ASTM F2077 has it.
std::vector<CellStiffness> between_rigid_blocks(const meshing::DesignDomain &domain, const CubicStiffness &cage)
{
  std::vector<CellStiffness> stiffness;
  for (const auto region : domain.region)
    stiffness.push_back(meshing::is_cage(region)   ? cage
                        : meshing::is_bone(region) ? CubicStiffness::isotropic(1e8, 0.)
                                                   : CubicStiffness::isotropic(.1, 0.));
  return stiffness;
}

} // namespace

// Six rigid motions as displacement columns: the fit must return each of them, whatever the face is.
TEST(SegmentMotionMpi, rigid_motions_come_back)
{
  const auto domain = test::make_block_segment(MPI_COMM_WORLD);
  solver::BlockVector<double> u(domain.mesh.n_local_nodes(), solver::lanes_for(6));
  for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node) {
    const auto p = domain.node_position(node);
    for (unsigned int k = 0; k < 3; ++k) {
      u(node, k, k) = 1.;
      inputs::Point axis{{0, 0, 0}};
      axis[k] = 1.;
      const auto moved = inputs::cross(axis, p);
      for (unsigned int c = 0; c < 3; ++c)
        u(node, c, 3 + k) = moved[c];
    }
  }
  const auto motion = face_motion(domain, u);
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int k = 0; k < 6; ++k)
      EXPECT_NEAR(motion[i][k], i == k ? 1. : 0., 1e-11) << i << ' ' << k;
}

TEST(SegmentMotionMpi, compliance_is_symmetric_and_inverts)
{
  const auto domain = test::make_block_segment(MPI_COMM_WORLD);
  const auto c = compliance_of(domain, domain.intact);
  const auto k = inverse(c);
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j) {
      const double scale = std::sqrt(c[i][i] * c[j][j]);
      EXPECT_NEAR(c[i][j], c[j][i], 1e-8 * scale);
      double product = 0;
      for (unsigned int m = 0; m < 6; ++m)
        product += k[i][m] * c[m][j];
      EXPECT_NEAR(product * std::sqrt(c[i][i] / c[j][j]), i == j ? 1. : 0., 1e-8);
    }
}

// The segment's bone varies, so that the disc's centre is not where a force turns it least.
TEST(SegmentMotionMpi, least_rotation)
{
  const auto domain = test::make_block_segment(MPI_COMM_WORLD);
  const auto c = compliance_of(domain, domain.intact);
  const auto central = times(c, {{0, 0, -400, 0, 0, 0}});
  auto force = least_rotation_force(c);
  for (double &component : force)
    component *= 400;
  const auto motion = times(c, force);
  EXPECT_GT(std::hypot(central[3], central[4]), 1e-4);
  EXPECT_LT(std::hypot(motion[3], motion[4]), 1e-9 * std::hypot(central[3], central[4]));
  EXPECT_EQ(force[2], -400);
}

// A segment that is symmetric about x = 0 and y = 0 turns under no central force, and where its compliance is that of a
// segment moved by (3, 5, 0) mm, the force belongs there: M = p x F = (-5, 3, 0) Nmm for 1 N along -z.
TEST(SegmentMotionMpi, symmetric_segment_and_manufactured_offset)
{
  const auto domain = test::make_block_segment(MPI_COMM_WORLD);
  auto stiffness = domain.intact;
  for (std::size_t cell = 0; cell < stiffness.size(); ++cell)
    if (meshing::is_bone(domain.region[cell]))
      stiffness[cell] = CubicStiffness::isotropic(250, .3);
  const auto c = compliance_of(domain, stiffness);
  EXPECT_LT(rotation_degrees(times(c, {{0, 0, -400, 0, 0, 0}})), 1e-7);
  EXPECT_LT(std::abs(least_rotation_force(c)[3]) + std::abs(least_rotation_force(c)[4]), 1e-6);

  // A wrench W about the origin is W' = T W about p, and the motion about the origin is T^T of that about p.
  LoadMatrix t{};
  const inputs::Point p{{3, 5, 0}};
  for (unsigned int i = 0; i < 6; ++i)
    t[i][i] = 1;
  for (unsigned int k = 0; k < 3; ++k) {
    inputs::Point force{{0, 0, 0}};
    force[k] = 1;
    const auto moment = inputs::cross(p, force);
    for (unsigned int i = 0; i < 3; ++i)
      t[3 + i][k] = -moment[i];
  }
  LoadMatrix moved{};
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j)
      for (unsigned int a = 0; a < 6; ++a)
        for (unsigned int b = 0; b < 6; ++b)
          moved[i][j] += t[a][i] * c[a][b] * t[b][j];
  const auto force = least_rotation_force(moved);
  EXPECT_NEAR(force[3], -5, 1e-5);
  EXPECT_NEAR(force[4], 3, 1e-5);
}

TEST(SegmentMotion, follower_load_along_the_centres)
{
  // From (0, 6, 28) to (0, -2, -28): straight down but for 8 mm backwards on 56, through (0, 2, 0).
  const auto unit = unit_force({{0, 6, 28}}, {{0, -2, -28}});
  const double length = std::hypot(8., 56.);
  EXPECT_NEAR(unit[1], -8 / length, 1e-14);
  EXPECT_NEAR(unit[2], -56 / length, 1e-14);
  EXPECT_NEAR(unit[3], 2 * -56 / length, 1e-12); // p_y F_z
  EXPECT_NEAR(unit[4], 0, 1e-14);
  std::vector<inputs::LoadCase> cases = {{"flexion", {0, 0, -400, -7500, 0, 0}, 1., "", 400}};
  direct_follower_loads(cases, unit);
  EXPECT_NEAR(cases[0].wrench[2], -400 * 56 / length, 1e-10);
  EXPECT_NEAR(cases[0].wrench[3], -7500 + 400 * unit[3], 1e-9);
  cases[0].follower_load = 0; // of custom cases: stays as stated
  const auto wrench = cases[0].wrench;
  direct_follower_loads(cases, unit);
  EXPECT_EQ(cases[0].wrench, wrench);
}

// ASTM F2077 in the limit of rigid blocks. Without Poisson's effect a solid cage is E A / H stiff whether it slides or
// not, as between the platens of PlatenTest; with it, between that and the fully constrained E A / H
// (1 - nu) / ((1 + nu) (1 - 2 nu)). In torsion warping is partly restrained: above Saint-Venant's G J / H,
// J = 0.1406 a^4 of a square, below G I_p / H, I_p = a^4 / 6.
TEST(SegmentMotionMpi, solid_cage_between_rigid_blocks)
{
  const auto domain = test::make_block_segment(MPI_COMM_WORLD, 2);
  const double e = 110000, a = 12, area = a * a, height = 8;
  std::vector<PlatenTest::Cell> cells;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_cage(domain.region[cell]))
      cells.push_back({domain.mesh.cell(cell), false});
  PlatenTest platen(MPI_COMM_WORLD, cells, domain.unit, test::solver_parameters(1e-10));
  for (const double nu : {0., .3}) {
    const auto metal = CubicStiffness::isotropic(e, nu);
    const auto c = compliance_of(domain, between_rigid_blocks(domain, metal), 1e-9);
    const double axial = 1. / c[2][2], torsional = 1. / c[5][5], g = e / (2 * (1 + nu));
    const double sliding =
        platen.effective_modulus(std::vector<CellStiffness>(cells.size(), metal)) * platen.area() / platen.height();
    EXPECT_NEAR(sliding, e * area / height, 1e-6 * sliding);
    if (nu == 0) {
      EXPECT_NEAR(axial, sliding, 2e-3 * sliding); // the blocks are 900 times as stiff, not rigid
    } else {
      EXPECT_GT(axial, sliding);
      EXPECT_LT(axial, sliding * (1 - nu) / ((1 + nu) * (1 - 2 * nu)));
    }
    EXPECT_GT(torsional, g * .1406 * std::pow(a, 4) / height);
    EXPECT_LT(torsional, 1.001 * g * std::pow(a, 4) / 6 / height);
  }
}
