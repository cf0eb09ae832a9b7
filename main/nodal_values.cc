#include <main/nodal_values.h>

#include <algorithm>
#include <cmath>

#include <inputs/collective.h>

namespace cageopt {

using optimizer::DesignVector;
using optimizer::LevelSetGrid;

namespace {

constexpr std::size_t stride = 12;

} // namespace

NodalValues::NodalValues(const LevelSetGrid &from, const DesignVector &field) : places(from.edge(), {0, 0, 0})
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
    std::array<int, 3> first;
    for (unsigned int d = 0; d < 3; ++d)
      first[d] = int(std::lround(cells[begin + d] / from.edge()));
    places.add(first, int(std::lround(cells[begin + 3] / from.edge())), begin);
  }
}

double NodalValues::at(const inputs::Point &point) const
{
  const double *const cell = &cells[places.nearest(point)];
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

DesignVector NodalValues::on(const LevelSetGrid &to) const
{
  DesignVector result;
  for (std::uint32_t node = 0; node < to.n_nodes(); ++node)
    result.push_back(at(to.position(node)));
  return result;
}

} // namespace cageopt
