#include <main/refined_modulus.h>

#include <algorithm>

#include <optimizer/platen_test.h>

namespace cageopt {

double refined_effective_modulus(Study &study, const optimizer::DesignState &state)
{
  const auto &domain = study.domain();
  const auto &mesh = domain.mesh;
  const double cell_size = study.parameters().mesh.cell_size;
  const auto &design_cells = study.analysis().design_cells();
  // Stiffness at nodes, the mean over the design cells around, so that new cells at the envelope's rim have one too.
  std::vector<double> sums(std::size_t(mesh.n_local_nodes()) * 4, 0.);
  std::vector<std::int64_t> design_index(mesh.n_cells(), -1);
  for (std::size_t i = 0; i < design_cells.size(); ++i) {
    design_index[design_cells[i]] = static_cast<std::int64_t>(i);
    for (const auto node : mesh.nodes_of(design_cells[i])) {
      double *const sum = &sums[4 * std::size_t(node)];
      sum[0] += state.stiffness[i].c11;
      sum[1] += state.stiffness[i].c12;
      sum[2] += state.stiffness[i].c44;
      sum[3] += 1;
    }
  }
  mesh.fold_hanging(sums.data(), 4);
  mesh.halo().add_ghosts_to_owners(sums.data(), 4);
  mesh.halo().update_ghosts(sums.data(), 4);
  mesh.interpolate_hanging(sums.data(), 4);

  const auto &patient = *study.patient();
  const auto &segment = *study.segment();
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * segment.frame().design_to_world;
  std::vector<optimizer::PlatenTest::Cell> cells;
  std::vector<inputs::CellStiffness> stiffness;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const auto &leaf = mesh.cell(cell);
    const bool near = meshing::is_cage(domain.region[cell]) || domain.cage_distance[cell] <= 2. * cell_size;
    if (domain.edge(cell) > 1.5 * cell_size || !near)
      continue;
    inputs::CubicStiffness mean;
    if (design_index[cell] >= 0) {
      mean = state.stiffness[design_index[cell]];
    } else {
      double sum[4] = {};
      for (const auto node : mesh.nodes_of(cell))
        for (unsigned int k = 0; k < 4; ++k)
          sum[k] += sums[4 * std::size_t(node) + k];
      if (sum[3] > 0)
        mean = {sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]};
      else
        mean = study.law().stiffness(study.law().lower_density());
    }
    // Parts half as wide as the mesh's smallest cells, in Morton order.
    const unsigned int n_parts = 8u << 3 * leaf.level;
    for (unsigned int part_index = 0; part_index < n_parts; ++part_index) {
      std::array<std::int32_t, 3> first{};
      for (unsigned int bit = 0; bit <= leaf.level; ++bit)
        for (unsigned int d = 0; d < 3; ++d)
          first[d] |= std::int32_t(part_index >> (3 * bit + d) & 1) << bit;
      std::array<int, 4> count{};
      constexpr int n = 3;
      const auto corner = leaf.vertex(0);
      for (int k = 0; k < n; ++k)
        for (int j = 0; j < n; ++j)
          for (int i = 0; i < n; ++i) {
            const std::array<double, 3> at = {corner[0] + .5 * (first[0] + (i + .5) / n),
                                              corner[1] + .5 * (first[1] + (j + .5) / n),
                                              corner[2] + .5 * (first[2] + (k + .5) / n)};
            const inputs::Point point = {domain.origin[0] + domain.unit * at[0], domain.origin[1] + domain.unit * at[1],
                                         domain.origin[2] + domain.unit * at[2]};
            ++count[static_cast<int>(meshing::cage_part_at(patient, segment.cage(), design_to_index, point))];
          }
      if (2 * count[0] >= n * n * n)
        continue;
      const auto part =
          static_cast<meshing::CagePart>(std::max_element(count.begin() + 1, count.end()) - count.begin());
      const meshing::OctreeCell small = {{2 * corner[0] + first[0], 2 * corner[1] + first[1], 2 * corner[2] + first[2]},
                                         0};
      cells.push_back({small, part == meshing::CagePart::window});
      if (part == meshing::CagePart::design)
        stiffness.push_back(mean);
      else if (part == meshing::CagePart::frame)
        stiffness.push_back(domain.frame);
    }
  }
  optimizer::PlatenTest test(study.comm(), cells, .5 * domain.unit, study.parameters().solver);
  return test.effective_modulus(stiffness);
}

} // namespace cageopt
