#include <meshing/cell_sizes.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <inputs/distance_transform.h>

namespace cageopt::meshing {

using inputs::Point;

CellSizes::CellSizes(const std::array<int, 3> &n_lattice, const Point &origin, const MeshParameters &parameters,
                     const Refinement &refinement, const std::function<bool(const Point &)> &is_envelope)
    : n_lattice(n_lattice), halvings(refinement.halvings), cell_size(parameters.cell_size),
      fine_distance(parameters.fine_distance), medium_distance(parameters.medium_distance)
{
  for (unsigned int d = 0; d < 3; ++d)
    n_cells[d] = n_lattice[d] >> halvings;
  std::vector<std::uint8_t> envelope(std::size_t(n_cells[0]) * n_cells[1] * n_cells[2], 0);
  for (int k = 0; k < n_cells[2]; ++k)
    for (int j = 0; j < n_cells[1]; ++j)
      for (int i = 0; i < n_cells[0]; ++i)
        envelope[index(n_cells, i, j, k)] = is_envelope(
            {origin[0] + cell_size * (i + .5), origin[1] + cell_size * (j + .5), origin[2] + cell_size * (k + .5)});
  distance = inputs::distance_transform(n_cells, envelope);
  for (auto &value : distance)
    value = static_cast<float>(cell_size * std::max(0., value - .5));
  if (!refinement.marks.empty())
    place(refinement, origin);
}

void CellSizes::place(const Refinement &refinement, const Point &origin)
{
  const double unit = cell_size / (1u << halvings);
  marked_level.assign(std::size_t(n_lattice[0]) * n_lattice[1] * n_lattice[2], std::uint8_t(depth(refinement)));
  for (const auto &mark : refinement.marks) {
    std::array<int, 3> low, high;
    for (unsigned int d = 0; d < 3; ++d) {
      low[d] = std::max(0, int(std::lround((mark.corner[d] - origin[d]) / unit)));
      high[d] = std::min(n_lattice[d], int(std::lround((mark.corner[d] + mark.edge - origin[d]) / unit)));
    }
    const long half = std::lround(.5 * mark.edge / unit);
    std::uint8_t level = 0;
    while (level < depth(refinement) && (2L << level) <= half)
      ++level;
    for (int k = low[2]; k < high[2]; ++k)
      for (int j = low[1]; j < high[1]; ++j)
        for (int i = low[0]; i < high[0]; ++i)
          marked_level[index(n_lattice, i, j, k)] = std::min(marked_level[index(n_lattice, i, j, k)], level);
  }
}

unsigned int CellSizes::wanted_level(const OctreeCell &cell) const
{
  const float smallest = smallest_distance(cell);
  unsigned int level = halvings + (smallest <= fine_distance ? 0 : (smallest <= medium_distance ? 1 : 2));
  if (!marked_level.empty())
    for (int k = 0; k < cell.edge(); ++k)
      for (int j = 0; j < cell.edge(); ++j)
        for (int i = 0; i < cell.edge(); ++i)
          level = std::min<unsigned int>(
              level, marked_level[index(n_lattice, cell.corner[0] + i, cell.corner[1] + j, cell.corner[2] + k)]);
  return level;
}

float CellSizes::smallest_distance(const OctreeCell &cell) const
{
  float smallest = std::numeric_limits<float>::max();
  const auto whole = OctreeCell::containing(cell.corner, std::max<unsigned int>(cell.level, halvings));
  const int edge = whole.edge() >> halvings;
  for (int k = 0; k < edge; ++k)
    for (int j = 0; j < edge; ++j)
      for (int i = 0; i < edge; ++i)
        smallest =
            std::min(smallest, distance[index(n_cells, (whole.corner[0] >> halvings) + i,
                                              (whole.corner[1] >> halvings) + j, (whole.corner[2] >> halvings) + k)]);
  return smallest;
}

float CellSizes::centre_distance(const OctreeCell &cell) const
{
  // Larger cells have their centre on a corner of the cells of 'Mesh/Cell size'.
  const int half = (cell.edge() >> halvings) / 2, around = half > 0 ? 2 : 1;
  float sum = 0;
  for (int k = 0; k < around; ++k)
    for (int j = 0; j < around; ++j)
      for (int i = 0; i < around; ++i)
        sum += distance[index(n_cells, (cell.corner[0] >> halvings) + half - i, (cell.corner[1] >> halvings) + half - j,
                              (cell.corner[2] >> halvings) + half - k)];
  return sum / static_cast<float>(around * around * around);
}

} // namespace cageopt::meshing
