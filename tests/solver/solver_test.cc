// The whole linear solver: against dense LU, at high contrast, in blocks, and where it must refuse.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <inputs/geometry.h>
#include <solver/elasticity_solver.h>
#include <tests/solver/assembled_stiffness.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::solver;
using namespace cageopt::tests;

namespace {

constexpr double pi = 3.14159265358979323846;

FixedComponents fixed_planes(const OctreeMesh &mesh, const std::int32_t height, const std::uint8_t lower,
                             const std::uint8_t upper)
{
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.first_hanging_node(); ++node) {
    const auto z = mesh.position(node)[2];
    fixed[node] = z == 0 ? lower : (z == height ? upper : 0);
  }
  return fixed;
}

double gyroid(const Point &x)
{
  return std::sin(x[0]) * std::cos(x[1]) + std::sin(x[1]) * std::cos(x[2]) + std::sin(x[2]) * std::cos(x[0]);
}

/// One period of a skeletal gyroid in a cube of 16^3 smallest cells, which lie where its surface is.
struct GyroidSample
{
  static constexpr std::int32_t size = 16;
  static double level_set(const OctreeCell &cell)
  {
    const double half = .5 * cell.edge(), scale = 2. * pi / size;
    return gyroid({scale * (cell.corner[0] + half), scale * (cell.corner[1] + half), scale * (cell.corner[2] + half)}) -
           .3;
  }
  static std::vector<OctreeCell> leaves(MPI_Comm comm)
  {
    return make_forest_leaves(
        comm, {1, 1, 1}, 4, [](const OctreeCell &) { return true; },
        [](const OctreeCell &cell) {
          return cell.level > 1 ? 1u : (std::abs(level_set(cell)) < .7 ? 0u : unsigned(cell.level));
        });
  }
  explicit GyroidSample(MPI_Comm comm, const double contrast) : GyroidSample(comm, leaves(comm), contrast) {}
  GyroidSample(MPI_Comm comm, std::vector<OctreeCell> cells, const double contrast)
      : mesh(comm, std::move(cells)), fixed(fixed_planes(mesh, size, 7, 0))
  {
    for (const auto &cell : mesh.cells())
      materials.push_back(CubicStiffness::isotropic(level_set(cell) > 0 ? 1000. : 1000. / contrast, .3));
  }
  /// Unit forces on the solid part of the top; lane 0-2 along an axis, 3-5 growing with x or y.
  void load(BlockVector<double> &f) const
  {
    fill_owned<double>(mesh, f, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      const double scale = 2. * pi / size;
      if (p[2] != size || gyroid({scale * p[0], scale * p[1], scale * p[2]}) < .6 || c != lane % 3)
        return 0.;
      return lane < 3 ? 1. : (lane < 6 ? .2 * p[lane % 2] - 1. : 0.);
    });
  }
  OctreeMesh mesh;
  FixedComponents fixed;
  std::vector<CellStiffness> materials;
};

SolverParameters with_tolerance(const double tolerance)
{
  SolverParameters parameters;
  parameters.relative_tolerance = tolerance;
  return parameters;
}

} // namespace

TEST(SolverMpi, AgreesWithDenseFactorisation)
{
  // Random octrees, cubic materials over two decades, loads everywhere, some components prescribed to random values.
  const double unit_length = .35;
  for (const unsigned int lanes : {1u, block_lanes})
    for (const bool curve : {true, false}) {
      const auto leaves = random_leaves(MPI_COMM_WORLD, {2, 1, 1}, 2, 101);
      const OctreeMesh mesh(MPI_COMM_WORLD, curve ? leaves : dealt_out(MPI_COMM_WORLD, leaves, 102));
      const auto materials = random_materials(mesh, MaterialKind::mixed, 2., 103);
      const auto fixed = fixed_planes(mesh, 4, 7, 2);
      auto parameters = with_tolerance(1e-12);
      parameters.multigrid.coarse_unknowns = 40; // several levels, although it is so small
      ElasticitySolver solver(mesh, unit_length, fixed, parameters);
      solver.set_stiffness(materials);
      auto u = solver.make_vector(lanes), f = solver.make_vector(lanes);
      fill_owned<double>(mesh, f, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
        return random_value(p, c, lane, 104);
      });
      fill_owned<double>(mesh, u, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
        return 1e-3 * random_value(p, c, lane, 105); // prescribed where fixed, elsewhere only the start
      });
      const auto report = solver.solve(u, f);
      EXPECT_EQ(report.relative_residual.size(), lanes);

      const AssembledStiffness matrix(mesh, unit_length, materials);
      const NodesByDefinition nodes(gather_all(MPI_COMM_WORLD, mesh.cells()));
      for (unsigned int lane = 0; lane < lanes; ++lane) {
        EXPECT_LE(report.relative_residual[lane], 1e-12);
        std::vector<double> force(matrix.size()), prescribed(matrix.size());
        std::vector<bool> is_fixed(matrix.size());
        for (const auto &[point, index] : nodes.index)
          for (unsigned int c = 0; c < 3; ++c) {
            const auto row = matrix.row_of(point) + c;
            force[row] = random_value(point, c, lane, 104);
            prescribed[row] = 1e-3 * random_value(point, c, lane, 105);
            is_fixed[row] = point[2] == 0 || (point[2] == 4 && c == 1);
          }
        const auto expected = matrix.solve(force, is_fixed, prescribed);
        double scale = 0, error = 0;
        for (const auto value : expected)
          scale = std::max(scale, std::abs(value));
        for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) // ghosts and hanging nodes are up to date too
          for (unsigned int c = 0; c < 3; ++c) {
            double mean = 0;
            const auto &masters = nodes.masters.at(mesh.position(node));
            for (const auto &master : masters)
              mean += expected[matrix.row_of(master) + c] / static_cast<double>(masters.size());
            error = std::max(error, std::abs(u(node, c, lane) - mean));
          }
        EXPECT_LT(error, 1e-9 * scale);

        // Reactions hold the balance: internal forces at fixed components minus the loads there.
        const auto forces = solver.internal_forces(u);
        for (unsigned int c = 0; c < 3; ++c) {
          double sums[2] = {0, 0}; // all internal forces, their size
          for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
            sums[0] += forces(node, c, lane);
            sums[1] += std::abs(forces(node, c, lane));
          }
          MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
          EXPECT_LT(std::abs(sums[0]), 1e-11 * sums[1]);
        }
      }
    }
}

TEST(SolverMpi, GyroidOfContrast1e9ConvergesForSeveralLoadsAtOnce)
{
  const GyroidSample sample(MPI_COMM_WORLD, 1e9);
  EXPECT_LT(sample.mesh.n_global_cells(), 4096u) << "the sample is meant to be adaptive";
  ElasticitySolver solver(sample.mesh, .25, sample.fixed, with_tolerance(1e-10));
  solver.set_stiffness(sample.materials);
  auto u = solver.make_vector(6), f = solver.make_vector(6);
  sample.load(f);
  const auto report = solver.solve(u, f);
  RecordProperty("iterations", static_cast<int>(report.iterations));
  EXPECT_LE(report.iterations, 120u);

  // The residual recomputed from the solution, not carried along by the recurrence.
  auto forces = solver.internal_forces(u);
  for (unsigned int lane = 0; lane < 6; ++lane) {
    double sums[2] = {0, 0};
    for (std::uint32_t node = 0; node < sample.mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        if ((sample.fixed[node] >> c & 1) == 0) {
          sums[0] += std::pow(f(node, c, lane) - forces(node, c, lane), 2);
          sums[1] += std::pow(f(node, c, lane), 2);
        }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    EXPECT_GT(sums[1], 0.);
    EXPECT_LT(std::sqrt(sums[0] / sums[1]), 1e-8) << "column " << lane;
  }
  for (unsigned int lane = 6; lane < block_lanes; ++lane) // nothing loads the lanes that fill up the block
    EXPECT_EQ(inner_product(sample.mesh, u, u, lane), 0.);

  // Each column alone gives the same energy and displacement.
  for (unsigned int lane = 0; lane < 6; lane += 2) {
    auto single = solver.make_vector(1), load = solver.make_vector(1);
    for (std::uint32_t node = 0; node < sample.mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        load(node, c) = f(node, c, lane);
    solver.solve(single, load);
    const double energy = inner_product(sample.mesh, u, f, lane);
    EXPECT_NEAR(inner_product(sample.mesh, single, load), energy, 1e-8 * energy);
    double error = 0, size = 0;
    for (std::uint32_t node = 0; node < sample.mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        if (load(node, c) != 0) {
          error = std::max(error, std::abs(single(node, c) - u(node, c, lane)));
          size = std::max(size, std::abs(single(node, c)));
        }
    EXPECT_LT(maximum(sample.mesh, error), 1e-7 * maximum(sample.mesh, size));
  }
}

TEST(SolverMpi, ResultDoesNotDependOnTheRanks)
{
  const GyroidSample sample(MPI_COMM_WORLD, 1e3);
  const GyroidSample alone(MPI_COMM_SELF, gather_all(MPI_COMM_WORLD, sample.mesh.cells()), 1e3);
  ElasticitySolver solver(sample.mesh, .25, sample.fixed, with_tolerance(1e-12));
  ElasticitySolver alone_solver(alone.mesh, .25, alone.fixed, with_tolerance(1e-12));
  solver.set_stiffness(sample.materials);
  alone_solver.set_stiffness(alone.materials);
  auto u = solver.make_vector(6), f = solver.make_vector(6), alone_u = alone_solver.make_vector(6),
       alone_f = alone_solver.make_vector(6);
  sample.load(f);
  alone.load(alone_f);
  solver.solve(u, f);
  alone_solver.solve(alone_u, alone_f);
  std::map<LatticePoint, std::uint32_t> alone_node;
  for (std::uint32_t node = 0; node < alone.mesh.n_local_nodes(); ++node)
    alone_node[alone.mesh.position(node)] = node;
  for (unsigned int lane = 0; lane < 6; ++lane) {
    double error = 0, size = 0;
    for (std::uint32_t node = 0; node < sample.mesh.n_local_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c) {
        const double expected = alone_u(alone_node.at(sample.mesh.position(node)), c, lane);
        error = std::max(error, std::abs(u(node, c, lane) - expected));
        size = std::max(size, std::abs(expected));
      }
    EXPECT_LT(maximum(sample.mesh, error), 1e-8 * maximum(sample.mesh, size)) << "column " << lane;
  }
}

TEST(SolverMpi, ReachingTheIterationLimitIsAnErrorWithHistory)
{
  const GyroidSample sample(MPI_COMM_WORLD, 1e9);
  auto parameters = with_tolerance(1e-10);
  parameters.maximum_iterations = 2;
  ElasticitySolver solver(sample.mesh, .25, sample.fixed, parameters);
  solver.set_stiffness(sample.materials);
  auto u = solver.make_vector(1), f = solver.make_vector(1);
  sample.load(f);
  try {
    solver.solve(u, f);
    ADD_FAILURE() << "returned a result that has not converged";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::not_converged);
    const std::string message = error.what();
    for (const char *part :
         {"did not converge", "after 2 iterations", "1e-10", "limit 2", "history: 0: 1;", " 1: ", " 2: ", "Way out:"})
      EXPECT_NE(message.find(part), std::string::npos) << part << " is missing in: " << message;
  }
}

TEST(SolverMpi, NotANumberIsNoResult)
{
  const GyroidSample sample(MPI_COMM_WORLD, 1e3);
  auto materials = sample.materials;
  if (!materials.empty())
    materials.front().c44 = std::numeric_limits<double>::quiet_NaN();
  for (const unsigned int columns : {1u, 6u}) {
    ElasticitySolver solver(sample.mesh, .25, sample.fixed, with_tolerance(1e-8));
    solver.set_stiffness(materials);
    auto u = solver.make_vector(columns), f = solver.make_vector(columns);
    sample.load(f);
    EXPECT_THROW(solver.solve(u, f), Error);
  }
}

TEST(SolverMpi, ZeroRightHandSideGivesZero)
{
  const GyroidSample sample(MPI_COMM_WORLD, 1e2);
  ElasticitySolver solver(sample.mesh, .25, sample.fixed, with_tolerance(1e-8));
  solver.set_stiffness(sample.materials);
  auto u = solver.make_vector(6), f = solver.make_vector(6);
  sample.load(f);
  for (std::uint32_t node = 0; node < sample.mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int lane = 0; lane < block_lanes; ++lane) {
        if (lane == 1)
          f(node, c, lane) = 0;
        if ((sample.fixed[node] >> c & 1) == 0) // a start that is not the solution
          u(node, c, lane) = random_value(sample.mesh.position(node), c, lane, 111);
      }
  const auto report = solver.solve(u, f);
  EXPECT_EQ(report.relative_residual[1], 0.);
  EXPECT_EQ(inner_product(sample.mesh, u, u, 1), 0.);
  EXPECT_GT(inner_product(sample.mesh, u, f, 0), 0.);

  auto single = solver.make_vector(1);
  const auto nothing = solver.make_vector(1);
  EXPECT_EQ(solver.solve(single, nothing).iterations, 0u);
  EXPECT_EQ(inner_product(sample.mesh, single, single), 0.);
}

TEST(SolverMpi, PlatensWithoutLateralSupport)
{
  // Only u_z is prescribed, below and above: translations in x and y and the rotation about z stay free, the system is
  // semidefinite and consistent. A homogeneous block of height H is under uniaxial stress: energy u^T K u = E (d/H)^2
  // V, force E (d/H) A, lateral strain -nu d/H.
  const double youngs = 1200., nu = .3, unit_length = .5, shift = -.1;
  const OctreeMesh mesh(MPI_COMM_WORLD, random_leaves(MPI_COMM_WORLD, {2, 2, 1}, 3, 121));
  auto parameters = with_tolerance(1e-11);
  parameters.multigrid.coarse_unknowns = 120;
  ElasticitySolver solver(mesh, unit_length, fixed_planes(mesh, 8, 4, 4), parameters);
  solver.set_stiffness(std::vector<CellStiffness>(mesh.n_cells(), CubicStiffness::isotropic(youngs, nu)));
  auto u = solver.make_vector(1);
  const auto f = solver.make_vector(1);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    if (mesh.position(node)[2] == 8)
      u(node, 2) = shift;
  const auto report = solver.solve(u, f);
  EXPECT_LE(report.iterations, 60u);
  auto forces = solver.internal_forces(u);
  const double strain = shift / (8 * unit_length), area = 256 * unit_length * unit_length;
  const double energy = youngs * strain * strain * area * 8 * unit_length;
  EXPECT_NEAR(inner_product(mesh, u, forces), energy, 1e-9 * energy);

  double top_force = 0, width[2] = {1e9, -1e9};
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
    if (mesh.position(node)[2] == 8)
      top_force += forces(node, 2);
    if (mesh.position(node) == LatticePoint{{0, 0, 0}}) // at the same y, so that the free rotation cancels
      width[0] = u(node, 0);
    if (mesh.position(node) == LatticePoint{{16, 0, 0}})
      width[1] = u(node, 0);
  }
  MPI_Allreduce(MPI_IN_PLACE, &top_force, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_NEAR(top_force, youngs * strain * area, 1e-9 * youngs * std::abs(strain) * area);
  MPI_Allreduce(MPI_IN_PLACE, &width[0], 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &width[1], 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  EXPECT_NEAR(width[1] - width[0], -nu * strain * 16 * unit_length, 1e-7);
}
