#pragma once

#include <array>
#include <vector>

#include <inputs/geometry.h>
#include <inputs/triangle_surface.h>

namespace cageopt::inputs {

/// Directions spread evenly over the sphere: the corners of an icosahedron whose triangles were divided in four
/// `halvings` times. 10 * 4^halvings + 2 directions.
class Icosphere
{
public:
  explicit Icosphere(int halvings);

  const std::vector<Point> &directions() const { return points; }
  const std::vector<TriangleSurface::Triangle> &triangles() const { return faces; } ///< outward
  const std::vector<std::array<int, 2>> &edges() const { return sides; }
  /// Its share of the full solid angle 4 pi, of each direction (a third of its triangles).
  const std::vector<double> &solid_angles() const { return angles; }

private:
  void divide();
  void weigh();

  std::vector<Point> points;
  std::vector<TriangleSurface::Triangle> faces;
  std::vector<std::array<int, 2>> sides;
  std::vector<double> angles;
};

} // namespace cageopt::inputs
