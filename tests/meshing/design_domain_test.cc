// Unit wrenches on faces of every kind, and the cantilever's domain.

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cantilever_domain.h>
#include <meshing/design_domain.h>
#include <tests/meshing/octree_samples.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

using Resultants = std::array<std::array<double, 6>, 6>; ///< [column][force, moment]

Point place(const OctreeMesh &mesh, const double unit, const Point &origin, const std::uint32_t node)
{
  const auto &p = mesh.position(node);
  return origin + unit * Point{double(p[0]), double(p[1]), double(p[2])};
}

void add(Resultants &resultants, const unsigned int column, const Point &force, const Point &arm)
{
  const auto moment = cross(arm, force);
  for (unsigned int c = 0; c < 3; ++c) {
    resultants[column][c] += force[c];
    resultants[column][3 + c] += moment[c];
  }
}

void expect_identity(Resultants resultants)
{
  MPI_Allreduce(MPI_IN_PLACE, resultants.data(), 36, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  for (unsigned int column = 0; column < 6; ++column)
    for (unsigned int k = 0; k < 6; ++k)
      EXPECT_NEAR(resultants[column][k], column == k, 1e-10) << "column " << column << ", component " << k;
}

/// Resultants of the nodal forces as they are, and once hanging nodes and ghosts have passed theirs on.
void expect_unit_wrenches(const OctreeMesh &mesh, const double unit, const Point &origin,
                          const std::vector<std::uint32_t> &cells, const Point &reference)
{
  const auto loads = unit_wrench_loads(mesh, unit, origin, cells, reference);
  Resultants direct{}, folded{};
  std::vector<double> nodal(18 * std::size_t(mesh.n_local_nodes()), 0.);
  for (const auto &load : loads)
    for (unsigned int column = 0; column < 6; ++column) {
      add(direct, column, load.f[column], place(mesh, unit, origin, load.node) - reference);
      for (unsigned int c = 0; c < 3; ++c)
        nodal[18 * load.node + 3 * column + c] += load.f[column][c];
    }
  expect_identity(direct);

  mesh.fold_hanging(nodal.data(), 18);
  mesh.halo().add_ghosts_to_owners(nodal.data(), 18);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int column = 0; column < 6; ++column) {
      const double *f = nodal.data() + 18 * node + 3 * column;
      add(folded, column, {f[0], f[1], f[2]}, place(mesh, unit, origin, node) - reference);
    }
  expect_identity(folded);
}

} // namespace

TEST(UnitWrenchMpi, FlatFaceOfMixedCells)
{
  const auto leaves = random_leaves(MPI_COMM_WORLD, {2, 2, 1}, 3, 11);
  const OctreeMesh mesh(MPI_COMM_WORLD, leaves);
  std::vector<std::uint32_t> whole, part;
  std::set<int> levels;
  for (std::uint32_t i = 0; i < mesh.n_cells(); ++i)
    if (mesh.cell(i).vertex(7)[2] == 8) {
      whole.push_back(i);
      levels.insert(mesh.cell(i).level);
      if (random_number(mesh.cell(i).key(), 12) < .4) // covered in patches: ragged, asymmetric, with hanging nodes
        part.push_back(i);
    }
  const auto all_levels = gather_all(MPI_COMM_WORLD, std::vector<int>(levels.begin(), levels.end()));
  EXPECT_GE(std::set<int>(all_levels.begin(), all_levels.end()).size(), 2u);
  expect_unit_wrenches(mesh, .75, {-20., 35., 110.}, whole, {-14., 41., 90.});
  expect_unit_wrenches(mesh, .75, {-20., 35., 110.}, part, {-14., 41., 90.});
}

TEST(UnitWrenchMpi, StairCasedFace)
{
  // Leaves are cut away above an oblique plane: the loaded tops lie at many heights.
  const auto below = [](const OctreeCell &cell) {
    return cell.corner[2] + .5 * cell.edge() < 3. + .4 * cell.corner[0] + .2 * cell.corner[1];
  };
  const auto leaves = filtered(random_leaves(MPI_COMM_WORLD, {1, 1, 1}, 4, 13), below);
  const OctreeMesh mesh(MPI_COMM_WORLD, leaves);
  const auto all = gather_all(MPI_COMM_WORLD, leaves);
  std::vector<std::uint32_t> tops;
  std::set<std::int32_t> heights;
  for (std::uint32_t i = 0; i < mesh.n_cells(); ++i) {
    const auto &cell = mesh.cell(i);
    const bool is_covered = std::any_of(all.begin(), all.end(), [&](const OctreeCell &other) {
      return other.corner[2] == cell.corner[2] + cell.edge() && other.corner[0] < cell.corner[0] + cell.edge() &&
             cell.corner[0] < other.corner[0] + other.edge() && other.corner[1] < cell.corner[1] + cell.edge() &&
             cell.corner[1] < other.corner[1] + other.edge();
    });
    if (!is_covered) {
      tops.push_back(i);
      heights.insert(cell.vertex(7)[2]);
    }
  }
  const auto all_heights = gather_all(MPI_COMM_WORLD, std::vector<std::int32_t>(heights.begin(), heights.end()));
  EXPECT_GE(std::set<std::int32_t>(all_heights.begin(), all_heights.end()).size(), 3u);
  expect_unit_wrenches(mesh, .5, {3., -7., 2.}, tops, {5., -4., 0.});
}

TEST(UnitWrenchMpi, AxialForceOnAWholeFaceIsUniformTraction)
{
  // 4 x 4 cells: inner nodes carry 1/16 of the force, edges 1/32, corners 1/64.
  const OctreeMesh mesh(MPI_COMM_WORLD, make_forest_leaves(
                                            MPI_COMM_WORLD, {1, 1, 1}, 2, [](const OctreeCell &) { return true; },
                                            [](const OctreeCell &) { return 0u; }));
  std::vector<std::uint32_t> tops;
  for (std::uint32_t i = 0; i < mesh.n_cells(); ++i)
    if (mesh.cell(i).vertex(7)[2] == 4)
      tops.push_back(i);
  std::vector<double> nodal(mesh.n_local_nodes(), 0.);
  for (const auto &load : unit_wrench_loads(mesh, .5, {0., 0., 0.}, tops, {1., 1., -3.}))
    nodal[load.node] += load.f[2][2];
  mesh.halo().add_ghosts_to_owners(nodal.data(), 1);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
    const auto &p = mesh.position(node);
    const int n_borders = (p[0] % 4 == 0) + (p[1] % 4 == 0);
    EXPECT_NEAR(nodal[node], p[2] == 4 ? 1. / (16 << n_borders) : 0., 1e-13);
  }
}

TEST(UnitWrenchMpi, NoFaceIsAnInputError)
{
  const OctreeMesh mesh(MPI_COMM_WORLD, random_leaves(MPI_COMM_WORLD, {1, 1, 1}, 2, 1));
  EXPECT_THROW(unit_wrench_loads(mesh, 1., {0., 0., 0.}, {}, {0., 0., 0.}), InputError);
}

TEST(CantileverMpi, DomainIsTheReferenceProblems)
{
  for (const unsigned int n : {6u, 8u}) { // a power of two and another number of cells
    CantileverParameters parameters;
    parameters.cells_along_y = n;
    const auto domain = make_cantilever_domain(parameters, MPI_COMM_WORLD);
    EXPECT_EQ(domain.mesh.n_global_cells(), 2 * n * n * n);
    EXPECT_EQ(domain.n_unknowns(), 3 * (2 * n + 1) * (n + 1) * (n + 1));
    EXPECT_EQ(domain.n_load_columns, 1u);

    double force[3] = {0, 0, 0}, n_fixed = 0, volume = 0;
    for (const auto &load : domain.loads) {
      const auto position = domain.node_position(load.node);
      EXPECT_EQ(position[0], 2.);
      EXPECT_EQ(position[2], 0.);
      const bool is_end = position[1] < 1e-12 || position[1] > 1 - 1e-12;
      EXPECT_EQ(load.f[0][2], is_end ? -5e-4 : -1e-3);
      for (unsigned int c = 0; c < 3; ++c)
        force[c] += load.f[0][c];
    }
    for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node) {
      EXPECT_EQ(domain.fixed[node], domain.node_position(node)[0] == 0. ? 7 : 0);
      n_fixed += domain.fixed[node] == 7;
    }
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
      EXPECT_EQ(domain.region[cell], Region::design);
      volume += domain.volume(cell);
    }
    double sums[5] = {force[0], force[1], force[2], n_fixed, volume};
    MPI_Allreduce(MPI_IN_PLACE, sums, 5, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    EXPECT_EQ(sums[0], 0.);
    EXPECT_EQ(sums[1], 0.);
    EXPECT_NEAR(sums[2], -1e-3 * n, 1e-15);
    EXPECT_EQ(sums[3], (n + 1) * (n + 1));
    EXPECT_NEAR(sums[4], 2., 1e-12);
  }
}
