#include <inputs/cell_voxels.h>

#include <algorithm>
#include <cmath>

#include <inputs/error.h>
#include <inputs/formatted.h>

namespace cageopt::inputs {

CellVoxels::CellVoxels(const UnitCell &cell, const int n_edge) : edge(n_edge)
{
  for (unsigned int d = 0; d < 3; ++d)
    n[d] = n_edge * cell.quarters[d] / 4;
  values.reserve(std::size_t(n[0]) * n[1] * n[2]);
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i) {
        const double value = cell.value({(i + .5) / edge, (j + .5) / edge, (k + .5) / edge});
        if (!std::isfinite(value))
          throw InputError("The cell '" + cell.name + "'", "not finite at a voxel", "its function must have a value",
                           "correct the formula");
        // To seven digits, so that what is equal by symmetry is equal.
        values.push_back(static_cast<float>(std::round(value * 1e7) * 1e-7));
      }
}

CellVoxels::CellVoxels(const Image<float> &image) : n(image.grid.size), edge(image.grid.size[0])
{
  const auto spacing = image.grid.spacing();
  const auto [smallest, largest] = std::minmax_element(spacing.begin(), spacing.end());
  if (*largest > 1.001 * *smallest)
    throw InputError("The image of the cell",
                     "of voxels " + formatted("%g", spacing[0]) + " x " + formatted("%g", spacing[1]) + " x " +
                         formatted("%g mm", spacing[2]),
                     "voxels must be cubes", "resample it");
  if (*std::min_element(n.begin(), n.end()) < 2)
    throw InputError("The image of the cell", "less than two voxels thick", "a period has two or more",
                     "repeat the layer");
  for (const float value : image.values) {
    if (!std::isfinite(value))
      throw InputError("The image of the cell", "not finite at a voxel", "each voxel needs a grey value",
                       "correct the image");
    values.push_back(-value);
  }
}

std::size_t CellVoxels::index(const int i, const int j, const int k) const
{
  return i + std::size_t(n[0]) * (j + std::size_t(n[1]) * k);
}

std::array<double, 2> CellVoxels::thresholds_around(const double density) const
{
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double n_all = double(sorted.size());
  const auto n_wanted = std::clamp<std::ptrdiff_t>(std::lround(density * n_all), 1, std::ptrdiff_t(sorted.size()));
  const auto group = std::equal_range(sorted.begin(), sorted.end(), sorted[n_wanted - 1]);
  const auto threshold = [&](const std::vector<float>::iterator first_void) {
    return first_void == sorted.end() ? double(sorted.back()) : .5 * (double(*(first_void - 1)) + double(*first_void));
  };
  const auto misses = [&](const std::vector<float>::iterator first_void) {
    return std::abs(double(first_void - sorted.begin()) - density * n_all) > 5e-4 * density * n_all;
  };
  const bool without = group.first != sorted.begin(), only_with = !without || !misses(group.second);
  const double below = threshold(only_with ? group.second : group.first),
               above = threshold(without && !misses(group.first) ? group.first : group.second);
  return only_with ? std::array<double, 2>{below, below} : std::array<double, 2>{below, above};
}

double CellVoxels::threshold_for(const double wanted) const
{
  const auto [below, above] = thresholds_around(wanted);
  return wanted - density(below) < density(above) - wanted ? below : above;
}

double CellVoxels::density(const double threshold) const
{
  return double(std::count_if(values.begin(), values.end(), [&](const float v) { return v <= threshold; })) /
         double(values.size());
}

std::vector<std::uint8_t> CellVoxels::solid(const double threshold) const
{
  std::vector<std::uint8_t> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [&](const float v) { return v <= threshold; });
  return result;
}

double CellVoxels::surface_area(const double threshold) const
{
  // Six tetrahedra around the diagonal of each cube, one for each order of the axes: their faces match everywhere.
  constexpr unsigned int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const auto triangle = [](const Point &a, const Point &b, const Point &c) {
    const Point u = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, v = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
    return .5 * std::sqrt(std::pow(u[1] * v[2] - u[2] * v[1], 2) + std::pow(u[2] * v[0] - u[0] * v[2], 2) +
                          std::pow(u[0] * v[1] - u[1] * v[0], 2));
  };
  double area = 0;
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i) {
        double corner[8];
        for (int v = 0; v < 8; ++v)
          corner[v] =
              values[index((i + (v & 1)) % n[0], (j + (v >> 1 & 1)) % n[1], (k + (v >> 2 & 1)) % n[2])] - threshold;
        const auto n_solid = std::count_if(corner, corner + 8, [](const double f) { return f <= 0; });
        if (n_solid == 0 || n_solid == 8)
          continue;
        for (const auto &order : orders) {
          int v[4] = {0, 1 << order[0], (1 << order[0]) | (1 << order[1]), 7};
          std::stable_partition(v, v + 4, [&](const int vertex) { return corner[vertex] <= 0; });
          const auto inside = std::count_if(v, v + 4, [&](const int vertex) { return corner[vertex] <= 0; });
          const auto cut = [&](const int a, const int b) {
            const double s = corner[a] / (corner[a] - corner[b]);
            Point x;
            for (int d = 0; d < 3; ++d)
              x[d] = (a >> d & 1) + s * ((b >> d & 1) - (a >> d & 1));
            return x;
          };
          if (inside == 1)
            area += triangle(cut(v[0], v[1]), cut(v[0], v[2]), cut(v[0], v[3]));
          else if (inside == 3)
            area += triangle(cut(v[0], v[3]), cut(v[1], v[3]), cut(v[2], v[3]));
          else if (inside == 2)
            area += triangle(cut(v[0], v[2]), cut(v[0], v[3]), cut(v[1], v[2])) +
                    triangle(cut(v[1], v[3]), cut(v[0], v[3]), cut(v[1], v[2]));
        }
      }
  return area * edge / double(n_voxels());
}

double CellVoxels::value_at(const Point &x) const
{
  int low[3];
  double share[3];
  for (unsigned int d = 0; d < 3; ++d) {
    const double position = x[d] * edge - .5, floor = std::floor(position);
    low[d] = ((static_cast<int>(floor) % n[d]) + n[d]) % n[d];
    share[d] = position - floor;
  }
  double sum = 0;
  for (int v = 0; v < 8; ++v) {
    double weight = 1;
    int at[3];
    for (int d = 0; d < 3; ++d) {
      const int up = v >> d & 1;
      weight *= up ? share[d] : 1. - share[d];
      at[d] = (low[d] + up) % n[d];
    }
    sum += weight * values[index(at[0], at[1], at[2])];
  }
  return sum;
}

double CellVoxels::face_mismatch(const double threshold) const
{
  double worst = 0;
  for (unsigned int axis = 0; axis < 3; ++axis) {
    double across = 0, within = 0;
    for (int k = 0; k < n[2]; ++k)
      for (int j = 0; j < n[1]; ++j)
        for (int i = 0; i < n[0]; ++i) {
          std::array<int, 3> next = {i, j, k};
          const bool is_last = ++next[axis] == n[axis];
          next[axis] %= n[axis];
          const bool differs =
              (values[index(i, j, k)] <= threshold) != (values[index(next[0], next[1], next[2])] <= threshold);
          (is_last ? across : within) += differs;
        }
    within /= n[axis] - 1;
    if (across > 0)
      worst = std::max(worst, across / std::max(within, 1.));
  }
  return worst;
}

Percolation Percolation::keep_carrying(std::vector<std::uint8_t> &solid, const std::array<int, 3> &size)
{
  // A part is walked through with the period count of each voxel; meeting a voxel again in another period is a way from
  // the part to its copy.
  using Period = std::array<std::int16_t, 3>;
  constexpr std::uint32_t unseen = 0;
  std::vector<std::uint32_t> part(solid.size(), unseen);
  std::vector<Period> period(solid.size());
  std::uint32_t n_parts = 0;
  Percolation result;
  for (std::size_t seed = 0; seed < solid.size(); ++seed) {
    if (!solid[seed] || part[seed] != unseen)
      continue;
    ++n_parts;
    std::vector<std::size_t> members{seed};
    part[seed] = n_parts;
    period[seed] = {0, 0, 0};
    std::vector<std::array<double, 3>> ways; // orthogonal basis
    for (std::size_t next = 0; next < members.size(); ++next) {
      const auto voxel = members[next];
      const int at[3] = {static_cast<int>(voxel % size[0]), static_cast<int>(voxel / size[0] % size[1]),
                         static_cast<int>(voxel / size[0] / size[1])};
      for (int neighbour = 0; neighbour < 27; ++neighbour) {
        const int step[3] = {neighbour % 3 - 1, neighbour / 3 % 3 - 1, neighbour / 9 - 1};
        int there[3];
        Period there_period = period[voxel];
        for (unsigned int d = 0; d < 3; ++d) {
          there[d] = at[d] + step[d];
          if (there[d] < 0 || there[d] >= size[d]) {
            there_period[d] = static_cast<std::int16_t>(there_period[d] + step[d]);
            there[d] -= step[d] * size[d];
          }
        }
        const auto other = there[0] + std::size_t(size[0]) * (there[1] + std::size_t(size[1]) * there[2]);
        if (!solid[other])
          continue;
        if (part[other] == unseen) {
          part[other] = n_parts;
          period[other] = there_period;
          members.push_back(other);
        } else if (ways.size() < 3 && period[other] != there_period) {
          std::array<double, 3> way;
          for (unsigned int d = 0; d < 3; ++d)
            way[d] = there_period[d] - period[other][d];
          for (const auto &known : ways) {
            double product = 0, square = 0;
            for (unsigned int d = 0; d < 3; ++d) {
              product += way[d] * known[d];
              square += known[d] * known[d];
            }
            for (unsigned int d = 0; d < 3; ++d)
              way[d] -= product / square * known[d];
          }
          if (way[0] * way[0] + way[1] * way[1] + way[2] * way[2] > 1e-6)
            ways.push_back(way);
        }
      }
    }
    result.n_directions = std::max(result.n_directions, static_cast<unsigned int>(ways.size()));
    if (ways.empty()) {
      result.n_removed += members.size();
      for (const auto voxel : members)
        solid[voxel] = 0;
    }
  }
  return result;
}

} // namespace cageopt::inputs
