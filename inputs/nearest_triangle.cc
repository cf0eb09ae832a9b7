#include <inputs/nearest_triangle.h>

#include <algorithm>
#include <limits>

#include <boost/geometry/core/cs.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>

namespace cageopt::inputs {

namespace {

namespace geometry = boost::geometry;
using TreePoint = geometry::model::point<double, 3, geometry::cs::cartesian>;
using Box = geometry::model::box<TreePoint>;
using Entry = std::pair<Box, std::uint32_t>;

TreePoint tree_point(const Point &point) { return {point[0], point[1], point[2]}; }

Box box_of(const TriangleSurface &surface, const TriangleSurface::Triangle &triangle)
{
  Point low, high;
  for (int axis = 0; axis < 3; ++axis) {
    const auto at = [&](const int corner) { return surface.points()[triangle[corner]][axis]; };
    std::tie(low[axis], high[axis]) = std::minmax({at(0), at(1), at(2)});
  }
  return {tree_point(low), tree_point(high)};
}

} // namespace

struct NearestTriangle::Tree
{
  explicit Tree(const std::vector<Entry> &entries) : boxes(entries) {}
  geometry::index::rtree<Entry, geometry::index::rstar<16>> boxes;
};

NearestTriangle::NearestTriangle(const TriangleSurface &surface) : surface(surface)
{
  std::vector<Entry> entries;
  for (const auto &triangle : surface.triangles())
    entries.emplace_back(box_of(surface, triangle), static_cast<std::uint32_t>(entries.size()));
  tree = std::make_unique<Tree>(entries);
}

NearestTriangle::~NearestTriangle() = default;

std::optional<NearestTriangle::Hit> NearestTriangle::find(const Point &point, const double reach) const
{
  const Point corner = {reach, reach, reach};
  const Box around(tree_point(point - corner), tree_point(point + corner));
  double nearest = std::numeric_limits<double>::max();
  std::uint32_t found = 0;
  const auto visit = [&](const Entry &entry) {
    const auto &triangle = surface.triangles()[entry.second];
    const double distance = distance_to_triangle(point, surface.points()[triangle[0]], surface.points()[triangle[1]],
                                                 surface.points()[triangle[2]]);
    if (distance < nearest) {
      nearest = distance;
      found = entry.second;
    }
  };
  tree->boxes.query(geometry::index::intersects(around), boost::make_function_output_iterator(visit));
  if (!(nearest <= reach))
    return {};
  const auto &triangle = surface.triangles()[found];
  const Point &a = surface.points()[triangle[0]];
  const Point normal = cross(surface.points()[triangle[1]] - a, surface.points()[triangle[2]] - a);
  const double length = norm(normal);
  return Hit{nearest, length > 0 ? (1. / length) * normal : normal};
}

double distance_to_triangle(const Point &point, const Point &a, const Point &b, const Point &c)
{
  const Point ab = b - a, ac = c - a, bc = c - b, ap = point - a, bp = point - b, cp = point - c;
  const double d1 = dot(ab, ap), d2 = dot(ac, ap), d3 = dot(ab, bp), d4 = dot(ac, bp), d5 = dot(ab, cp),
               d6 = dot(ac, cp);
  if (d1 <= 0 && d2 <= 0)
    return norm(ap);
  if (d3 >= 0 && d4 <= d3)
    return norm(bp);
  if (d6 >= 0 && d5 <= d6)
    return norm(cp);
  const double on_c = d1 * d4 - d3 * d2, on_b = d5 * d2 - d1 * d6, on_a = d3 * d6 - d5 * d4;
  if (on_c <= 0 && d1 >= 0 && d3 <= 0)
    return norm(ap - (d1 / (d1 - d3)) * ab);
  if (on_b <= 0 && d2 >= 0 && d6 <= 0)
    return norm(ap - (d2 / (d2 - d6)) * ac);
  if (on_a <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0)
    return norm(bp - ((d4 - d3) / (d4 - d3 + d5 - d6)) * bc);
  const double sum = on_a + on_b + on_c;
  return norm(ap - (on_b / sum) * ab - (on_c / sum) * ac);
}

} // namespace cageopt::inputs
