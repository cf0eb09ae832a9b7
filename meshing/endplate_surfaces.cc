#include <meshing/endplate_surfaces.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <inputs/distance_transform.h>

namespace cageopt::meshing {

using inputs::Affine;
using inputs::Point;

namespace {

constexpr double search_depth = 30.;                    // mm on either side of the disc centre
constexpr double smallest_gap = 1.5, largest_gap = 25.; // mm between facing endplates
constexpr double rim = 2.;                              // mm
constexpr double largest_residual = 7.;                 // mm off the plane; deeper than dishes and most Schmorl's nodes

/// Trilinear value of the indicator of one label at a continuous index; 0 outside the image.
class LabelMask
{
public:
  LabelMask(const inputs::Image<std::uint16_t> &labels, const std::uint16_t label) : labels(labels), label(label) {}

  double operator()(const Point &index) const
  {
    int base[3];
    double fraction[3];
    for (int d = 0; d < 3; ++d) {
      const double floor = std::floor(index[d]);
      base[d] = static_cast<int>(floor);
      fraction[d] = index[d] - floor;
    }
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      double weight = 1;
      int position[3];
      bool inside = true;
      for (int d = 0; d < 3; ++d) {
        const int upper = corner >> d & 1;
        weight *= upper ? fraction[d] : 1. - fraction[d];
        position[d] = base[d] + upper;
        inside = inside && position[d] >= 0 && position[d] < labels.grid.size[d];
      }
      if (inside && weight > 0 && labels(position[0], position[1], position[2]) == label)
        sum += weight;
    }
    return sum;
  }

private:
  const inputs::Image<std::uint16_t> &labels;
  std::uint16_t label;
};

} // namespace

inputs::Point EndplateSurfaces::Plane::normal() const
{
  const double length = std::sqrt(1. + b * b + c * c);
  return {-b / length, -c / length, 1. / length};
}

EndplateSurfaces::EndplateSurfaces(const inputs::Patient &patient, const Affine &design_to_world)
{
  const auto &labels = patient.labels;
  const Affine world_to_design = design_to_world.inverse();
  const Affine index_to_design = world_to_design * labels.grid.index_to_world;
  const Affine design_to_index = index_to_design.inverse();

  // The grid covers both bodies in x and y.
  double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto label = labels(i, j, k);
        if (label != patient.level.cranial && label != patient.level.caudal)
          continue;
        const Point point = index_to_design({double(i), double(j), double(k)});
        if (std::abs(point[2]) > search_depth)
          continue;
        for (int d = 0; d < 2; ++d) {
          low[d] = std::min(low[d], point[d]);
          high[d] = std::max(high[d], point[d]);
        }
      }
  if (low[0] > high[0])
    return; // nothing within reach: the overlap stays empty, which the caller reports
  x_begin = low[0] - 2;
  y_begin = low[1] - 2;
  n_x = static_cast<int>((high[0] - low[0] + 4) / grid_spacing) + 2;
  n_y = static_cast<int>((high[1] - low[1] + 4) / grid_spacing) + 2;
  valid.assign(std::size_t(n_x) * n_y, 0);
  lower_height.assign(valid.size(), 0.f);
  upper_height.assign(valid.size(), 0.f);

  const Point spacing = labels.grid.spacing();
  const double step = .5 * std::min({spacing[0], spacing[1], spacing[2]});
  const int n_steps = static_cast<int>(2 * search_depth / step);
  const LabelMask caudal(labels, patient.level.caudal), cranial(labels, patient.level.cranial);
  const auto refine = [&](const LabelMask &mask, const double x, const double y, double inside, double outside) {
    for (int iteration = 0; iteration < 12; ++iteration) {
      const double middle = .5 * (inside + outside);
      (mask(design_to_index({x, y, middle})) >= .5 ? inside : outside) = middle;
    }
    return .5 * (inside + outside);
  };
  for (int j = 0; j < n_y; ++j)
    for (int i = 0; i < n_x; ++i) {
      const double x = x_begin + i * grid_spacing, y = y_begin + j * grid_spacing;
      double top_of_caudal = -1e30, bottom_of_cranial = 1e30;
      for (int s = 0; s <= n_steps; ++s) {
        const double z = -search_depth + s * step;
        const Point index = design_to_index({x, y, z});
        const auto label = inputs::nearest(labels, index);
        if (label == patient.level.caudal && caudal(index) >= .5)
          top_of_caudal = z;
        else if (label == patient.level.cranial && bottom_of_cranial > 1e29 && cranial(index) >= .5)
          bottom_of_cranial = z;
      }
      if (top_of_caudal < -1e29 || bottom_of_cranial > 1e29)
        continue;
      const double lower = refine(caudal, x, y, top_of_caudal, top_of_caudal + step);
      const double upper = refine(cranial, x, y, bottom_of_cranial, bottom_of_cranial - step);
      if (upper - lower < smallest_gap || upper - lower > largest_gap)
        continue;
      const std::size_t column = i + std::size_t(n_x) * j;
      valid[column] = 1;
      lower_height[column] = static_cast<float>(lower);
      upper_height[column] = static_cast<float>(upper);
    }

  const double voxel =
      patient.scanned_voxel > 0 ? patient.scanned_voxel : std::cbrt(spacing[0] * spacing[1] * spacing[2]);
  reject_walls(std::max(1.5, 1.5 * voxel));
  measure_overlap();
  if (overlap_area == 0)
    return;
  smooth(lower_height, voxel);
  smooth(upper_height, voxel);
  planes[0] = fit_plane(lower_height);
  planes[1] = fit_plane(upper_height);
}

void EndplateSurfaces::reject_walls(const double largest_step)
{
  // The largest part without steps.
  std::vector<std::uint8_t> seen(valid.size(), 0);
  std::vector<int> largest, part;
  for (std::size_t seed = 0; seed < valid.size(); ++seed) {
    if (!valid[seed] || seen[seed])
      continue;
    part.assign(1, static_cast<int>(seed));
    seen[seed] = 1;
    for (std::size_t next = 0; next < part.size(); ++next) {
      const int from = part[next], i = from % n_x, j = from / n_x;
      const auto visit = [&](const int x, const int y) {
        const int to = x + n_x * y;
        if (x >= 0 && x < n_x && y >= 0 && y < n_y && valid[to] && !seen[to] &&
            std::abs(lower_height[to] - lower_height[from]) <= largest_step &&
            std::abs(upper_height[to] - upper_height[from]) <= largest_step) {
          seen[to] = 1;
          part.push_back(to);
        }
      };
      visit(i - 1, j);
      visit(i + 1, j);
      visit(i, j - 1);
      visit(i, j + 1);
    }
    if (part.size() > largest.size())
      largest = part;
  }
  std::fill(valid.begin(), valid.end(), 0);
  for (const int column : largest)
    valid[column] = 1;

  // What lies far off the planes of the others.
  for (int pass = 0; pass < 4; ++pass) {
    measure_overlap();
    if (overlap_area == 0)
      return;
    const Plane lower = fit_plane(lower_height), upper = fit_plane(upper_height);
    bool changed = false;
    for (const int column : largest) {
      const double x = x_begin + column % n_x * grid_spacing - centroid[0];
      const double y = y_begin + column / n_x * grid_spacing - centroid[1];
      const auto residual = [&](const Plane &plane, const float z) {
        return std::abs(z - plane.a - plane.b * x - plane.c * y);
      };
      const std::uint8_t keep = residual(lower, lower_height[column]) <= largest_residual &&
                                residual(upper, upper_height[column]) <= largest_residual;
      changed = changed || keep != valid[column];
      valid[column] = keep;
    }
    if (!changed)
      break;
  }
}

void EndplateSurfaces::measure_overlap()
{
  double sum[3] = {0, 0, 0};
  double box_low[2] = {1e30, 1e30}, box_high[2] = {-1e30, -1e30};
  for (int j = 0; j < n_y; ++j)
    for (int i = 0; i < n_x; ++i)
      if (valid[i + std::size_t(n_x) * j]) {
        const double position[2] = {x_begin + i * grid_spacing, y_begin + j * grid_spacing};
        sum[0] += 1;
        for (int d = 0; d < 2; ++d) {
          sum[1 + d] += position[d];
          box_low[d] = std::min(box_low[d], position[d]);
          box_high[d] = std::max(box_high[d], position[d]);
        }
      }
  overlap_area = sum[0] * grid_spacing * grid_spacing;
  if (sum[0] == 0)
    return;
  for (int d = 0; d < 2; ++d) {
    centroid[d] = sum[1 + d] / sum[0];
    extent[d] = box_high[d] - box_low[d] + grid_spacing;
  }
}

bool EndplateSurfaces::covers(const double x, const double y) const
{
  const int i = static_cast<int>(std::lround((x - x_begin) / grid_spacing));
  const int j = static_cast<int>(std::lround((y - y_begin) / grid_spacing));
  return i >= 0 && i < n_x && j >= 0 && j < n_y && valid[i + std::size_t(n_x) * j];
}

double EndplateSurfaces::interpolate(const std::vector<float> &height, const double x, const double y) const
{
  const double u = (x - x_begin) / grid_spacing, v = (y - y_begin) / grid_spacing;
  const int i = static_cast<int>(std::floor(u)), j = static_cast<int>(std::floor(v));
  double sum = 0, weights = 0;
  for (int dj = 0; dj < 2; ++dj)
    for (int di = 0; di < 2; ++di) {
      if (i + di < 0 || i + di >= n_x || j + dj < 0 || j + dj >= n_y)
        continue;
      const std::size_t column = i + di + std::size_t(n_x) * (j + dj);
      const double weight = (di ? u - i : 1. - (u - i)) * (dj ? v - j : 1. - (v - j));
      if (valid[column] && weight > 0) {
        sum += weight * height[column];
        weights += weight;
      }
    }
  return weights > 0 ? sum / weights : std::numeric_limits<double>::quiet_NaN();
}

void EndplateSurfaces::smooth(std::vector<float> &height, const double radius) const
{
  const int reach = static_cast<int>(std::ceil(2. * radius / grid_spacing));
  const auto pass = [&](const std::vector<float> &in, const int stride_i, const int stride_j) {
    std::vector<float> out = in;
    for (int j = 0; j < n_y; ++j)
      for (int i = 0; i < n_x; ++i) {
        if (!valid[i + std::size_t(n_x) * j])
          continue;
        // Offsets in pairs only, so that a slope is not flattened at the rim.
        double sum = in[i + std::size_t(n_x) * j], weights = 1;
        for (int offset = 1; offset <= reach; ++offset) {
          const int before_i = i - offset * stride_i, before_j = j - offset * stride_j;
          const int after_i = i + offset * stride_i, after_j = j + offset * stride_j;
          if (before_i < 0 || before_j < 0 || after_i >= n_x || after_j >= n_y)
            break;
          const std::size_t before = before_i + std::size_t(n_x) * before_j;
          const std::size_t after = after_i + std::size_t(n_x) * after_j;
          if (!valid[before] || !valid[after])
            break;
          const double distance = offset * grid_spacing / radius;
          const double weight = std::exp(-.5 * distance * distance);
          sum += weight * (in[before] + in[after]);
          weights += 2 * weight;
        }
        out[i + std::size_t(n_x) * j] = static_cast<float>(sum / weights);
      }
    return out;
  };
  height = pass(pass(height, 1, 0), 0, 1);
}

EndplateSurfaces::Plane EndplateSurfaces::fit_plane(const std::vector<float> &height) const
{
  // The rim of a label is rounded by the voxels, so it does not count.
  std::vector<std::uint8_t> outside(valid.size());
  for (std::size_t i = 0; i < valid.size(); ++i)
    outside[i] = !valid[i];
  const auto inwards = inputs::distance_transform({n_x, n_y, 1}, outside);
  double n = 0, sx = 0, sy = 0, sz = 0, xx = 0, xy = 0, yy = 0, xz = 0, yz = 0;
  for (int j = 0; j < n_y; ++j)
    for (int i = 0; i < n_x; ++i)
      if (inwards[i + std::size_t(n_x) * j] * grid_spacing > rim) {
        const double x = x_begin + i * grid_spacing - centroid[0], y = y_begin + j * grid_spacing - centroid[1];
        const double z = height[i + std::size_t(n_x) * j];
        n += 1;
        sx += x;
        sy += y;
        sz += z;
        xx += x * x;
        xy += x * y;
        yy += y * y;
        xz += x * z;
        yz += y * z;
      }
  Plane plane;
  if (n == 0)
    return plane;
  xx -= sx * sx / n;
  xy -= sx * sy / n;
  yy -= sy * sy / n;
  xz -= sx * sz / n;
  yz -= sy * sz / n;
  const double determinant = xx * yy - xy * xy;
  if (determinant > 0) {
    plane.b = (xz * yy - yz * xy) / determinant;
    plane.c = (yz * xx - xz * xy) / determinant;
  }
  plane.a = (sz - plane.b * sx - plane.c * sy) / n;
  return plane;
}

} // namespace cageopt::meshing
