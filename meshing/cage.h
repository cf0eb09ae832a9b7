#pragma once

#include <string>

#include <inputs/geometry.h>
#include <meshing/endplate_surfaces.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Cage".
struct CageParameters
{
  double endplate_coverage = 0.85; ///< share of the endplates' overlap
  double width = 0;                ///< mm; 0: from the coverage
  double depth = 0;                ///< mm; 0: from the coverage
  double offset_anterior = 0;      ///< mm
  double offset_right = 0;         ///< mm
  double rim_margin = 1.;          ///< mm
  double window_share = 0.4;       ///< of the footprint's area
  double frame_thickness = 1.5;    ///< mm
  double frame_height_share = 0.3; ///< of the local cage height
  double graft_youngs_modulus = 100;
  double graft_poissons_ratio = 0.2;
  double frame_youngs_modulus = 110000;
  double frame_poissons_ratio = 0.3;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

enum class CagePart
{
  none,
  design, ///< lattice of variable density
  frame,  ///< solid
  window  ///< graft
};

/// The cage's envelope in the design frame: an ALIF footprint (a D: half a superellipse anteriorly, a flatter one
/// posteriorly), clipped to where both endplates are, extruded between the endplates so that it conforms to both.
/// Inside: a central graft window of the same shape, and a solid ring along the rim at mid-height that touches neither
/// endplate.
class Cage
{
public:
  /// Throws InputError if the footprint does not lie over the endplates.
  Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces);

  CagePart part_at(const inputs::Point &point) const;

  double width() const { return 2 * half_width; }       ///< mm
  double depth() const { return 2 * half_depth; }       ///< mm
  double footprint_area() const { return area; }        ///< mm^2, window included
  double envelope_volume() const { return volume; }     ///< mm^3, window included
  double mean_height() const { return volume / area; }  ///< mm
  double window_area() const { return window_area_value; }
  double coverage() const { return area / endplates.area(); }
  const CageParameters &parameters() const { return given; }

private:
  /// 1 on the footprint's outline, 0 at its centre.
  double radius(double x, double y) const;
  bool in_footprint(double x, double y) const;
  void integrate();

  CageParameters given;
  const EndplateSurfaces &endplates;
  double half_width = 0, half_depth = 0, centre_x = 0, centre_y = 0, window_radius = 0;
  double area = 0, volume = 0, window_area_value = 0;
};

} // namespace cageopt::meshing
