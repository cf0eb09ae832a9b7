#include <main/nodal_values.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <inputs/collective.h>

namespace cageopt {

using optimizer::DesignVector;
using optimizer::LevelSetGrid;

namespace {

constexpr std::size_t stride = 12;

} // namespace

NodalValues::NodalValues(const LevelSetGrid &from, const DesignVector &field) : unit(from.edge())
{
  const auto local = from.with_ghosts(field);
  std::vector<double> own;
  for (std::uint32_t cell = 0; cell < from.mesh().n_cells(); ++cell) {
    const auto corner = from.corner(cell);
    own.insert(own.end(), corner.begin(), corner.end());
    own.push_back(from.edge(cell));
    for (const auto node : from.mesh().nodes_of(cell))
      own.push_back(local[node]);
  }
  cells = inputs::gathered(from.mesh().comm(), own);
  for (std::size_t begin = 0; begin < cells.size(); begin += stride) {
    Index first;
    for (unsigned int d = 0; d < 3; ++d)
      first[d] = int(std::lround(cells[begin + d] / unit));
    const int width = int(std::lround(cells[begin + 3] / unit));
    for (int k = 0; k < width; ++k)
      for (int j = 0; j < width; ++j)
        for (int i = 0; i < width; ++i)
          places[{first[0] + i, first[1] + j, first[2] + k}] = begin;
  }
}

double NodalValues::in_cell(const std::size_t begin, const inputs::Point &point) const
{
  const double *const cell = &cells[begin];
  double sum = 0;
  for (unsigned int v = 0; v < 8; ++v) {
    double weight = 1;
    for (unsigned int d = 0; d < 3; ++d) {
      const double t = std::clamp((point[d] - cell[d]) / cell[3], 0., 1.);
      weight *= v >> d & 1 ? t : 1. - t;
    }
    sum += weight * cell[4 + v];
  }
  return sum;
}

double NodalValues::at(const inputs::Point &point) const
{
  Index home;
  for (unsigned int d = 0; d < 3; ++d)
    home[d] = int(std::floor(point[d] / unit));
  const auto distance_to = [&](const double *const cell) {
    double sum = 0;
    for (unsigned int d = 0; d < 3; ++d)
      sum += std::pow(point[d] - std::clamp(point[d], cell[d], cell[d] + cell[3]), 2);
    return sum;
  };
  // A point on the border of cells belongs to all around it, of which some may lie outside the cage.
  double least = std::numeric_limits<double>::infinity();
  std::size_t nearest = 0;
  for (int reach = 1; !std::isfinite(least); ++reach)
    for (int dz = -reach; dz <= reach; ++dz)
      for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx) {
          const auto found = places.find({home[0] + dx, home[1] + dy, home[2] + dz});
          if (found == places.end())
            continue;
          if (const double distance = distance_to(&cells[found->second]); distance < least) {
            least = distance;
            nearest = found->second;
          }
        }
  return in_cell(nearest, point);
}

DesignVector NodalValues::on(const LevelSetGrid &to) const
{
  DesignVector result;
  for (std::uint32_t node = 0; node < to.n_nodes(); ++node)
    result.push_back(at(to.position(node)));
  return result;
}

} // namespace cageopt
