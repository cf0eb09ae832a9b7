#pragma once

#include <cstdint>
#include <vector>

#include <inputs/geometry.h>
#include <inputs/patient.h>

namespace cageopt::meshing {

/// The two bony surfaces that face the disc space, as height fields z(x, y) in the design frame on a square grid: the
/// 0.5 level of the interpolated label masks, so that they are finer than the voxels.
class EndplateSurfaces
{
public:
  static constexpr double grid_spacing = 0.5; ///< mm

  EndplateSurfaces(const inputs::Patient &patient, const inputs::Affine &design_to_world);

  /// True where both endplates exist and face each other.
  bool covers(double x, double y) const;
  /// Upper surface of the caudal body and lower surface of the cranial body, mm; bilinear. Valid where covers().
  double lower(double x, double y) const { return interpolate(lower_height, x, y); }
  double upper(double x, double y) const { return interpolate(upper_height, x, y); }

  /// Area over which the endplates face each other, mm^2, and its centroid.
  double area() const { return overlap_area; }
  double centroid_x() const { return centroid[0]; }
  double centroid_y() const { return centroid[1]; }
  /// Extent of that area through its centroid's bounding box, mm.
  double width() const { return extent[0]; }
  double depth() const { return extent[1]; }

  /// Least-squares plane z = a + b (x - centroid_x) + c (y - centroid_y).
  struct Plane
  {
    double a = 0, b = 0, c = 0;
    /// Unit normal, cranial.
    inputs::Point normal() const;
  };
  const Plane &lower_plane() const { return planes[0]; }
  const Plane &upper_plane() const { return planes[1]; }

private:
  double interpolate(const std::vector<float> &height, double x, double y) const;
  /// A column beside an endplate may hit the side wall of its tilted body far from the disc: leaves the largest part of
  /// the columns without steps above `largest_step` mm, and of those what is near the planes.
  void reject_walls(double largest_step);
  void measure_overlap();
  void smooth(std::vector<float> &height, double radius) const;
  Plane fit_plane(const std::vector<float> &height) const;

  double x_begin = 0, y_begin = 0;
  int n_x = 0, n_y = 0;
  std::vector<std::uint8_t> valid;
  std::vector<float> lower_height, upper_height;
  double overlap_area = 0;
  double centroid[2] = {0, 0}, extent[2] = {0, 0};
  Plane planes[2];
};

} // namespace cageopt::meshing
