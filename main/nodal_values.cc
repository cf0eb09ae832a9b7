#include <main/nodal_values.h>

#include <algorithm>
#include <cmath>

#include <inputs/collective.h>
#include <inputs/error.h>

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

double NodalValues::at(const inputs::Point &point) const
{
  constexpr double little = 1e-6;
  // A point on the border of cells belongs to all around it, of which some may lie outside the cage.
  for (unsigned int side = 0; side < 8; ++side) {
    Index index;
    for (unsigned int d = 0; d < 3; ++d)
      index[d] = int(std::floor(point[d] / unit + (side >> d & 1 ? -little : little)));
    const auto found = places.find(index);
    if (found == places.end())
      continue;
    const double *const cell = &cells[found->second];
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
  throw inputs::Error(inputs::ExitCode::internal_error, "A node of the level set lies outside the mesh before.");
}

DesignVector NodalValues::on(const LevelSetGrid &to) const
{
  DesignVector result;
  for (std::uint32_t node = 0; node < to.n_nodes(); ++node)
    result.push_back(at(to.position(node)));
  return result;
}

} // namespace cageopt
