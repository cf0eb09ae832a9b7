#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <inputs/geometry.h>
#include <meshing/cage_outline.h>
#include <meshing/endplate_surfaces.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Cage".
struct CageParameters
{
  std::string family = "alif";     ///< of CageOutline
  double endplate_coverage = 0.85; ///< share of the endplates' overlap
  double width = 0;                ///< mm; 0: from the coverage
  double depth = 0;                ///< mm; 0: from the coverage
  double pair_distance = 20;       ///< mm
  double offset_anterior = 0;      ///< mm
  double offset_right = 0;         ///< mm
  double rim_margin = 1.;          ///< mm
  double window_share = 0.4;       ///< of the footprint's area
  double inserter_width = 10.;     ///< mm
  double inserter_depth = 4.;      ///< mm
  double frame_thickness = 0.;     ///< mm
  double frame_height_share = 0.4; ///< of the local cage height
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

/// The cage's envelope in the design frame: the outline of a family, clipped to the endplates' overlap less the rim
/// margin, extruded between the endplates so that it conforms to both. An alif is sized by the endplates or by hand, at
/// the overlap's centre. The others have the largest of their sizes of which 98 % lie over that region, or the stated
/// one, at the place nearest to the overlap's mid-line or, for tlif, farthest in front, where the endplate's rim
/// carries. Inside, at a constant distance from the footprint's edge: a central graft window; and a solid frame at
/// mid-height that touches neither endplate: a block for the inserter's thread in the wall or end that faces it and, on
/// request, a ring along the edge.
class Cage
{
public:
  /// Throws InputError if the footprint does not lie over the endplates, if the coverage cannot be reached within the
  /// rim margin, or if window and frame overlap.
  Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces);

  /// With `slack` > 0 [mm], points up to that far above or below the envelope count as the part next to them.
  CagePart part_at(const inputs::Point &point, double slack = 0) const;

  double width() const { return extent[0]; }            ///< of the footprint, mm
  double depth() const { return extent[1]; }            ///< of the footprint, mm
  double footprint_area() const { return area; }        ///< mm^2, window included
  double envelope_volume() const { return volume; }     ///< mm^3, window included
  double mean_height() const { return volume / area; }  ///< mm
  double window_area() const { return area_of_window; } ///< mm^2
  double coverage() const { return area / endplates.area(); }
  /// Of the outline, in x and y, mm.
  std::array<double, 2> centre() const { return {{centre_x, centre_y}}; }
  const CageParameters &parameters() const { return given; }

private:
  inputs::Point node(std::size_t index) const; ///< z = 0
  /// Distance from each node to the nearest node where `region` is or is not set, mm.
  std::vector<float> distance_to(const std::vector<std::uint8_t> &region, bool set) const;
  std::vector<std::uint8_t> available_region() const;
  /// Outline and centre.
  void choose_size_and_place(const std::vector<std::uint8_t> &available);
  void choose_footprint(const std::vector<std::uint8_t> &available);
  /// Share of an outline at centre_x, `y_centre` that lies over `available`.
  double share_inside(const CageOutline &candidate, const std::vector<std::uint8_t> &available, double y_centre) const;
  bool in_inserter_zone(const inputs::Point &point) const;
  void choose_window();
  /// Bilinear; positive inside the footprint.
  double distance_inside(double x, double y) const;

  CageParameters given;
  const EndplateSurfaces &endplates;
  // Square grid over the overlap of the endplates.
  double x_begin = 0, y_begin = 0;
  int n_x = 0, n_y = 0;
  double centre_x = 0, centre_y = 0; ///< of the outline, mm
  std::optional<CageOutline> outline;
  std::vector<float> edge_distance; ///< from the footprint's edge, positive inside, mm
  double window_distance = 1e30;    ///< the window is where the edge is farther away than this, mm
  double extent[2] = {0, 0};
  double area = 0, volume = 0, area_of_window = 0;
};

} // namespace cageopt::meshing
