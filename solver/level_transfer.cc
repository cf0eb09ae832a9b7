#include <solver/level_transfer.h>

#include <type_traits>

namespace cageopt::solver {

LevelTransfer::LevelTransfer(const meshing::OctreeMesh &fine, const meshing::CoarsenedMesh &coarse)
    : fine_mesh(fine), coarsened(coarse), coarse_mesh(coarse.mesh)
{
  std::vector<bool> done(fine.n_owned_nodes(), false);
  for (std::uint32_t cell = 0; cell < fine.n_cells(); ++cell) {
    const auto &coarse_nodes = coarse.mesh.nodes_of(coarse.parent[cell]);
    // Unrefined cells stand on both levels; foreign parents are always one level up.
    const bool is_parent = coarse.parent[cell] >= coarse.mesh.n_cells() ||
                           coarse.mesh.cell(coarse.parent[cell]).level > fine.cell(cell).level;
    const unsigned int child = fine.cell(cell).child_index();
    for (unsigned int v = 0; v < 8; ++v) {
      const auto node = fine.nodes_of(cell)[v];
      if (node >= fine.n_owned_nodes() || done[node])
        continue;
      done[node] = true;
      std::vector<unsigned int> corners{0};
      for (unsigned int d = 0; d < 3; ++d) {
        const unsigned int half_steps = is_parent ? (child >> d & 1) + (v >> d & 1) : 2 * (v >> d & 1);
        const std::size_t n = corners.size();
        for (std::size_t i = 0; i < n; ++i) {
          if (half_steps == 1)
            corners.push_back(corners[i]);
          if (half_steps > 0)
            corners[i] |= 1u << d;
        }
      }
      const auto store = [&](auto &entries) {
        auto &entry = entries.emplace_back();
        entry.fine = node;
        for (std::size_t i = 0; i < corners.size(); ++i)
          entry.coarse[i] = coarse_nodes[corners[i]];
      };
      if (corners.size() == 1)
        store(copies);
      else if (corners.size() == 2)
        store(edges);
      else if (corners.size() == 4)
        store(faces);
      else
        store(centres);
    }
  }
}

template <typename Action>
void LevelTransfer::for_each(const Action &action) const
{
  for (const auto &entry : copies)
    action(entry.fine, entry.coarse, 1.f);
  for (const auto &entry : edges)
    action(entry.fine, entry.coarse, .5f);
  for (const auto &entry : faces)
    action(entry.fine, entry.coarse, .25f);
  for (const auto &entry : centres)
    action(entry.fine, entry.coarse, .125f);
}

void LevelTransfer::prolongate(BlockVector<float> &fine, BlockVector<float> &coarse) const
{
  coarse_mesh.halo().update_ghosts(coarse.data(), coarse.values_per_node());
  coarse_mesh.interpolate_hanging(coarse.data(), coarse.values_per_node());
  const auto sweep = [&](const auto values_per_node) {
    constexpr std::size_t n = values_per_node;
    for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
      float sum[n] = {};
      for (const auto master : masters)
        for (std::size_t k = 0; k < n; ++k)
          sum[k] += coarse.data()[master * n + k];
      for (std::size_t k = 0; k < n; ++k)
        fine.data()[node * n + k] = weight * sum[k];
    });
  };
  if (fine.lanes() == 1)
    sweep(std::integral_constant<std::size_t, 3>());
  else
    sweep(std::integral_constant<std::size_t, 3 * block_lanes>());
}

void LevelTransfer::restrict_to(BlockVector<float> &coarse, const BlockVector<float> &fine) const
{
  coarse.clear();
  const auto sweep = [&](const auto values_per_node) {
    constexpr std::size_t n = values_per_node;
    for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
      float share[n];
      for (std::size_t k = 0; k < n; ++k)
        share[k] = weight * fine.data()[node * n + k];
      for (const auto master : masters)
        for (std::size_t k = 0; k < n; ++k)
          coarse.data()[master * n + k] += share[k];
    });
  };
  if (fine.lanes() == 1)
    sweep(std::integral_constant<std::size_t, 3>());
  else
    sweep(std::integral_constant<std::size_t, 3 * block_lanes>());
  coarse_mesh.fold_hanging(coarse.data(), coarse.values_per_node());
  coarse_mesh.halo().add_ghosts_to_owners(coarse.data(), coarse.values_per_node());
}

LevelTransfer::CoarseSupport LevelTransfer::coarsen_support(const FixedComponents &fine) const
{
  // By coarse node: number of fine nodes at its place, of those fixed in x, y, z, of fixed ones around it, and how many
  // there are around it that are free.
  std::vector<float> storage(std::size_t(coarse_mesh.n_local_nodes()) * 8, 0.f);
  const auto marks = [&](const std::uint32_t node) { return storage.data() + std::size_t(node) * 8; };
  for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
    for (const auto master : masters) {
      if (master >= coarse_mesh.first_hanging_node())
        continue;
      float *mark = marks(master);
      mark[0] += weight == 1.f ? 1.f : 0.f;
      mark[7] += fine[node] == 0 ? 1.f : 0.f;
      for (unsigned int c = 0; c < 3; ++c)
        if (fine[node] >> c & 1)
          mark[(weight == 1.f ? 1 : 4) + c] += 1.f;
    }
  });
  coarse_mesh.halo().add_ghosts_to_owners(storage.data(), 8);
  CoarseSupport support;
  support.fixed.assign(coarse_mesh.n_local_nodes(), 0);
  std::vector<std::uint8_t> is_carried(coarse_mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < coarse_mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      const float *mark = marks(node);
      const bool is_outside = mark[0] == 0; // a corner of a parent without all children
      const bool is_beyond_face = is_outside && mark[4 + c] > 0;
      if (mark[1 + c] > 0 || is_beyond_face)
        support.fixed[node] |= std::uint8_t(1u << c);
      if (is_beyond_face && mark[7] == 0)
        is_carried[node] = 1;
    }
  coarse_mesh.halo().update_ghosts(support.fixed.data(), 1);
  coarse_mesh.halo().update_ghosts(is_carried.data(), 1);

  // Bit k of a parent: its child k exists.
  std::vector<double> children(coarse_mesh.n_cells() + coarsened.cell_halo.n_ghosts(), 0.);
  for (std::uint32_t cell = 0; cell < fine_mesh.n_cells(); ++cell) {
    const auto parent = coarsened.parent[cell];
    if (parent >= coarse_mesh.n_cells() || coarse_mesh.cell(parent).level > fine_mesh.cell(cell).level)
      children[parent] += double(1u << fine_mesh.cell(cell).child_index());
  }
  coarsened.cell_halo.add_ghosts_to_owners(children.data(), 1);
  for (std::uint32_t cell = 0; cell < coarse_mesh.n_cells(); ++cell) {
    const auto present = static_cast<unsigned int>(children[cell]);
    if (present == 0 || present == 255)
      continue;
    double factor = 1;
    for (unsigned int d = 0; d < 3; ++d)
      for (unsigned int side = 0; side < 2; ++side) {
        bool is_half_missing = true, all_carried = true;
        for (unsigned int v = 0; v < 8; ++v)
          if ((v >> d & 1) == side) {
            is_half_missing = is_half_missing && (present >> v & 1) == 0;
            all_carried = all_carried && is_carried[coarse_mesh.nodes_of(cell)[v]] != 0;
          }
        if (is_half_missing && all_carried)
          factor *= 4;
      }
    if (factor > 1)
      support.stiffened.push_back({cell, factor});
  }
  return support;
}

} // namespace cageopt::solver
