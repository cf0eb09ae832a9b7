#pragma once

#include <memory>
#include <optional>

#include <inputs/triangle_surface.h>

namespace cageopt::inputs {

/// Finds the triangle of a surface that is nearest to a point, by Boost.Geometry's R-tree.
class NearestTriangle
{
public:
  explicit NearestTriangle(const TriangleSurface &surface);
  ~NearestTriangle();
  NearestTriangle(const NearestTriangle &) = delete;
  NearestTriangle &operator=(const NearestTriangle &) = delete;

  struct Hit
  {
    double distance = 0; ///< mm
    Point normal;        ///< of the triangle, outward, unit
  };
  /// Nothing if the surface is farther than `reach` mm.
  std::optional<Hit> find(const Point &point, double reach) const;

private:
  struct Tree;
  const TriangleSurface &surface;
  std::unique_ptr<Tree> tree;
};

/// Distance of a point to the triangle a, b, c. Ericson 2005, Real-Time Collision Detection, section 5.1.5.
double distance_to_triangle(const Point &point, const Point &a, const Point &b, const Point &c);

} // namespace cageopt::inputs
