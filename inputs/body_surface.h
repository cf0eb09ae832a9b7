#pragma once

#include <vector>

#include <inputs/geometry.h>
#include <inputs/icosphere.h>
#include <inputs/image.h>
#include <inputs/triangle_surface.h>

namespace cageopt::inputs {

/// Where a vertebral body is sought.
struct BodySeed
{
  Point place;                   ///< somewhere in the body, RAS mm
  Point cranial;                 ///< from the seeds of the vertebrae below to those above
  double spacing = 0;            ///< mean distance to the neighbouring seeds, mm
  std::vector<Point> neighbours; ///< their places
  Point extents{};               ///< half width, depth and height of a body found beside it, mm; 0: none yet
};

/// The surface of one vertebral body in a CT, found from a seed.
///
/// Rays leave the centre in all directions. The surface crosses each once, where bone falls off outwards, and by no
/// more than a few levels farther out or in than on the neighbouring rays: the global optimum, by a minimum cut
/// (optimal_surface()). So it cannot leak, and where there is no edge, as at the pedicles, it goes on as its neighbours
/// do. The model is that of Egger et al. 2014 ("Cube-Cut", PLoS ONE 9:e93389), here with levels that are scales of an
/// elliptic cylinder with flat ends. Its centre, tilt and extents start from the seeds, or from the extents of the body
/// beside, and are fitted to the surface found four times. A last cut on four times as many rays looks within 4 mm.
///
/// A thin shell (cortex, endplate) under a Gaussian falls most steeply one standard deviation outside its middle, so
/// the surface is moved in by that less half a usual cortex: `smoothing` - 0.3 mm.
class BodySurface
{
public:
  /// Softer tissues look alike below the lowest value, so that edges among them, which are as strong as those of
  /// osteoporotic bone, vanish; the highest keeps dense posterior elements from outweighing a thin cortex. HU.
  static constexpr float lowest_value = 40, highest_value = 350;
  static constexpr double smoothing = 1.; ///< standard deviation, mm

  /// `bone`: the CT smoothed and clamped as above. `taken`: the distance from the bodies found already, mm, on the same
  /// grid; the surface stays out of them.
  BodySurface(const Image<float> &bone, const Image<float> &taken, const BodySeed &seed);

  TriangleSurface surface() const; ///< RAS mm
  /// The share, by solid angle, that lies on a falling edge of bone, of the part inside the image.
  double supported_share() const { return supported; }
  const Affine &frame() const { return frame_to_world; } ///< at its centre; z cranial, y anterior
  const Point &extents() const { return half; }          ///< half width, depth and height, mm

private:
  void cut();
  void fit_template();
  Point endplate_normal() const;
  void refine();
  void divide_rays();
  std::vector<Point> normals() const;
  Point along(std::size_t ray) const; ///< its unit vector in the world
  Point at(std::size_t ray) const;    ///< the surface's point
  bool is_outside(const Point &place) const;
  /// By how much bone falls off along a unit normal, HU over twice the reach.
  double fall(const Point &place, const Point &normal) const;
  /// How far a place is on the way to a neighbouring seed, as a share.
  double way_to_neighbour(const Point &place) const;

  const Image<float> &bone, &taken;
  BodySeed seed;
  Affine world_to_index;
  double reach; ///< mm
  Icosphere sphere;
  Affine frame_to_world;
  Point first_half{}, half{}; ///< of the template, mm
  std::vector<double> radius; ///< along each ray, mm
  double supported = 0;
};

} // namespace cageopt::inputs
