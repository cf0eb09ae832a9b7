#include <inputs/disc_between.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cageopt::inputs {

namespace {

/// Steps along a line, in voxels, until something is labelled.
struct Sight
{
  std::uint16_t label = 0;
  int n_steps = 0;
};

Sight look(const Image<std::uint16_t> &labels, const Point &from, const Point &step, const int most_steps)
{
  Sight sight;
  Point at = from;
  while (sight.label == 0 && sight.n_steps < most_steps) {
    at = at + step;
    ++sight.n_steps;
    sight.label = nearest(labels, at);
  }
  return sight;
}

} // namespace

std::size_t fill_disc(Image<std::uint16_t> &labels, const std::uint16_t cranial_body, const std::uint16_t disc,
                      const std::uint16_t caudal_body, const Point &cranial, const double largest_height)
{
  const Point spacing = labels.grid.spacing();
  const double length = .5 * std::min({spacing[0], spacing[1], spacing[2]}); // mm
  Affine to_index = labels.grid.index_to_world.inverse();
  to_index.offset = {0, 0, 0};
  const Point up = to_index((length / norm(cranial)) * cranial), down = -1. * up;
  const int most_steps = static_cast<int>(largest_height / length);

  std::vector<std::size_t> found;
  std::size_t voxel = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel) {
        if (labels.values[voxel] != 0)
          continue;
        const Point index = {double(i), double(j), double(k)};
        const Sight above = look(labels, index, up, most_steps);
        if (above.label != cranial_body)
          continue;
        const Sight below = look(labels, index, down, most_steps - above.n_steps);
        if (below.label == caudal_body)
          found.push_back(voxel);
      }
  for (const std::size_t number : found)
    labels.values[number] = disc;
  return found.size();
}

} // namespace cageopt::inputs
