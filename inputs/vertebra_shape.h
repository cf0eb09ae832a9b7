#pragma once

#include <array>
#include <vector>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// Sizes of a lumbar vertebral body, mm.
struct VertebraDimensions
{
  double width = 47.;               ///< of the endplates, left to right
  double depth = 34.5;              ///< of the endplates in the mid-sagittal plane
  double height = 28.5;             ///< between the planes of the two endplate rims
  double superior_concavity = 1.45; ///< greatest depth below the rim
  double inferior_concavity = 2.33;
};

/// An analytic lumbar vertebra. Its frame: origin at the area centroid of the body's outline, half-way between the
/// planes of the two rims; x right, y anterior, z cranial; mm.
///
/// Body: a kidney-shaped outline in polar form about the body axis,
///   R(t) = (|cos t / a|^n + |sin t / b|^n)^(-1/n) (1 - d exp(-((t + pi/2)/g)^2)),   n = 2.4, d = 0.1, g = 0.45,
/// scaled by s(z) = 1 - 0.12 (1 - (2 z/height)^2) (waist at mid-height), between two endplates
///   z = +-(height/2 - c (1 - (x/A)^2 - (y/B)^2)_+^(3/2)).
/// The ellipse (A, B) lies inside the outline and is centred on its centroid; hence the least-squares plane of an
/// endplate is parallel to the plane of its rim, whatever its concavity c.
/// Posterior elements: pedicles, laminae, articular processes, spinous process and transverse processes, of which the
/// right one is 4 mm longer, so that a mirrored image can be told from a true one.
///
/// Distances are positive inside, first-order accurate: exact on the surface, good within a few mm of it.
class VertebraShape
{
public:
  explicit VertebraShape(const VertebraDimensions &dimensions);

  struct BodyDistance
  {
    double lateral;  ///< to the side wall
    double superior; ///< to the superior endplate
    double inferior; ///< to the inferior endplate
    double to_surface() const;
  };
  BodyDistance body(const Point &point) const;
  /// The same without the side wall: `lateral` is left at 0.
  BodyDistance endplates(const Point &point) const;
  /// To the posterior elements, whose pedicles reach into the body. Farther out than 4 mm: some number below -4 mm.
  double posterior(const Point &point) const;
  /// To the endplate outline, extended along z.
  double outline(const Point &point) const { return side(point, 1., 0.); }

  const VertebraDimensions &dimensions() const { return sizes; }
  double outline_area() const { return area; }
  /// Exact volume of the body, mm^3.
  double body_volume() const;
  /// Mean depth of an endplate of the given greatest depth below its rim, over the outline.
  double mean_depth(double concavity) const;
  /// Corners of the box that holds the posterior elements / the body.
  std::array<Point, 2> posterior_box() const { return box; }
  std::array<Point, 2> body_box() const;

private:
  /// All points within a radius of a vertical strip that runs from (x, y)_0, z in [low, high]_0, to (x, y)_1.
  struct Strip
  {
    Point from, to; ///< z unused
    std::array<double, 2> low, high, radius;
    bool paired;                   ///< given for the right side, present on both
    std::array<Point, 2> box = {}; ///< holds the points within the radius

    double distance(const Point &point) const;
  };

  double side(const Point &point, double scale, double scale_slope) const;

  VertebraDimensions sizes;
  double half_width, half_depth;             ///< a, b
  double dish_half_width, dish_half_depth;   ///< A, B
  std::vector<std::array<double, 2>> radius; ///< R and dR/dt on equal angles from -pi, the first repeated at the end
  double area, centroid;                     ///< of the outline; y of its centroid from the body axis
  std::vector<Strip> strips;
  std::array<Point, 2> box;
};

} // namespace cageopt::inputs
