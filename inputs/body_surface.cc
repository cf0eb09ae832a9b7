#include <inputs/body_surface.h>

#include <algorithm>
#include <cmath>

#include <inputs/optimal_surface.h>

namespace cageopt::inputs {

namespace {

constexpr double full_fall = 100.;     // HU, that counts as 1
constexpr double supporting_fall = 25; // HU
// Chosen on two CTs, where the mean Dice of whole bodies varies by less than 0.01 within a factor of two of each.
constexpr double template_cost = 2.;     // of log(scale)^2
constexpr double passing_cost = .2;      // of an edge of bone that a ray leaves behind, so that the first one counts
constexpr double passing_threshold = .3; // below, falls are noise
constexpr double intruding_cost = 2., barrier_cost = 10.;
constexpr double gap = 1.;          // mm that bodies keep
constexpr double farthest_way = .7; // to a neighbouring seed
constexpr double lowest_scale = .45, highest_scale = 1.75;
constexpr int n_scales = 53, largest_scale_step = 4;
constexpr double fine_step = .5, fine_range = 4.; // mm
constexpr int largest_fine_step = 2;
constexpr double fine_cost = .01; // of mm^2
constexpr int n_fits = 4, n_smoothings = 4;
constexpr double most_tilt = 25 * M_PI / 180;     // against the line of seeds
constexpr double half_cortex = .3;                // mm
const Point extents_by_spacing = {.65, .48, .38}; // half width, depth and height over the distance of seeds
constexpr double most_change = 1.6, most_change_beside = 1.15, most_change_at_once = 1.25;

/// The superellipsoid (|x/a|^m + |y/b|^m)^(n/m) + |z/c|^n = 1.
constexpr double m = 2.4, n = 5.;

double in_plane(const Point &half, const Point &u)
{
  return std::pow(std::abs(u[0]) / half[0], m) + std::pow(std::abs(u[1]) / half[1], m);
}

double template_radius(const Point &half, const Point &u)
{
  return std::pow(std::pow(in_plane(half, u), n / m) + std::pow(std::abs(u[2]) / half[2], n), -1. / n);
}

Point template_normal(const Point &half, const Point &u)
{
  const double outer = std::pow(in_plane(half, u), n / m - 1.);
  Point normal;
  for (int axis = 0; axis < 2; ++axis)
    normal[axis] = std::copysign(outer * std::pow(std::abs(u[axis]) / half[axis], m - 1.) / half[axis], u[axis]);
  normal[2] = std::copysign(std::pow(std::abs(u[2]) / half[2], n - 1.) / half[2], u[2]);
  return (1. / norm(normal)) * normal;
}

Point rotated(const Affine &frame, const Point &u)
{
  return {dot(frame.linear[0], u), dot(frame.linear[1], u), dot(frame.linear[2], u)};
}

} // namespace

BodySurface::BodySurface(const Image<float> &bone, const Image<float> &taken, const BodySeed &seed)
    : bone(bone), taken(taken), seed(seed), world_to_index(bone.grid.index_to_world.inverse()), sphere(3)
{
  const Point voxel = bone.grid.spacing();
  reach = std::max(1., .6 * std::max({voxel[0], voxel[1], voxel[2]}));
  frame_to_world = frame_at(seed.place, seed.cranial, {0, 1, 0});
  for (int axis = 0; axis < 3; ++axis)
    first_half[axis] = seed.extents[0] > 0 ? seed.extents[axis] : extents_by_spacing[axis] * seed.spacing;
  half = first_half;
  for (int fit = 0; fit < n_fits; ++fit) {
    cut();
    fit_template();
  }
  cut();
  refine();
}

Point BodySurface::along(const std::size_t ray) const { return rotated(frame_to_world, sphere.directions()[ray]); }

Point BodySurface::at(const std::size_t ray) const { return frame_to_world(radius[ray] * sphere.directions()[ray]); }

bool BodySurface::is_outside(const Point &place) const
{
  const Point index = world_to_index(place);
  for (int axis = 0; axis < 3; ++axis)
    if (index[axis] < 0 || index[axis] > bone.grid.size[axis] - 1)
      return true;
  return false;
}

double BodySurface::fall(const Point &place, const Point &normal) const
{
  return interpolate(bone, world_to_index(place - reach * normal)) -
         interpolate(bone, world_to_index(place + reach * normal));
}

double BodySurface::way_to_neighbour(const Point &place) const
{
  double share = 0;
  for (const Point &neighbour : seed.neighbours) {
    const Point way = neighbour - frame_to_world.offset;
    share = std::max(share, dot(place - frame_to_world.offset, way) / dot(way, way));
  }
  return share;
}

/// The levels are scales of the template.
void BodySurface::cut()
{
  SurfaceProblem problem;
  problem.n_levels = n_scales;
  problem.neighbours = sphere.edges();
  problem.largest_step = largest_scale_step;
  constexpr double step = (highest_scale - lowest_scale) / (n_scales - 1);
  for (std::size_t ray = 0; ray < sphere.directions().size(); ++ray) {
    const Point &u = sphere.directions()[ray];
    const double full = template_radius(half, u);
    const Point direction = along(ray), normal = rotated(frame_to_world, template_normal(half, u));
    double passed = 0;
    for (int level = 0; level < n_scales; ++level) {
      const double scale = lowest_scale + level * step, log_scale = std::log(scale);
      const Point place = frame_to_world.offset + (scale * full) * direction;
      double cost = template_cost * log_scale * log_scale + passed;
      if (!is_outside(place)) {
        const double share = std::clamp(fall(place, normal) / full_fall, -1., 1.);
        cost -= share;
        passed += passing_cost * std::max(0., share - passing_threshold) * step * full / (2 * reach);
      }
      if (way_to_neighbour(place) > farthest_way)
        cost += barrier_cost;
      if (interpolate(taken, world_to_index(place)) < gap)
        cost += intruding_cost;
      problem.costs.push_back(static_cast<float>(cost));
    }
  }
  const auto levels = optimal_surface(problem);
  radius.resize(levels.size());
  for (std::size_t ray = 0; ray < levels.size(); ++ray)
    radius[ray] = (lowest_scale + levels[ray] * step) * template_radius(half, sphere.directions()[ray]);
}

/// Centre and extents by the moments of the region inside, tilt by the endplates.
void BodySurface::fit_template()
{
  double volume = 0;
  Point first{}, second{};
  for (std::size_t ray = 0; ray < radius.size(); ++ray) {
    const Point &u = sphere.directions()[ray];
    const double weight = sphere.solid_angles()[ray], r = radius[ray];
    volume += weight * std::pow(r, 3) / 3;
    for (int axis = 0; axis < 3; ++axis) {
      first[axis] += weight * std::pow(r, 4) / 4 * u[axis];
      second[axis] += weight * std::pow(r, 5) / 5 * u[axis] * u[axis];
    }
  }
  const Point centre = (1. / volume) * first;
  const Point cranial = endplate_normal();
  const Point shape = {2., 2., std::sqrt(3.)}; // of an elliptic cylinder: half extent over standard deviation
  const double most = seed.extents[0] > 0 ? most_change_beside : most_change;
  for (int axis = 0; axis < 3; ++axis) {
    const double fitted = shape[axis] * std::sqrt(second[axis] / volume - centre[axis] * centre[axis]);
    half[axis] = std::clamp(fitted, half[axis] / most_change_at_once, half[axis] * most_change_at_once);
    half[axis] = std::clamp(half[axis], first_half[axis] / most, first_half[axis] * most);
  }
  frame_to_world = frame_at(frame_to_world(centre), cranial, {0, 1, 0});
}

/// Mean of the two endplates', each a plane z = c + p x + q y by least squares over the points inside the image.
Point BodySurface::endplate_normal() const
{
  Point sum{};
  for (const double side : {-1., 1.}) {
    double n_points = 0, x = 0, y = 0, z = 0, xx = 0, xy = 0, yy = 0, xz = 0, yz = 0;
    for (std::size_t ray = 0; ray < radius.size(); ++ray) {
      if (side * template_normal(half, sphere.directions()[ray])[2] < .85 || is_outside(at(ray)))
        continue;
      const Point p = radius[ray] * sphere.directions()[ray];
      n_points += 1;
      x += p[0];
      y += p[1];
      z += p[2];
      xx += p[0] * p[0];
      xy += p[0] * p[1];
      yy += p[1] * p[1];
      xz += p[0] * p[2];
      yz += p[1] * p[2];
    }
    if (n_points < 30)
      continue;
    xx -= x * x / n_points;
    xy -= x * y / n_points;
    yy -= y * y / n_points;
    xz -= x * z / n_points;
    yz -= y * z / n_points;
    const double determinant = xx * yy - xy * xy;
    sum = sum + n_points * Point{(yz * xy - xz * yy) / determinant, (xz * xy - yz * xx) / determinant, 1};
  }
  const Point axis = (1. / norm(seed.cranial)) * seed.cranial;
  if (norm(sum) == 0)
    return axis;
  const Point normal = rotated(frame_to_world, (1. / norm(sum)) * sum);
  const double cosine = dot(normal, axis);
  if (cosine >= std::cos(most_tilt))
    return normal;
  const Point across = normal - cosine * axis;
  return std::cos(most_tilt) * axis + (std::sin(most_tilt) / norm(across)) * across;
}

void BodySurface::divide_rays()
{
  const std::size_t n_before = radius.size();
  sphere = Icosphere(4); // begins with the directions of the coarser one
  radius.resize(sphere.directions().size(), 0.);
  for (const auto &[one, other] : sphere.edges()) // a new direction is midway between two old ones
    for (const auto &[old, added] : {std::array<int, 2>{{one, other}}, std::array<int, 2>{{other, one}}})
      if (std::size_t(old) < n_before && std::size_t(added) >= n_before)
        radius[added] += .5 * radius[old];
  for (int pass = 0; pass < n_smoothings; ++pass) { // the steps of the scales
    std::vector<double> sum(radius.size(), 0.), n_neighbours(radius.size(), 0.);
    for (const auto &[one, other] : sphere.edges()) {
      sum[one] += radius[other];
      sum[other] += radius[one];
      n_neighbours[one] += 1;
      n_neighbours[other] += 1;
    }
    for (std::size_t ray = 0; ray < radius.size(); ++ray)
      radius[ray] = .5 * radius[ray] + .5 * sum[ray] / n_neighbours[ray];
  }
}

std::vector<Point> BodySurface::normals() const
{
  std::vector<Point> result(radius.size(), Point{});
  for (const auto &face : sphere.triangles()) {
    const Point normal = cross(at(face[1]) - at(face[0]), at(face[2]) - at(face[0]));
    for (const auto corner : face)
      result[corner] = result[corner] + normal;
  }
  for (Point &normal : result)
    normal = (1. / norm(normal)) * normal;
  return result;
}

/// The levels are distances from the surface found.
void BodySurface::refine()
{
  divide_rays();
  const std::vector<Point> normal = normals();
  constexpr int n_each = static_cast<int>(fine_range / fine_step), n_levels = 2 * n_each + 1;
  SurfaceProblem problem;
  problem.n_levels = n_levels;
  problem.neighbours = sphere.edges();
  problem.largest_step = largest_fine_step;
  std::vector<double> falls;
  for (std::size_t ray = 0; ray < radius.size(); ++ray)
    for (int level = 0; level < n_levels; ++level) {
      const double offset = (level - n_each) * fine_step;
      const Point place = at(ray) + offset * along(ray);
      falls.push_back(is_outside(place) ? 0. : fall(place, normal[ray]));
      problem.costs.push_back(
          static_cast<float>(fine_cost * offset * offset - std::clamp(falls.back() / full_fall, -1., 1.5)));
    }
  const auto levels = optimal_surface(problem);
  double seen = 0;
  for (std::size_t ray = 0; ray < radius.size(); ++ray) {
    radius[ray] += (levels[ray] - n_each) * fine_step;
    if (!is_outside(at(ray))) {
      seen += sphere.solid_angles()[ray];
      if (falls[ray * n_levels + levels[ray]] > supporting_fall)
        supported += sphere.solid_angles()[ray];
    }
    radius[ray] -= (smoothing - half_cortex) / std::max(.5, dot(along(ray), normal[ray]));
  }
  supported = seen > 0 ? supported / seen : 0.;
}

TriangleSurface BodySurface::surface() const
{
  std::vector<Point> points;
  for (std::size_t ray = 0; ray < radius.size(); ++ray)
    points.push_back(at(ray));
  return TriangleSurface("vertebral body", points, sphere.triangles());
}

} // namespace cageopt::inputs
