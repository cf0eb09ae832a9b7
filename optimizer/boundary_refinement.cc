#include <optimizer/boundary_refinement.h>

#include <algorithm>
#include <cmath>

#include <inputs/collective.h>

namespace cageopt::optimizer {

meshing::Refinement refinement_at_boundary(const LevelSetGrid &grid, const DesignVector &phi, const double smallest)
{
  const auto &mesh = grid.mesh();
  const auto local = grid.with_ghosts(phi);
  std::vector<double> own;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    if (grid.edge(cell) < 1.5 * smallest)
      continue;
    double lowest = 1e300, highest = -1e300;
    for (const auto node : mesh.nodes_of(cell)) {
      lowest = std::min(lowest, local[node]);
      highest = std::max(highest, local[node]);
    }
    if (lowest > 0 || highest <= 0)
      continue;
    const auto corner = grid.corner(cell);
    own.insert(own.end(), corner.begin(), corner.end());
    own.push_back(grid.edge(cell));
  }
  const auto all = inputs::gathered(mesh.comm(), own);
  meshing::Refinement result;
  for (std::size_t i = 0; i < all.size(); i += 4)
    result.marks.push_back({{all[i], all[i + 1], all[i + 2]}, all[i + 3]});
  return result;
}

} // namespace cageopt::optimizer
