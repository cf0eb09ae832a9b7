#include <meshing/forest.h>

#include <algorithm>
#include <cmath>

#include <deal.II/distributed/tria.h>
#include <deal.II/grid/grid_generator.h>

namespace cageopt::meshing {

namespace {

template <typename Cell>
OctreeCell lattice_cell(const Cell &cell, const unsigned int depth)
{
  OctreeCell result;
  for (unsigned int d = 0; d < 3; ++d)
    result.corner[d] = static_cast<std::int32_t>(std::lround(cell->vertex(0)[d]));
  result.level = static_cast<std::uint8_t>(depth - cell->level());
  return result;
}

} // namespace

std::vector<OctreeCell> make_forest_leaves(MPI_Comm comm, const std::array<int, 3> &n_roots, const unsigned int depth,
                                           const std::function<bool(const OctreeCell &)> &keep,
                                           const std::function<unsigned int(const OctreeCell &)> &wanted_level)
{
  using namespace dealii;
  const double edge = double(1u << depth);
  Triangulation<3> box;
  GridGenerator::subdivided_hyper_rectangle(box, {unsigned(n_roots[0]), unsigned(n_roots[1]), unsigned(n_roots[2])},
                                            Point<3>(),
                                            Point<3>(edge * n_roots[0], edge * n_roots[1], edge * n_roots[2]));
  // The box stays whole: p4est 2.2 can abort in its 2:1 balance where root cells are cut out of it.
  std::vector<std::uint8_t> kept(box.n_active_cells());
  const auto root_index = [&](const LatticePoint &point) {
    return (point[0] >> depth) + std::size_t(n_roots[0]) * ((point[1] >> depth) + n_roots[1] * (point[2] >> depth));
  };
  for (const auto &cell : box.active_cell_iterators()) {
    const auto root = lattice_cell(cell, depth);
    kept[root_index(root.corner)] = keep(root);
  }

  parallel::distributed::Triangulation<3> forest(comm);
  // Leaves outside weigh little, so that the ranks share the others evenly.
  forest.signals.weight.connect(
      [&](const auto &cell, const auto) { return kept[root_index(lattice_cell(cell, depth).corner)] ? 1000u : 1u; });
  forest.copy_triangulation(box);
  for (unsigned int sweep = 0; sweep < depth; ++sweep) {
    unsigned int n_flagged = 0;
    for (const auto &cell : forest.active_cell_iterators())
      if (cell->is_locally_owned()) {
        const auto leaf = lattice_cell(cell, depth);
        if (kept[root_index(leaf.corner)] && leaf.level > wanted_level(leaf)) {
          cell->set_refine_flag();
          ++n_flagged;
        }
      }
    MPI_Allreduce(MPI_IN_PLACE, &n_flagged, 1, MPI_UNSIGNED, MPI_SUM, comm);
    if (n_flagged == 0)
      break;
    forest.execute_coarsening_and_refinement();
  }

  std::vector<std::pair<std::uint64_t, OctreeCell>> ordered;
  ordered.reserve(forest.n_locally_owned_active_cells());
  for (const auto &cell : forest.active_cell_iterators())
    if (cell->is_locally_owned()) {
      const auto leaf = lattice_cell(cell, depth);
      if (kept[root_index(leaf.corner)])
        ordered.emplace_back(morton_code(leaf.corner), leaf);
    }
  std::sort(ordered.begin(), ordered.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<OctreeCell> leaves;
  leaves.reserve(ordered.size());
  for (const auto &[code, leaf] : ordered)
    leaves.push_back(leaf);
  return leaves;
}

std::vector<OctreeCell> make_box_leaves(MPI_Comm comm, const std::array<int, 3> &n_cells)
{
  const auto roots_along = [](const int n, const unsigned int depth) { return (n + (1 << depth) - 1) >> depth; };
  unsigned int depth = 5;
  while (std::any_of(n_cells.begin(), n_cells.end(),
                     [&](const int n) { return 20 * (roots_along(n, depth) << depth) > 21 * n; }))
    --depth; // at 0 nothing reaches beyond
  std::array<int, 3> n_roots;
  for (unsigned int d = 0; d < 3; ++d)
    n_roots[d] = roots_along(n_cells[d], depth);
  const auto is_beyond = [&](const OctreeCell &leaf) {
    return leaf.corner[0] >= n_cells[0] || leaf.corner[1] >= n_cells[1] || leaf.corner[2] >= n_cells[2];
  };
  auto leaves = make_forest_leaves(
      comm, n_roots, depth, [](const OctreeCell &) { return true; },
      [&](const OctreeCell &leaf) { return is_beyond(leaf) ? leaf.level : 0u; });
  leaves.erase(std::remove_if(leaves.begin(), leaves.end(), is_beyond), leaves.end());
  return leaves;
}

} // namespace cageopt::meshing
