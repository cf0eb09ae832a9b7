#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// A closed surface of triangles whose corners run counter-clockwise seen from outside. Coordinates in mm.
class TriangleSurface
{
public:
  using Triangle = std::array<std::uint32_t, 3>;

  /// Corners at the same place become one, and triangles that collapse to a line or a point by that go, up to 1 % of
  /// them, with a warning. A surface that is inside out everywhere is turned, with a warning.
  /// Throws InputError for: no triangles, coordinates that are not finite, more collapsed triangles, edges at which the
  /// surface is open or neighbours run against each other, a volume of nothing.
  TriangleSurface(std::string name, const std::vector<Point> &corners, const std::vector<Triangle> &faces);

  const std::string &name() const { return surface_name; }
  const std::vector<Point> &points() const { return distinct; }
  const std::vector<Triangle> &triangles() const { return connected; }
  const std::vector<std::string> &warnings() const { return told; }

  /// Of the region inside, by the divergence theorem: sum of a . (b x c) / 6, mm^3.
  double volume() const;
  double area() const; ///< mm^2
  /// The smallest and largest coordinates.
  std::array<Point, 2> box() const;
  /// The same surface elsewhere; under a reflection the triangles are turned, so that outside remains outside.
  TriangleSurface moved(const Affine &motion) const;

private:
  void merge(const std::vector<Point> &corners, const std::vector<Triangle> &faces);
  void check_edges() const;
  void turn();

  std::string surface_name;
  std::vector<Point> distinct;
  std::vector<Triangle> connected;
  std::vector<std::string> told;
};

} // namespace cageopt::inputs
