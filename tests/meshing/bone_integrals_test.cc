// Exact overlaps of cubes and voxels, and that the mesh of a segment holds the mineral of its image.

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <meshing/bone_integrals.h>
#include <meshing/convex_polyhedron.h>
#include <meshing/patient_domain.h>
#include <tests/meshing/coarse_domain.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

const std::array<Point, 3> unit_edges = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

/// Two boxes, 24 mm high, and the disc between them on voxels of 0.5 x 0.5 x 1 mm parallel to RAS, each of its own
/// density.
Patient box_patient()
{
  Patient patient = coarse_patient();
  ImageGrid grid;
  grid.size = {110, 90, 70};
  const Point spacing = {.5, .5, 1.};
  for (int d = 0; d < 3; ++d) {
    grid.index_to_world.linear[d][d] = spacing[d];
    grid.index_to_world.offset[d] = -.5 * spacing[d] * (grid.size[d] - 1);
  }
  patient.bmd = {grid, std::vector<float>(grid.n_voxels())};
  patient.labels = {grid, std::vector<std::uint16_t>(grid.n_voxels())};
  std::mt19937 random(7);
  std::uniform_real_distribution<float> density(-50.f, 700.f);
  std::size_t voxel = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i, ++voxel) {
        patient.bmd.values[voxel] = density(random);
        const Point x = grid.index_to_world({double(i), double(j), double(k)});
        if (std::abs(x[0]) < 22. && std::abs(x[1]) < 16.)
          patient.labels.values[voxel] = std::abs(x[2]) < 5. ? patient.level.disc
                                         : x[2] > 0          ? patient.level.cranial
                                                             : patient.level.caudal;
      }
  return patient;
}

MeshParameters cells_of(const double size)
{
  MeshParameters parameters;
  parameters.cell_size = size;
  parameters.fine_distance = 4.;
  return parameters;
}

/// mg of one body between two planes, from 6^3 points in each voxel.
double sampled_mineral(const Patient &patient, const PatientDomain &domain, const std::uint16_t body,
                       const double z_low, const double z_high)
{
  const auto &grid = patient.labels.grid;
  const auto index_to_design = domain.frame().design_to_world.inverse() * grid.index_to_world;
  constexpr int n = 6;
  double sum = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        if (patient.labels(i, j, k) != body)
          continue;
        int inside = 0;
        for (int s = 0; s < n * n * n; ++s) {
          const double z = index_to_design(
              {i - .5 + (s % n + .5) / n, j - .5 + (s / n % n + .5) / n, k - .5 + (s / n / n + .5) / n})[2];
          inside += z > z_low && z < z_high;
        }
        sum += 1e-3 * patient.bmd(i, j, k) * inside;
      }
  return sum / (n * n * n) * std::abs(grid.index_to_world.determinant());
}

/// mg in bone and disc cells, by the domain's arrays.
double mineral_in_cells(const DesignDomain &domain)
{
  double sum = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (!is_cage(domain.region[cell]) && domain.bone_fraction[cell] > 0)
      sum += 1e-3 * double(domain.bmd[cell]) * domain.bone_fraction[cell] * domain.volume(cell);
  return sum_over_ranks(sum);
}

} // namespace

TEST(ConvexPolyhedron, HasTheVolumeOfKnownBodies)
{
  ConvexPolyhedron box({1, 2, 3}, {{{2, 0, 0}, {0, 3, 0}, {0, 0, .5}}});
  EXPECT_DOUBLE_EQ(box.volume(), 3.);
  box.cut({1, 0, 0}, 2.);
  EXPECT_DOUBLE_EQ(box.volume(), 1.5);

  // A corner of the unit cube, the cube without it, and the half on one side of a plane through four of its vertices.
  for (const double reach : {.25, 1., 1.5, 2., 2.75}) {
    ConvexPolyhedron corner({0, 0, 0}, unit_edges), rest = corner;
    corner.cut({1, 1, 1}, reach);
    rest.cut({-1, -1, -1}, -reach);
    const auto cube = [](const double x) { return x > 0 ? x * x * x : 0.; };
    const double exact = (cube(reach) - 3. * cube(reach - 1.) + 3. * cube(reach - 2.)) / 6.; // Irwin-Hall
    EXPECT_NEAR(corner.volume(), exact, 1e-15) << reach;
    EXPECT_NEAR(rest.volume(), 1. - exact, 1e-15) << reach;
  }
  ConvexPolyhedron half({0, 0, 0}, unit_edges);
  half.cut({1, -1, 0}, 0.);
  EXPECT_NEAR(half.volume(), .5, 1e-15);
  half.cut({-1, 1, 0}, 0.);
  EXPECT_NEAR(half.volume(), 0., 1e-15);
  half.cut({1, 0, 0}, -1.);
  EXPECT_TRUE(half.empty());
}

TEST(ConvexPolyhedron, PiecesAddUpToTheWhole)
{
  std::mt19937 random(3);
  std::uniform_real_distribution<double> number(-1., 1.);
  for (int trial = 0; trial < 200; ++trial) {
    std::array<Point, 3> edges;
    for (auto &edge : edges)
      edge = {number(random), number(random), number(random)};
    const ConvexPolyhedron whole({number(random), number(random), number(random)}, edges);
    EXPECT_NEAR(whole.volume(), std::abs(dot(edges[0], cross(edges[1], edges[2]))), 1e-14);
    // Eight pieces by three planes.
    std::array<Point, 3> normals;
    std::array<double, 3> bounds;
    for (int plane = 0; plane < 3; ++plane) {
      normals[plane] = {number(random), number(random), number(random)};
      bounds[plane] = .5 * number(random);
    }
    double sum = 0;
    for (int piece = 0; piece < 8; ++piece) {
      ConvexPolyhedron part = whole;
      for (int plane = 0; plane < 3; ++plane) {
        const double sign = piece >> plane & 1 ? 1. : -1.;
        part.cut(sign * normals[plane], sign * bounds[plane]);
      }
      sum += part.volume();
    }
    EXPECT_NEAR(sum, whole.volume(), 1e-14);
  }
}

TEST(BoneIntegrator, IntegratesOverTurnedCubes)
{
  // Against 60^3 points in each cube; the phantom lies tilted in its image, whose voxels are no cubes here, one axis
  // mirrored.
  auto parameters = coarse_phantom();
  parameters.voxel_slice = 2.1;
  Patient patient = phantom_patient(parameters);
  auto &grid = patient.labels.grid;
  grid.index_to_world.offset[0] += grid.index_to_world.linear[0][0] * (grid.size[0] - 1);
  grid.index_to_world.linear[0][0] *= -1.;
  patient.bmd.grid = grid;
  const auto frame = DesignFrame::fit(patient);
  const auto design_to_index = grid.index_to_world.inverse() * frame.design_to_world;
  const BoneIntegrator integrator(patient, design_to_index);
  for (const Point &corner : {Point{-3., 2., 3.}, Point{1., -8., -9.}, Point{-24., 3., 6.}, Point{5., 5., -5.}}) {
    constexpr int n = 60;
    constexpr double edge = 4.;
    BoneIntegrals sampled;
    const double share = std::pow(edge / n, 3);
    for (int s = 0; s < n * n * n; ++s) {
      const Point x = corner + edge / n * Point{s % n + .5, s / n % n + .5, s / n / n + .5};
      const Point index = design_to_index(x);
      const auto label = nearest(patient.labels, index);
      if (label == patient.level.disc)
        sampled.disc += share;
      if (label != patient.level.cranial && label != patient.level.caudal)
        continue;
      const int body = label == patient.level.cranial ? cranial_body : caudal_body;
      const float bmd = patient.bmd(std::lround(index[0]), std::lround(index[1]), std::lround(index[2]));
      sampled.bone[body] += share;
      sampled.mineral[body] += 1e-3 * bmd * share;
      sampled.modulus += patient.youngs_modulus(bmd) * share;
    }
    const auto exact = integrator.over_cube(corner, edge);
    for (int body = 0; body < 2; ++body) {
      EXPECT_NEAR(exact.bone[body], sampled.bone[body], .02);
      EXPECT_NEAR(exact.mineral[body], sampled.mineral[body], .005);
    }
    EXPECT_NEAR(exact.modulus, sampled.modulus, 1e-3 * sampled.modulus + 6.); // as .02 mm3 of bone
    EXPECT_NEAR(exact.disc, sampled.disc, .02);
    EXPECT_GT(exact.disc + exact.bone[0] + exact.bone[1], 1.);
    EXPECT_TRUE(integrator.may_hold_tissue(corner, edge));
  }
  EXPECT_FALSE(integrator.may_hold_tissue({500., 0., 0.}, 4.));
  EXPECT_EQ(integrator.over_cube({500., 0., 0.}, 4.).bone[0], 0.);
}

TEST(BoneIntegrator, CubesThatReachBeyondTheImageHoldWhatIsInIt)
{
  const auto patient = box_patient();
  const auto &grid = patient.labels.grid;
  const BoneIntegrator integrator(patient, grid.index_to_world.inverse());
  double sum = 0;
  for (int k = -12; k < 12; ++k)
    for (int j = -12; j < 12; ++j)
      for (int i = -12; i < 12; ++i)
        sum += integrator.over_cube({4.3 * i, 4.3 * j, 4.3 * k}, 4.3).mineral[cranial_body];
  double expected = 0;
  for (std::size_t voxel = 0; voxel < patient.labels.values.size(); ++voxel)
    if (patient.labels.values[voxel] == patient.level.cranial)
      expected += 1e-3 * .25 * patient.bmd.values[voxel];
  EXPECT_NEAR(sum, expected, 1e-10 * expected);
}

TEST(MineralMpi, IsThatOfTheImageWhereFrameAndVoxelsAlign)
{
  const auto patient = box_patient();
  for (const double cell : {1., 1.5}) { // of whole voxels, and not
    const PatientDomain domain(patient, CageParameters(), cells_of(cell), MPI_COMM_WORLD);
    const auto &to_world = domain.frame().design_to_world;
    EXPECT_LT(norm(to_world.offset), 1e-3);
    EXPECT_NEAR(to_world.linear[2][2], 1., 1e-12);
    const auto &report = domain.report();
    for (const int body : {caudal_body, cranial_body}) {
      const auto label = body == caudal_body ? patient.level.caudal : patient.level.cranial;
      // The fitted frame lies some 1e-5 mm off the voxels' faces.
      const double bottom = to_world({0, 0, report.z_bottom})[2], top = to_world({0, 0, report.z_top})[2];
      double in_voxels = 0;
      std::size_t voxel = 0;
      for (int k = 0; k < patient.labels.grid.size[2]; ++k) {
        const double z = patient.labels.grid.index_to_world({0, 0, double(k)})[2];
        const double height = std::max(0., std::min(z + .5, top) - std::max(z - .5, bottom));
        for (int n = 0; n < 110 * 90; ++n, ++voxel)
          if (patient.labels.values[voxel] == label)
            in_voxels += 1e-3 * .25 * height * patient.bmd.values[voxel];
      }
      const auto &mineral = report.mineral[body];
      EXPECT_NEAR(mineral.image, in_voxels, 1e-6 * in_voxels);
      EXPECT_NEAR(mineral.cells + mineral.cage + mineral.left_out, in_voxels, 1e-6 * in_voxels);
      if (cell == 1.) {
        EXPECT_NEAR(mineral.cells + mineral.cage, in_voxels, 1e-6 * in_voxels) << "no cell is nearly empty";
      }
      EXPECT_GT(mineral.cells, .9 * in_voxels);
    }
    const double all = report.mineral[0].cells + report.mineral[1].cells;
    EXPECT_NEAR(mineral_in_cells(domain.domain()), all, 1e-6 * all);
  }
}

TEST(MineralMpi, IsThatOfTheTiltedPhantom)
{
  Refinement refinement;
  for (const bool is_refined : {false, true}) {
    const PatientDomain domain(coarse_patient(), CageParameters(), coarse_mesh(), MPI_COMM_WORLD, refinement);
    const auto &report = domain.report();
    for (const int body : {caudal_body, cranial_body})
      for (const auto &mineral : {report.mineral[body], report.mineral_beside_disc[body]}) {
        EXPECT_LT(std::abs(mineral.error()), 1e-6);
        EXPECT_GT(mineral.cage, 0.);
        EXPECT_GT(mineral.left_out, 0.);
        EXPECT_LT(mineral.left_out, .05 * mineral.image);
      }
    EXPECT_LT(report.mineral_beside_disc[0].image, .95 * report.mineral[0].image);
    const double all = report.mineral[0].cells + report.mineral[1].cells;
    EXPECT_NEAR(mineral_in_cells(domain.domain()), all, 1e-6 * all);
    // Again with cells of the cage and the bone beside it halved.
    refinement.halvings = 1;
    std::vector<Refinement::Mark> marks;
    for (std::uint32_t cell = 0; cell < domain.domain().mesh.n_cells() && !is_refined; ++cell)
      if (domain.domain().cage_distance[cell] < 1.)
        marks.push_back({domain.domain().corner(cell), domain.domain().edge(cell)});
    refinement.marks = gathered(MPI_COMM_WORLD, marks);
  }
}

TEST(MineralMpi, IsThatOfTheCts)
{
  for (const std::string name : {"lumbar_ct_L2-L4_1.5mm", "lumbar_ct_T12-S1_3mm"}) {
    PatientParameters parameters;
    parameters.source = "files";
    parameters.image_file = "ct.nii.gz";
    parameters.label_file = "labels.nii.gz";
    parameters.calibration.slope = .8;
    parameters.calibration.source = "stand-in of this test";
    const std::string folder = std::string(CAGEOPT_SOURCE_DIR) + "/../shared/data/" + name;
    if (!std::ifstream(folder + "/ct.nii.gz"))
      GTEST_SKIP() << "no data in " << folder;
    const auto patient = read_patient(parameters, folder, MPI_COMM_WORLD);
    const PatientDomain domain(patient, CageParameters(), cells_of(1.), MPI_COMM_WORLD);
    const auto &report = domain.report();
    for (const int body : {caudal_body, cranial_body}) {
      const double sampled =
          sampled_mineral(patient, domain, body == caudal_body ? patient.level.caudal : patient.level.cranial,
                          report.z_bottom, report.z_top);
      const auto &mineral = report.mineral[body];
      EXPECT_NEAR(mineral.image, sampled, 1e-3 * sampled) << name;
      EXPECT_NEAR(mineral.cells + mineral.cage + mineral.left_out, sampled, 1e-3 * sampled) << name;
      EXPECT_LT(std::abs(report.mineral_beside_disc[body].error()), 1e-6) << name;
      EXPECT_LT(mineral.left_out, .015 * mineral.image) << name;
    }
  }
}
