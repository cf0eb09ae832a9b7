#include <solver/level_transfer.h>

#include <algorithm>

namespace cageopt::solver {

LevelTransfer::LevelTransfer(const meshing::OctreeMesh &fine, const meshing::CoarsenedMesh &coarse)
    : coarse_mesh(coarse.mesh)
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

void LevelTransfer::prolongate_and_add(BlockVector<float> &fine, BlockVector<float> &coarse) const
{
  const std::size_t n = fine.values_per_node();
  coarse_mesh.halo().update_ghosts(coarse.data(), coarse.values_per_node());
  coarse_mesh.interpolate_hanging(coarse.data(), coarse.values_per_node());
  for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
    float *target = fine.data() + node * n;
    for (std::size_t k = 0; k < n; ++k) {
      float sum = 0;
      for (const auto master : masters)
        sum += coarse.data()[master * n + k];
      target[k] += weight * sum;
    }
  });
}

void LevelTransfer::restrict_to(BlockVector<float> &coarse, const BlockVector<float> &fine) const
{
  const std::size_t n = fine.values_per_node();
  coarse.clear();
  for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
    const float *source = fine.data() + node * n;
    for (const auto master : masters)
      for (std::size_t k = 0; k < n; ++k)
        coarse.data()[master * n + k] += weight * source[k];
  });
  coarse_mesh.fold_hanging(coarse.data(), coarse.values_per_node());
  coarse_mesh.halo().add_ghosts_to_owners(coarse.data(), coarse.values_per_node());
}

FixedComponents LevelTransfer::coarsen_fixed(const FixedComponents &fine) const
{
  // By coarse node: number of fine nodes at its place, of those fixed in x, y, z, and of fixed ones around it.
  std::vector<float> storage(std::size_t(coarse_mesh.n_local_nodes()) * 7, 0.f);
  const auto marks = [&](const std::uint32_t node) { return storage.data() + std::size_t(node) * 7; };
  for_each([&](const std::uint32_t node, const auto &masters, const float weight) {
    for (const auto master : masters) {
      if (master >= coarse_mesh.first_hanging_node())
        continue;
      float *mark = marks(master);
      mark[0] += weight == 1.f ? 1.f : 0.f;
      for (unsigned int c = 0; c < 3; ++c)
        if (fine[node] >> c & 1)
          mark[(weight == 1.f ? 1 : 4) + c] += 1.f;
    }
  });
  coarse_mesh.halo().add_ghosts_to_owners(storage.data(), 7);
  FixedComponents fixed(coarse_mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < coarse_mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      const float *mark = marks(node);
      const bool is_outside = mark[0] == 0; // a corner of a parent without all children
      if (mark[1 + c] > 0 || (is_outside && mark[4 + c] > 0))
        fixed[node] |= std::uint8_t(1u << c);
    }
  coarse_mesh.halo().update_ghosts(fixed.data(), 1);
  return fixed;
}

} // namespace cageopt::solver
