// The parts of the multigrid preconditioner: transfer between levels, the direct solver, the cycle as a whole.

#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include <solver/dense_coarse_solver.h>
#include <solver/level_transfer.h>
#include <solver/multigrid.h>
#include <tests/solver/assembled_stiffness.h>

using namespace cageopt::meshing;
using namespace cageopt::solver;
using namespace cageopt::tests;

namespace {

double linear(const LatticePoint &p, const unsigned int c, const unsigned int lane)
{
  return 1. + c - lane + .5 * p[0] - 1.25 * p[1] * (1. + lane) + 2. * p[2];
}

void fill_random(const OctreeMesh &mesh, BlockVector<float> &vector, const std::uint64_t seed)
{
  fill_owned<float>(mesh, vector, [&](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
    return random_value(p, c, lane, seed);
  });
}

FixedComponents fixed_plane(const OctreeMesh &mesh, const std::uint8_t components)
{
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.first_hanging_node(); ++node)
    fixed[node] = mesh.position(node)[2] == 0 ? components : 0;
  return fixed;
}

} // namespace

TEST(LevelTransferMpi, ProlongatesLinearFunctionsAndRestrictsByTheTranspose)
{
  for (const unsigned int lanes : {1u, block_lanes})
    for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
      SCOPED_TRACE(sample.name);
      auto fine = std::make_unique<OctreeMesh>(MPI_COMM_WORLD, sample.leaves);
      for (unsigned int level = 0; level < 3; ++level) {
        auto coarse = coarsen(*fine);
        const LevelTransfer transfer(*fine, coarse);
        BlockVector<float> u(fine->n_local_nodes(), lanes), v(u), x(coarse.mesh.n_local_nodes(), lanes), y(x);

        fill_owned<float>(coarse.mesh, x, linear);
        transfer.prolongate(u, x);
        int n_wrong = 0;
        for (std::uint32_t node = 0; node < fine->n_owned_nodes(); ++node)
          for (unsigned int c = 0; c < 3; ++c)
            for (unsigned int lane = 0; lane < lanes; ++lane) // small dyadic numbers: exact in float
              n_wrong += u(node, c, lane) != float(linear(fine->position(node), c, lane));
        EXPECT_EQ(n_wrong, 0);

        // <v, P x> = <P^T v, x>
        fill_random(coarse.mesh, x, 1);
        fill_random(*fine, v, 2);
        transfer.prolongate(u, x);
        transfer.restrict_to(y, v);
        for (unsigned int lane = 0; lane < lanes; ++lane) {
          const double scale = std::sqrt(inner_product(*fine, u, u, lane) * inner_product(*fine, v, v, lane));
          EXPECT_GT(scale, 0.);
          EXPECT_NEAR(inner_product(*fine, v, u, lane), inner_product(coarse.mesh, y, x, lane), 1e-6 * scale);
        }

        // Fixed components go with the positions; hanging nodes hold none. A coarse node outside the fine mesh is fixed
        // where a fixed fine node is interpolated from it: that is an odd step away in x, y or both, on the plane.
        const auto fixed = transfer.coarsen_support(fixed_plane(*fine, 5)).fixed;
        const auto leaves = gather_all(MPI_COMM_WORLD, fine->cells());
        const NodesByDefinition fine_nodes(leaves);
        std::int32_t step = 1 << 20;
        for (const auto &leaf : leaves)
          step = std::min(step, leaf.edge());
        std::set<LatticePoint> corners_of_smallest;
        for (const auto &leaf : leaves)
          for (unsigned int corner = 0; corner < 8 && leaf.edge() == step; ++corner)
            corners_of_smallest.insert(leaf.vertex(corner));
        const auto holds_a_fixed_node = [&](const LatticePoint &p) {
          for (const std::int32_t dy : {-step, 0, step})
            for (const std::int32_t dx : {-step, 0, step}) {
              const LatticePoint q = {p[0] + dx, p[1] + dy, p[2]};
              const bool odd_x = (q[0] / step) % 2 != 0, odd_y = (q[1] / step) % 2 != 0;
              const auto node = fine_nodes.masters.find(q);
              if ((dx != 0) == odd_x && (dy != 0) == odd_y && corners_of_smallest.count(q) > 0 &&
                  node != fine_nodes.masters.end() && node->second.size() == 1)
                return true;
            }
          return false;
        };
        for (std::uint32_t node = 0; node < coarse.mesh.n_local_nodes(); ++node) {
          const auto &p = coarse.mesh.position(node);
          const bool is_outside = fine_nodes.masters.count(p) == 0;
          const bool expected = node < coarse.mesh.first_hanging_node() && p[2] == 0 &&
                                (is_outside ? holds_a_fixed_node(p) : fine_nodes.index.count(p) > 0);
          EXPECT_EQ(fixed[node], expected ? 5 : 0);
        }
        fine = std::make_unique<OctreeMesh>(std::move(coarse.mesh));
      }
    }
}

TEST(LevelTransferMpi, HalfCellsAtASupportAreStiffened)
{
  // Five cells a side, held at z = 5 and, in the second case, also at x = 5: coarse cells are cut in half there.
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  std::vector<OctreeCell> leaves;
  for (std::int32_t i = 0; i < 125; ++i)
    if (i * n_ranks / 125 == rank)
      leaves.push_back({{i % 5, i / 5 % 5, i / 25}, 0});
  const OctreeMesh fine(MPI_COMM_WORLD, leaves);
  const auto coarse = coarsen(fine);
  const LevelTransfer transfer(fine, coarse);
  for (const bool two_faces : {false, true}) {
    FixedComponents fixed(fine.n_local_nodes(), 0);
    for (std::uint32_t node = 0; node < fine.n_local_nodes(); ++node)
      if (fine.position(node)[2] == 5 || (two_faces && fine.position(node)[0] == 5))
        fixed[node] = 7;
    std::map<LatticePoint, double> factors;
    for (const auto &[cell, factor] : transfer.coarsen_support(fixed).stiffened)
      factors[coarse.mesh.cell(cell).corner] = factor;
    for (std::uint32_t cell = 0; cell < coarse.mesh.n_cells(); ++cell) {
      const auto &corner = coarse.mesh.cell(cell).corner;
      const double expected = (corner[2] == 4 ? 4. : 1.) * (two_faces && corner[0] == 4 ? 4. : 1.);
      const auto found = factors.find(corner);
      EXPECT_EQ(found == factors.end() ? 1. : found->second, expected);
    }
  }
}

TEST(DenseCoarseSolverMpi, SolvesTheAssembledSystem)
{
  const double unit_length = .35;
  for (const unsigned int lanes : {1u, block_lanes})
    for (const bool curve : {true, false}) {
      const auto leaves = random_leaves(MPI_COMM_WORLD, {2, 1, 1}, 2, 81);
      const OctreeMesh mesh(MPI_COMM_WORLD, curve ? leaves : dealt_out(MPI_COMM_WORLD, leaves, 82));
      ASSERT_GT(NodesByDefinition(gather_all(MPI_COMM_WORLD, mesh.cells())).masters.size(), mesh.n_global_nodes());
      const auto materials = random_materials(mesh, MaterialKind::mixed, 1., 83);
      const AssembledStiffness matrix(mesh, unit_length, materials);
      const auto fixed = fixed_plane(mesh, 7);
      DenseCoarseSolver solver(mesh, unit_length, fixed);
      solver.update(materials);

      BlockVector<float> x(mesh.n_local_nodes(), lanes), b(x);
      fill_random(mesh, b, 84);
      solver.solve(x, b);
      const NodesByDefinition nodes(gather_all(MPI_COMM_WORLD, mesh.cells()));
      for (unsigned int lane = 0; lane < lanes; ++lane) {
        std::vector<double> f(matrix.size());
        std::vector<bool> is_fixed(matrix.size(), false);
        for (const auto &[point, index] : nodes.index)
          for (unsigned int c = 0; c < 3; ++c) {
            f[matrix.row_of(point) + c] = float(random_value(point, c, lane, 84));
            is_fixed[matrix.row_of(point) + c] = point[2] == 0;
          }
        const auto expected = matrix.solve(f, is_fixed, std::vector<double>(matrix.size(), 0.));
        double scale = 0, error = 0;
        for (const auto value : expected)
          scale = std::max(scale, std::abs(value));
        for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
          for (unsigned int c = 0; c < 3; ++c)
            error = std::max(error, std::abs(x(node, c, lane) - expected[matrix.row_of(mesh.position(node)) + c]));
        EXPECT_LT(error, 1e-4 * scale); // float
      }
    }
}

TEST(DenseCoarseSolverMpi, SolvesConsistentSemidefiniteSystems)
{
  // No support at all, and cells without stiffness in one corner: K x = b is met for b = K y.
  const OctreeMesh mesh(MPI_COMM_WORLD, random_leaves(MPI_COMM_WORLD, {2, 1, 1}, 2, 81));
  auto materials = random_materials(mesh, MaterialKind::mixed, 1., 85);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (mesh.cell(cell).corner[0] >= 6)
      materials[cell] = CubicStiffness{0., 0., 0.};
  DenseCoarseSolver solver(mesh, 1., FixedComponents(mesh.n_local_nodes(), 0));
  solver.update(materials);
  ElasticityOperator<float> stiffness(mesh, 1., {});
  stiffness.set_stiffness(materials);
  BlockVector<float> x(mesh.n_local_nodes(), 1), y(x), b(x), product(x);
  fill_random(mesh, y, 86);
  stiffness.apply(b, y);
  solver.solve(x, b);
  stiffness.apply(product, x);
  double difference = 0, size = 0;
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      EXPECT_TRUE(std::isfinite(x(node, c)));
      difference = std::max(difference, std::abs(double(product(node, c)) - b(node, c)));
      size = std::max(size, std::abs(double(b(node, c))));
    }
  EXPECT_LT(maximum(mesh, difference), 2e-4 * maximum(mesh, size)); // float, and condition numbers of 10^2 to 10^3
}

namespace {

void expect_symmetric_and_positive(const OctreeMesh &mesh, const FixedComponents &fixed, const Multigrid &multigrid)
{
  BlockVector<float> a(mesh.n_local_nodes(), block_lanes), b(a), za(a), zb(a);
  fill_random(mesh, a, 93);
  fill_random(mesh, b, 94);
  ElasticityOperator<float> stiffness(mesh, 1., fixed);
  stiffness.zero_fixed(a);
  stiffness.zero_fixed(b);
  auto ra = a, rb = b; // vmult overwrites its source
  multigrid.vmult(za, ra);
  multigrid.vmult(zb, rb);
  for (unsigned int lane = 0; lane < block_lanes; ++lane) {
    const double aa = inner_product(mesh, a, za, lane), bb = inner_product(mesh, b, zb, lane);
    EXPECT_GT(aa, 0.);
    EXPECT_GT(bb, 0.);
    EXPECT_NEAR(inner_product(mesh, b, za, lane), inner_product(mesh, a, zb, lane), 1e-4 * std::sqrt(aa * bb));
  }
}

} // namespace

TEST(MultigridMpi, CycleIsSymmetricAndPositive)
{
  const OctreeMesh mesh(MPI_COMM_WORLD, random_leaves(MPI_COMM_WORLD, {2, 2, 1}, 3, 91));
  MultigridParameters parameters;
  parameters.coarse_unknowns = 100;
  Multigrid multigrid(mesh, 1., fixed_plane(mesh, 7), parameters);
  EXPECT_GE(multigrid.n_levels(), 3u);
  multigrid.update(random_materials(mesh, MaterialKind::isotropic, 2., 92));
  expect_symmetric_and_positive(mesh, fixed_plane(mesh, 7), multigrid);
}

TEST(MultigridMpi, TwoVisitsKeepItSymmetricAndPositive)
{
  // 20 cells become 10, 5 and 3, of which the last are cut in half by the support at z = 20; thin walls in void.
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  constexpr std::int32_t n = 20;
  std::vector<OctreeCell> leaves;
  for (std::int32_t i = 0; i < n * n * n; ++i)
    if (i / n / n * n_ranks / n == rank)
      leaves.push_back({{i % n, i / n % n, i / n / n}, 0});
  const OctreeMesh mesh(MPI_COMM_WORLD, leaves);
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    fixed[node] = mesh.position(node)[2] == 0 ? 7 : mesh.position(node)[2] == n ? 4 : 0;
  MultigridParameters parameters;
  parameters.coarse_unknowns = 250;
  Multigrid multigrid(mesh, 1., fixed, parameters);
  ASSERT_EQ(multigrid.n_levels(), 4u);
  EXPECT_FALSE(multigrid.is_visited_twice(0));
  EXPECT_TRUE(multigrid.is_visited_twice(1));
  EXPECT_TRUE(multigrid.is_visited_twice(2));
  std::vector<CellStiffness> materials;
  for (const auto &leaf : leaves) {
    const bool is_wall = leaf.corner[0] % 6 < 1 || leaf.corner[1] % 7 < 2;
    materials.push_back(CubicStiffness::isotropic(is_wall ? 1. : 1e-9, .3));
  }
  multigrid.update(materials);
  expect_symmetric_and_positive(mesh, fixed, multigrid);
}
