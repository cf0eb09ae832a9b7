// The octree's nodes, hanging nodes, owners and coarser meshes, against their definitions by brute force.

#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include <meshing/flat_map.h>
#include <meshing/octree_mesh.h>
#include <tests/meshing/octree_samples.h>

using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

/// The cells of a box of `counts` cells of `level`, from `corner` on.
std::vector<OctreeCell> box_of(const LatticePoint &corner, const LatticePoint &counts, const std::uint8_t level)
{
  std::vector<OctreeCell> cells;
  for (std::int32_t k = 0; k < counts[2]; ++k)
    for (std::int32_t j = 0; j < counts[1]; ++j)
      for (std::int32_t i = 0; i < counts[0]; ++i)
        cells.push_back({{corner[0] + (i << level), corner[1] + (j << level), corner[2] + (k << level)}, level});
  return cells;
}

std::vector<OctreeCell> together(std::vector<OctreeCell> cells, const std::vector<OctreeCell> &more)
{
  cells.insert(cells.end(), more.begin(), more.end());
  return cells;
}

double linear(const LatticePoint &p) { return 3. + .5 * p[0] - 1.25 * p[1] + 2. * p[2]; }

std::vector<std::uint64_t> sorted_keys(const std::vector<OctreeCell> &cells)
{
  std::vector<std::uint64_t> keys;
  for (const auto &cell : cells)
    keys.push_back(cell.key());
  std::sort(keys.begin(), keys.end());
  return keys;
}

TEST(OctreeMeshMpi, PeriodicNodesAreOnesModuloThePeriod)
{
  // Scattered cells of a period of 12 x 8 x 6, z not periodic, dealt out so that neighbours lie on different ranks.
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const LatticePoint period = {12, 8, 0};
  const auto wrapped = [&](LatticePoint p) {
    for (unsigned int d = 0; d < 3; ++d)
      p[d] = period[d] > 0 ? p[d] % period[d] : p[d];
    return p;
  };
  std::vector<OctreeCell> own;
  std::set<std::uint64_t> nodes;
  int number = 0;
  for (const auto &cell : box_of({0, 0, 0}, {12, 8, 6}, 0)) {
    if (FlatMap::hash(cell.key()) % 3 == 0)
      continue;
    for (unsigned int v = 0; v < 8; ++v)
      nodes.insert(lattice_key(wrapped(cell.vertex(v))));
    if (number++ % n_ranks == rank)
      own.push_back(cell);
  }
  OctreeMesh mesh(MPI_COMM_WORLD, own, {}, period);
  EXPECT_EQ(mesh.n_global_nodes(), nodes.size());
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (unsigned int v = 0; v < 8; ++v)
      EXPECT_EQ(mesh.position(mesh.nodes_of(cell)[v]), wrapped(mesh.cell(cell).vertex(v)));
  // Every copy adds to its owner: a node is a corner of as many cells as there are around it.
  std::vector<double> ones(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (const auto node : mesh.nodes_of(cell))
      ones[node] += 1;
  mesh.halo().add_ghosts_to_owners(ones.data(), 1);
  double sum = std::accumulate(ones.begin(), ones.begin() + mesh.n_owned_nodes(), 0.);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_EQ(sum, 8. * number);

  ASSERT_TRUE(can_be_coarsened(mesh));
  const auto coarse = coarsen(mesh);
  EXPECT_EQ(coarse.mesh.period(), period);
  EXPECT_EQ(coarse.mesh.n_global_nodes(), 6u * 4u * 4u);
  ASSERT_TRUE(can_be_coarsened(coarse.mesh));
  EXPECT_FALSE(can_be_coarsened(coarsen(coarse.mesh).mesh)); // 3 x 2 cells
}

TEST(OctreeMesh, PeriodsWithCellsOfTwoSizesOrBeyondAreRefused)
{
  const auto small = box_of({0, 0, 0}, {2, 2, 2}, 0);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, together(small, {{{2, 0, 0}, 1}}), {}, {4, 2, 2}), std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, small, {}, {1, 2, 2}), std::logic_error);
}

} // namespace

TEST(FlatMap, AgreesWithStdMap)
{
  FlatMap flat(0);
  std::map<std::uint64_t, std::uint32_t> reference;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    // Multiples of a power of two and repetitions: what lattice keys look like.
    const auto key = std::uint64_t(random_number(i, 1) * 3000) << (i % 3 * 20);
    EXPECT_EQ(flat.insert(key, i), reference.insert({key, i}).first->second);
  }
  EXPECT_EQ(flat.size(), reference.size());
  for (const auto &[key, value] : reference) {
    EXPECT_EQ(flat.find(key), value);
    EXPECT_EQ(flat.find(key + (1ull << 61)), FlatMap::not_found);
  }
}

TEST(OctreeCell, KeysAndFamilies)
{
  const LatticePoint far{{lattice_limit - 1, 5, lattice_limit}};
  EXPECT_EQ(lattice_point(lattice_key(far)), far);
  const OctreeCell parent{{8, 16, 24}, 3};
  std::set<std::uint64_t> keys{parent.key()};
  for (unsigned int child = 0; child < 8; ++child) {
    OctreeCell cell{parent.corner, 2};
    for (unsigned int d = 0; d < 3; ++d)
      cell.corner[d] += 4 * (child >> d & 1);
    EXPECT_EQ(cell.child_index(), child);
    EXPECT_EQ(cell.parent().key(), parent.key());
    EXPECT_EQ(cell.vertex(child), parent.vertex(child)); // child v has the parent's corner v
    keys.insert(cell.key());
  }
  EXPECT_EQ(keys.size(), 9u) << "a parent and its first child share the corner, not the key";
}

TEST(OctreeMesh, HandMadeMeshes)
{
  const OctreeMesh one(MPI_COMM_SELF, {{{4, 4, 4}, 2}});
  EXPECT_EQ(one.n_global_nodes(), 8u);
  EXPECT_TRUE(one.hanging_nodes().empty());

  // One coarse cube beside eight fine ones: 27 + 4 corners, of which the middles of the shared face's 4 edges and of
  // the face itself hang.
  const OctreeMesh face(MPI_COMM_SELF, together({{{0, 0, 0}, 1}}, box_of({2, 0, 0}, {2, 2, 2}, 0)));
  EXPECT_EQ(face.n_global_cells(), 9u);
  EXPECT_EQ(face.n_global_nodes(), 26u);
  ASSERT_EQ(face.hanging_nodes().size(), 5u);
  std::map<int, int> by_masters;
  for (const auto &hanging : face.hanging_nodes())
    ++by_masters[hanging.n_masters];
  EXPECT_EQ(by_masters, (std::map<int, int>{{2, 4}, {4, 1}}));

  // The same cubes meeting along an edge only, where nothing but the middle of that edge hangs: 27 + 8 - 2 - 1.
  const OctreeMesh edge(MPI_COMM_SELF, together({{{0, 0, 0}, 1}}, box_of({2, 2, 0}, {2, 2, 2}, 0)));
  EXPECT_EQ(edge.n_global_nodes(), 32u);
  ASSERT_EQ(edge.hanging_nodes().size(), 1u);
  EXPECT_EQ(edge.position(edge.first_hanging_node()), (LatticePoint{{2, 2, 1}}));

  // ... and in a corner only.
  const OctreeMesh corner(MPI_COMM_SELF, together({{{0, 0, 0}, 1}}, box_of({2, 2, 2}, {2, 2, 2}, 0)));
  EXPECT_EQ(corner.n_global_nodes(), 34u);
  EXPECT_TRUE(corner.hanging_nodes().empty());
}

TEST(OctreeMesh, BadInputIsRefused)
{
  // 4:1 across a face, an edge and from an inner point of a face.
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, together({{{0, 0, 0}, 2}}, box_of({4, 0, 0}, {4, 4, 4}, 0))),
               std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, together({{{0, 0, 0}, 2}}, box_of({4, 4, 0}, {4, 4, 4}, 0))),
               std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, {{{0, 0, 0}, 2}, {{4, 1, 1}, 0}}), std::logic_error);
  // 8:1
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, together({{{0, 0, 0}, 3}}, box_of({8, 0, 0}, {2, 2, 2}, 0))),
               std::logic_error);
  // 2:1 across faces, but 4:1 across the edge x = y = 4: the middle cells' nodes there hang themselves.
  EXPECT_THROW(
      OctreeMesh(MPI_COMM_SELF, together(together({{{0, 0, 0}, 2}}, box_of({4, 0, 0}, {2, 2, 2}, 1)),
                                         together(box_of({0, 4, 0}, {2, 2, 2}, 1), box_of({4, 4, 0}, {4, 4, 4}, 0)))),
      std::logic_error);
  // Twice the same cell, a cell inside another one, a cell outside the lattice.
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, {{{0, 0, 0}, 1}, {{0, 0, 0}, 1}}), std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, {{{0, 0, 0}, 1}, {{0, 0, 0}, 0}}), std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, {{{-1, 0, 0}, 0}}), std::logic_error);
  EXPECT_THROW(OctreeMesh(MPI_COMM_SELF, {{{lattice_limit - 1, 0, 0}, 0}}), std::logic_error);
}

TEST(ForestMpi, ABoxOfAnySizeIsFilledWithSmallestCells)
{
  for (const auto &counts : {std::array<int, 3>{1, 2, 3}, {7, 5, 33}, {21, 42, 21}, {32, 32, 64}}) {
    const auto leaves = gather_all(MPI_COMM_WORLD, make_box_leaves(MPI_COMM_WORLD, counts));
    EXPECT_EQ(leaves.size(), std::size_t(counts[0]) * counts[1] * counts[2]);
    std::set<LatticePoint> corners;
    for (const auto &leaf : leaves) {
      EXPECT_EQ(leaf.level, 0);
      for (unsigned int d = 0; d < 3; ++d)
        EXPECT_TRUE(leaf.corner[d] >= 0 && leaf.corner[d] < counts[d]);
      corners.insert(leaf.corner);
    }
    EXPECT_EQ(corners.size(), leaves.size());
  }
}

TEST(ForestMpi, LeavesAreBalancedSortedAndAsWanted)
{
  const auto keep = [](const OctreeCell &root) { return root.corner != LatticePoint{{8, 8, 0}}; };
  // Smallest cells at one corner only; all else is balance.
  const auto wanted = [](const OctreeCell &cell) { return cell.corner == LatticePoint{{8, 0, 0}} ? 0u : 3u; };
  const auto leaves = make_forest_leaves(MPI_COMM_WORLD, {2, 2, 1}, 3, keep, wanted);
  const auto all = gather_all(MPI_COMM_WORLD, leaves);

  std::int64_t volume = 0;
  for (const auto &cell : all) {
    volume += std::int64_t(cell.edge()) * cell.edge() * cell.edge();
    EXPECT_TRUE(keep(OctreeCell::containing(cell.corner, 3)));
    EXPECT_LE(cell.level, wanted(cell));
    for (const auto &other : all) {
      bool touch = true;
      for (unsigned int d = 0; d < 3; ++d)
        touch = touch && cell.corner[d] <= other.corner[d] + other.edge() &&
                other.corner[d] <= cell.corner[d] + cell.edge();
      EXPECT_TRUE(!touch || std::abs(cell.level - other.level) <= 1);
    }
  }
  EXPECT_EQ(volume, 3 * 512);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const auto &cell) { return cell.level == 0; }));

  const auto morton_less = [](const OctreeCell &a, const OctreeCell &b) {
    for (int bit = 20; bit >= 0; --bit)
      for (unsigned int d = 3; d-- > 0;)
        if ((a.corner[d] >> bit & 1) != (b.corner[d] >> bit & 1))
          return (a.corner[d] >> bit & 1) < (b.corner[d] >> bit & 1);
    return false;
  };
  EXPECT_TRUE(std::is_sorted(leaves.begin(), leaves.end(), morton_less));
}

TEST(OctreeMeshMpi, NodesAreThoseOfTheDefinition)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
    SCOPED_TRACE(sample.name);
    const auto all = gather_all(MPI_COMM_WORLD, sample.leaves);
    const NodesByDefinition definition(all);
    const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);

    // The counts know nothing of ranks.
    EXPECT_EQ(mesh.n_global_cells(), all.size());
    EXPECT_EQ(mesh.n_global_nodes(), definition.index.size());
    EXPECT_LT(definition.index.size(), definition.masters.size()) << "a sample without hanging nodes";

    std::map<LatticePoint, int> lowest_rank;
    const auto counts = gather_all(MPI_COMM_WORLD, std::vector<std::uint32_t>{mesh.n_cells()});
    std::size_t first = 0;
    for (int r = 0; r < n_ranks; first += counts[r++])
      for (std::size_t i = first; i < first + counts[r]; ++i)
        for (unsigned int v = 0; v < 8; ++v)
          lowest_rank.insert({all[i].vertex(v), r});

    int n_wrong = 0;
    for (std::uint32_t i = 0; i < mesh.n_cells(); ++i) {
      n_wrong += !same_cell(mesh.cell(i), sample.leaves[i]);
      for (unsigned int v = 0; v < 8; ++v)
        n_wrong += mesh.position(mesh.nodes_of(i)[v]) != sample.leaves[i].vertex(v);
    }
    EXPECT_EQ(n_wrong, 0) << "corners at other positions";
    std::set<LatticePoint> seen;
    int n_wrong_kind = 0, n_wrong_owner = 0, n_wrong_masters = 0;
    for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) {
      const auto &point = mesh.position(node);
      seen.insert(point);
      const bool hangs = definition.masters.at(point).size() > 1;
      n_wrong_kind += hangs != (node >= mesh.first_hanging_node());
      if (!hangs) {
        n_wrong_owner += (lowest_rank.at(point) == rank) != (node < mesh.n_owned_nodes());
      } else if (node >= mesh.first_hanging_node()) {
        const auto &hanging = mesh.hanging_nodes()[node - mesh.first_hanging_node()];
        std::vector<LatticePoint> masters;
        for (unsigned int m = 0; m < hanging.n_masters; ++m)
          masters.push_back(mesh.position(hanging.masters[m]));
        std::sort(masters.begin(), masters.end());
        n_wrong_masters += masters != definition.masters.at(point);
      }
    }
    EXPECT_EQ(n_wrong_kind, 0);
    EXPECT_EQ(n_wrong_owner, 0);
    EXPECT_EQ(n_wrong_masters, 0);
    EXPECT_EQ(seen.size(), mesh.n_local_nodes()) << "a node twice on a rank";

    std::uint64_t before = 0;
    for (int r = 0; r < rank; ++r)
      for (const auto &[point, owner] : lowest_rank)
        before += owner == r && definition.masters.at(point).size() == 1;
    EXPECT_EQ(mesh.first_global_node(), before);
  }
}

TEST(OctreeMeshMpi, LinearFunctionsAtHangingNodesAndGhosts)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
    const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
    std::vector<double> values(2 * mesh.n_local_nodes(), std::nan(""));
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
      values[2 * node] = linear(mesh.position(node));
      values[2 * node + 1] = -values[2 * node];
    }
    mesh.halo().update_ghosts(values.data(), 2);
    mesh.interpolate_hanging(values.data(), 2);
    int n_wrong = 0;
    for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) // small dyadic numbers: exact
      n_wrong += values[2 * node] != linear(mesh.position(node)) || values[2 * node + 1] != -values[2 * node];
    EXPECT_EQ(n_wrong, 0) << sample.name;
  }
}

TEST(OctreeMeshMpi, FoldingIsTheTransposeOfInterpolating)
{
  // <y, B x> = <B^T y, x> for B: owned -> all local nodes of all ranks; the owned entries of B are the identity.
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
    const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
    const std::uint32_t n = mesh.n_local_nodes();
    std::vector<double> x(n, 0.), y(n);
    for (std::uint32_t node = 0; node < n; ++node) {
      if (node < mesh.n_owned_nodes())
        x[node] = random_number(lattice_key(mesh.position(node)), 1) - .5;
      y[node] = random_number(lattice_key(mesh.position(node)), 2 + rank) - .5;
    }
    auto expanded = x, folded = y;
    mesh.halo().update_ghosts(expanded.data(), 1);
    mesh.interpolate_hanging(expanded.data(), 1);
    mesh.fold_hanging(folded.data(), 1);
    mesh.halo().add_ghosts_to_owners(folded.data(), 1);
    double sums[2] = {std::inner_product(y.begin(), y.end(), expanded.begin(), 0.),
                      std::inner_product(folded.begin(), folded.end(), x.begin(), 0.)};
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    EXPECT_NEAR(sums[0], sums[1], 1e-12 * n) << sample.name;
    for (std::uint32_t node = mesh.n_owned_nodes(); node < n; ++node)
      ASSERT_EQ(folded[node], 0.) << "ghosts and hanging nodes are emptied";
  }
}

TEST(OctreeMeshMpi, GhostsCarryTheirOwnersValues)
{
  const auto leaves = dealt_out(MPI_COMM_WORLD, random_leaves(MPI_COMM_WORLD, {2, 2, 1}, 2, 7), 8);
  const OctreeMesh mesh(MPI_COMM_WORLD, leaves);
  const std::uint32_t n_copies = mesh.first_hanging_node();
  std::vector<std::uint64_t> keys(n_copies, 0);
  std::vector<float> sums(3 * n_copies, 1.f);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    keys[node] = lattice_key(mesh.position(node));
  mesh.halo().update_ghosts(keys.data(), 1);
  mesh.halo().add_ghosts_to_owners(sums.data(), 3);

  std::vector<LatticePoint> own;
  for (std::uint32_t node = 0; node < n_copies; ++node) {
    EXPECT_EQ(keys[node], lattice_key(mesh.position(node)));
    own.push_back(mesh.position(node));
  }
  std::map<LatticePoint, int> copies;
  for (const auto &point : gather_all(MPI_COMM_WORLD, own))
    ++copies[point];
  for (std::uint32_t i = 0; i < 3 * n_copies; ++i)
    EXPECT_EQ(sums[i], i < 3 * mesh.n_owned_nodes() ? float(copies[mesh.position(i / 3)]) : 0.f);
}

TEST(CoarsenMpi, EveryLevelReplacesTheSmallestCellsByTheirParents)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
    SCOPED_TRACE(sample.name);
    auto fine = std::make_unique<OctreeMesh>(MPI_COMM_WORLD, sample.leaves);
    unsigned int n_levels = 0;
    bool a_parent_lacks_children = false;
    while (fine->n_global_cells() > 1) {
      ASSERT_LT(++n_levels, 10u);
      const auto all = gather_all(MPI_COMM_WORLD, fine->cells());
      const auto smallest = std::min_element(all.begin(), all.end(), [](const auto &a, const auto &b) {
                              return a.level < b.level;
                            })->level;
      std::map<std::uint64_t, int> n_children;
      for (const auto &cell : all)
        ++n_children[cell.level == smallest ? cell.parent().key() : cell.key()];

      auto coarse = coarsen(*fine);
      const auto &mesh = coarse.mesh;
      const auto coarse_cells = gather_all(MPI_COMM_WORLD, mesh.cells());
      std::vector<std::uint64_t> expected;
      for (const auto &[key, count] : n_children)
        expected.push_back(key);
      EXPECT_EQ(sorted_keys(coarse_cells), expected);
      EXPECT_EQ(mesh.n_global_nodes(), NodesByDefinition(coarse_cells).index.size());

      // A parent, own or foreign, is the one that contains the fine cell; its corners are local nodes.
      int n_wrong = 0;
      std::vector<std::uint64_t> key_of(mesh.n_cells() + coarse.cell_halo.n_ghosts(), 0);
      std::vector<double> counts(key_of.size(), 0.);
      for (std::uint32_t i = 0; i < mesh.n_cells(); ++i)
        key_of[i] = mesh.cell(i).key();
      coarse.cell_halo.update_ghosts(key_of.data(), 1);
      for (std::uint32_t i = 0; i < fine->n_cells(); ++i) {
        const auto &cell = fine->cell(i);
        const auto target = cell.level == smallest ? cell.parent() : cell;
        const auto parent = coarse.parent[i];
        n_wrong += key_of.at(parent) != target.key();
        for (unsigned int v = 0; v < 8; ++v)
          n_wrong += mesh.position(mesh.nodes_of(parent)[v]) != target.vertex(v);
        counts[parent] += 1;
      }
      EXPECT_EQ(n_wrong, 0);
      coarse.cell_halo.add_ghosts_to_owners(counts.data(), 1);
      for (std::uint32_t i = 0; i < mesh.n_cells(); ++i) {
        const int count = n_children.at(mesh.cell(i).key());
        EXPECT_EQ(counts[i], count);
        a_parent_lacks_children = a_parent_lacks_children || (count > 1 && count < 8);
      }
      fine = std::make_unique<OctreeMesh>(std::move(coarse.mesh));
    }
    int anywhere = a_parent_lacks_children;
    MPI_Allreduce(MPI_IN_PLACE, &anywhere, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    EXPECT_EQ(anywhere, 1) << "the sample does not test parents with missing children";
  }
}
