#include <optimizer/boundary_refinement.h>

#include <algorithm>

namespace cageopt::optimizer {

std::vector<meshing::Refinement::Mark> marks_at_boundary(const LevelSetGrid &grid, const DesignVector &phi,
                                                         const double smallest)
{
  const auto &mesh = grid.mesh();
  const auto local = grid.with_ghosts(phi);
  std::vector<meshing::Refinement::Mark> own;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    if (grid.edge(cell) < 1.5 * smallest)
      continue;
    double lowest = 1e300, highest = -1e300;
    for (const auto node : mesh.nodes_of(cell)) {
      lowest = std::min(lowest, local[node]);
      highest = std::max(highest, local[node]);
    }
    if (lowest <= 0 && highest > 0)
      own.push_back({grid.corner(cell), grid.edge(cell)});
  }
  return meshing::gathered(mesh.comm(), own);
}

} // namespace cageopt::optimizer
