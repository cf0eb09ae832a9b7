#pragma once

#include <string>
#include <vector>

namespace cageopt::meshing {

/// The outline of an interbody cage seen along z, around the middle of its extent; x right, y anterior, mm. Families by
/// the way the cage is brought in:
///   alif  from the front: a D, half a superellipse anteriorly and a flatter one posteriorly
///   llif  from the left side: a long rounded rectangle
///   tlif  from behind, beside the dural sac: a banana, convex to the front; `depth` is the thickness of its body,
///   whose
///         middle line is an arc of radius 0.7 width
///   plif  from behind on both sides: a pair of rounded rectangles of `width` each, `pair_distance` apart (middle to
///   middle)
class CageOutline
{
public:
  struct Size
  {
    double width, depth; ///< mm
  };

  CageOutline(const std::string &family, const Size &size, double pair_distance);

  static std::vector<std::string> families();
  /// Sizes in which a family is sold, largest first: common catalogue ranges, not checked against one source (mark C).
  /// Empty for alif, which is sized by the endplates.
  static std::vector<Size> sizes(const std::string &family);

  /// At most 1 inside, and growing outwards; for alif homogeneous of degree one.
  double radius(double x, double y) const;
  /// Half of the extent along x and y, mm.
  double half_extent(int axis) const { return half[axis]; }
  /// The end or wall that the inserter holds: of llif and tlif the left end, of plif the posterior wall of each cage,
  /// as wide as `block_width` and `block_depth` deep. Never for alif, whose block follows its curved wall.
  bool in_inserter_zone(double x, double y, double block_width, double block_depth) const;

private:
  enum class Family
  {
    alif,
    llif,
    tlif,
    plif
  };

  Family family;
  Size size;
  double pair_distance;
  double half[2];
  // Banana: radius of its middle line, half its angle, and the circle's centre below the middle of the extent.
  double arc_radius = 0, arc_angle = 0, arc_centre = 0;
};

} // namespace cageopt::meshing
