#include <inputs/voxels_inside.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <tuple>

#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

/// In parts of a voxel: differences have 30 bits, products of two 60.
using Whole = std::array<std::int64_t, 3>;

constexpr std::int64_t parts = 1 << 15;
constexpr double most_voxels = 16000.; // along an axis

/// Where a row of voxels along the first axis enters (+1) or leaves (-1) the surface: before voxel `i`.
struct Crossing
{
  int k, j, i, turn;
  bool operator<(const Crossing &other) const { return std::tie(k, j, i) < std::tie(other.k, other.j, other.i); }
};

/// Twice the signed area of a, b and the row at (y, z) in the plane of the second and third axis.
std::int64_t area(const Whole &a, const Whole &b, const std::int64_t y, const std::int64_t z)
{
  return (b[1] - a[1]) * (z - a[2]) - (b[2] - a[2]) * (y - a[1]);
}

/// The sign of area(), for a row on the line that of the row moved by (e, e^2).
int side(const Whole &a, const Whole &b, const std::int64_t value)
{
  if (value != 0)
    return value > 0 ? 1 : -1;
  if (a[2] != b[2])
    return b[2] < a[2] ? 1 : -1;
  return b[1] > a[1] ? 1 : -1;
}

void cut(const Whole &a, const Whole &b, const Whole &c, std::vector<Crossing> &crossings)
{
  const std::int64_t all = area(a, b, c[1], c[2]);
  if (all == 0)
    return; // parallel to the rows
  const int orientation = all > 0 ? 1 : -1;
  const auto first = [](const std::int64_t lowest) { return -((-lowest) >> 15); };
  const auto [y_low, y_high] = std::minmax({a[1], b[1], c[1]});
  const auto [z_low, z_high] = std::minmax({a[2], b[2], c[2]});
  for (std::int64_t k = first(z_low); k * parts <= z_high; ++k)
    for (std::int64_t j = first(y_low); j * parts <= y_high; ++j) {
      const std::int64_t y = j * parts, z = k * parts;
      const std::int64_t of_a = area(b, c, y, z), of_b = area(c, a, y, z), of_c = area(a, b, y, z);
      if (side(b, c, of_a) != orientation || side(c, a, of_b) != orientation || side(a, b, of_c) != orientation)
        continue;
      const double x = a[0] + (double(of_b) * double(b[0] - a[0]) + double(of_c) * double(c[0] - a[0])) / double(all);
      // A triangle whose normal points against the row is an entrance.
      crossings.push_back({int(k), int(j), int(std::ceil(x / parts)), -orientation});
    }
}

std::vector<Whole> rounded(const TriangleSurface &surface)
{
  std::vector<Whole> corners;
  corners.reserve(surface.points().size());
  for (const Point &point : surface.points())
    corners.push_back({std::llround(point[0] * parts), std::llround(point[1] * parts), std::llround(point[2] * parts)});
  return corners;
}

/// The voxels from `begin` to before `end` of a row, around which the surface runs `times`.
void take(const Crossing &row, const int begin, const int end, const int times, const ImageGrid &grid,
          VoxelsInside &result)
{
  if (times == 0 || end <= begin)
    return;
  result.n_doubtful += times != 1 ? end - begin : 0;
  if (times < 0)
    return;
  const bool in_grid = row.j >= 0 && row.j < grid.size[1] && row.k >= 0 && row.k < grid.size[2];
  const int from = in_grid ? std::clamp(begin, 0, grid.size[0]) : 0;
  const int to = in_grid ? std::clamp(end, 0, grid.size[0]) : 0;
  for (int i = from; i < to; ++i)
    result.voxels.push_back(i + std::size_t(grid.size[0]) * (row.j + std::size_t(grid.size[1]) * row.k));
  result.n_beyond += end - begin - (to - from);
}

} // namespace

VoxelsInside voxels_inside(const TriangleSurface &surface, const ImageGrid &grid)
{
  TriangleSurface in_index_space = surface.moved(grid.index_to_world.inverse());
  const auto box = in_index_space.box();
  Affine to_origin; // by whole voxels, so that numbers stay small
  for (int axis = 0; axis < 3; ++axis) {
    if (!(box[1][axis] - box[0][axis] <= most_voxels))
      throw InputError("The surface '" + surface.name() + "'", "too large",
                       "it spans more than 16000 voxels of the image's grid along an axis",
                       "check the unit, mm, or choose a coarser grid");
    to_origin.offset[axis] = -std::clamp(std::floor(box[0][axis]), -1e9, 1e9);
  }
  in_index_space = in_index_space.moved(to_origin);

  const std::vector<Whole> corners = rounded(in_index_space);
  std::vector<Crossing> crossings;
  for (const auto &triangle : in_index_space.triangles())
    cut(corners[triangle[0]], corners[triangle[1]], corners[triangle[2]], crossings);
  std::sort(crossings.begin(), crossings.end());
  for (Crossing &crossing : crossings) {
    crossing.i -= static_cast<int>(to_origin.offset[0]);
    crossing.j -= static_cast<int>(to_origin.offset[1]);
    crossing.k -= static_cast<int>(to_origin.offset[2]);
  }

  VoxelsInside result;
  int times = 0;
  for (std::size_t number = 0; number + 1 < crossings.size(); ++number) {
    const Crossing &here = crossings[number], &next = crossings[number + 1];
    times += here.turn;
    if (here.k == next.k && here.j == next.j)
      take(here, here.i, next.i, times, grid, result);
  }
  return result;
}

} // namespace cageopt::inputs
