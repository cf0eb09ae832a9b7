#include <inputs/straight_stack.h>

#include <algorithm>
#include <cmath>

#include <inputs/available_memory.h>

namespace cageopt::inputs {

namespace {

Point column(const ImageGrid &grid, const int axis)
{
  return {grid.index_to_world.linear[0][axis], grid.index_to_world.linear[1][axis],
          grid.index_to_world.linear[2][axis]};
}

/// The step from slice to slice without its part along the slices, and that part.
struct Step
{
  Point normal, across;
};

Step decompose(const ImageGrid &grid)
{
  const Point step = column(grid, 2);
  Point unit = cross(column(grid, 0), column(grid, 1));
  unit = 1. / norm(unit) * unit;
  const Point normal = dot(step, unit) * unit;
  return {normal, step - normal};
}

} // namespace

double stack_shear(const ImageGrid &grid)
{
  const Step step = decompose(grid);
  return std::atan2(norm(step.across), norm(step.normal)) * 180 / std::acos(-1.);
}

Image<float> straight_stack(const Image<float> &sheared)
{
  const ImageGrid &old = sheared.grid;
  const Step step = decompose(old);
  const int last = old.size[2] - 1;
  double shift[2]; // pixels per slice
  int before[2], n[2];
  for (int axis = 0; axis < 2; ++axis) {
    const Point edge = column(old, axis);
    shift[axis] = dot(step.across, edge) / dot(edge, edge);
    const double whole = shift[axis] * last;
    before[axis] = static_cast<int>(std::ceil(std::max(0., -whole) - 1e-6));
    n[axis] = old.size[axis] + before[axis] + static_cast<int>(std::ceil(std::max(0., whole) - 1e-6));
  }
  Image<float> straight;
  straight.grid.size = {{n[0], n[1], old.size[2]}};
  straight.grid.index_to_world.linear = old.index_to_world.linear;
  for (int row = 0; row < 3; ++row)
    straight.grid.index_to_world.linear[row][2] = step.normal[row];
  straight.grid.index_to_world.offset = old.index_to_world({double(-before[0]), double(-before[1]), 0.});
  require_memory_for("The series with its gantry's tilt resampled", double(straight.grid.n_voxels()) * sizeof(float));
  straight.values.assign(straight.grid.n_voxels(), *std::min_element(sheared.values.begin(), sheared.values.end()));

  const double rounding = 1e-6;
  std::size_t voxel = 0;
  for (int k = 0; k <= last; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i, ++voxel) {
        const double x = i - before[0] - shift[0] * k, y = j - before[1] - shift[1] * k;
        if (x > -rounding && x < old.size[0] - 1 + rounding && y > -rounding && y < old.size[1] - 1 + rounding)
          straight.values[voxel] = static_cast<float>(interpolate(sheared, {x, y, double(k)}));
      }
  return straight;
}

} // namespace cageopt::inputs
