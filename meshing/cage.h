#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <inputs/geometry.h>
#include <meshing/cage_outline.h>
#include <meshing/cage_parameters.h>
#include <meshing/cage_surfaces.h>
#include <meshing/endplate_surfaces.h>

namespace cageopt::meshing {

enum class CagePart
{
  none,
  design, ///< lattice of variable density
  frame,  ///< solid
  window  ///< graft
};

/// Compressive strength of the bone under a point of a face, MPa; side 0: caudal, 1: cranial.
using FaceStrength = std::function<double(int side, double x, double y)>;

/// The cage's envelope in the design frame: the outline of a family, clipped to the endplates' overlap less the rim
/// margin, between two faces. Conforming faces are the endplates; flat ones are planes that open anteriorly by the
/// stated lordosis, at mid-height of the disc space, so that they cut bone away and leave gaps.
///
/// An alif is sized by the endplates or by hand. The others have the largest of their sizes of which 98 % lie over that
/// region, or the stated one. Placed 'centred', an alif stands at the overlap's centre, the others nearest to its
/// mid-line or, for tlif, farthest in front, where the endplate's rim carries. Placed 'strongest', the cage stands
/// where, of all places with 98 % of it over that region, the weaker endplate carries most before it yields: strength
/// integrated over the footprint without its window.
///
/// An envelope of the family 'surface' is the inside of a closed surface that stands where its coordinates say. Its own
/// faces are kept, or replaced by conforming ones over its outline seen along z.
///
/// Inside, at a constant distance from the footprint's edge (or, seen along z, within a second surface): a central
/// graft window; solid parts centred at mid-height, which bridge the endplates only at a height share of 1: a block for
/// the inserter's thread in the wall or end that faces it and, on request, a shell along the edge and upright struts
/// along the middle of the wall.
class Cage
{
public:
  /// `strength` is needed to place the cage 'strongest'. Throws InputError if the footprint does not lie over the
  /// endplates, if the coverage cannot be reached within the rim margin, if window and solid parts overlap, or if less
  /// than half of the envelope lies between the endplates; and for a surface that crosses itself or is larger than 120
  /// mm.
  Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces, const FaceStrength &strength = {},
       const CageSurfaces &envelope = {});

  /// With `slack` > 0 [mm], points up to that far above or below a conforming envelope count as the part next to them.
  CagePart part_at(const inputs::Point &point, double slack = 0) const;

  /// Whether the footprint, window included, holds (x, y).
  bool covers(const double x, const double y) const { return distance_inside(x, y) >= 0; }
  /// Distance from the footprint's edge, positive inside, mm; bilinear.
  double distance_inside(double x, double y) const;
  /// Heights of the faces, mm. Valid where covers().
  double lower(double x, double y) const { return face(0, x, y); }
  double upper(double x, double y) const { return face(1, x, y); }

  double width() const { return extent[0]; }            ///< of the footprint, along its own axes, mm
  double depth() const { return extent[1]; }            ///< likewise
  double footprint_area() const { return area; }        ///< mm^2, window included
  double envelope_volume() const { return volume; }     ///< mm^3, window included
  double mean_height() const { return volume / area; }  ///< mm
  double window_area() const { return area_of_window; } ///< mm^2
  double coverage() const { return area / endplates.area(); }
  /// Of the outline, in x and y, mm.
  std::array<double, 2> centre() const { return {{centre_x, centre_y}}; }
  const std::vector<std::array<double, 2>> &struts() const { return strut_axes; } ///< x and y, mm
  const CageParameters &parameters() const { return given; } ///< with the height of flat faces in use

private:
  using Mask = std::vector<std::uint8_t>;

  inputs::Point node(std::size_t index) const; ///< z = 0
  /// In the axes of the outline: from its centre, turned back.
  inputs::Point local(double x, double y) const;
  /// Distance from each node to the nearest node where `region` is or is not set, mm.
  std::vector<float> distance_to(const Mask &region, bool set) const;
  /// Of each node from the edge of a region, positive inside, mm.
  std::vector<float> distance_from_edge(const Mask &region) const;
  Mask available_region() const;
  /// Outline and centre.
  void choose_size_and_place(const Mask &available, const FaceStrength &strength);
  std::vector<CageOutline::Size> sizes_to_try(const Mask &available) const;
  bool place_centred(const CageOutline &candidate, const Mask &available, double share);
  bool place_strongest(const CageOutline &candidate, const Mask &available, double share, const FaceStrength &strength);
  [[noreturn]] void refuse_sizes(const CageOutline::Size &least) const;
  Mask footprint_of_outline(const Mask &available) const;
  /// The columns in which a surface holds nodes, and which.
  Mask columns_within(const inputs::TriangleSurface &surface, Mask *nodes) const;
  Mask footprint_of_surface(const inputs::TriangleSurface &envelope, const Mask &available);
  void find_column_ends(const Mask &columns);
  void measure_footprint(const Mask &footprint);
  /// Points evenly over an outline, turned, from its middle.
  std::vector<std::array<double, 2>> points_of(const CageOutline &candidate) const;
  /// Share of an outline's points that lie over `available` with its middle at (x, y).
  double share_inside(const std::vector<std::array<double, 2>> &points, const Mask &available, double x,
                      double y) const;
  /// Where an outline at the origin stands on bone: all of it but the window, in steps of the grid.
  std::vector<std::array<int, 2>> bearing_face(const CageOutline &candidate) const;
  void choose_faces(const Mask &footprint);
  std::size_t nearest_node(double x, double y) const;
  bool in_window(const inputs::Point &point, double distance) const;
  double face(int side, double x, double y) const;
  bool in_inserter_zone(const inputs::Point &point) const;
  void choose_window(const CageSurfaces &envelope);
  void choose_window_by_share();
  void place_struts();
  bool in_solid_part(const inputs::Point &point, double distance) const;

  CageParameters given;
  const EndplateSurfaces &endplates;
  // Square grid over the overlap of the endplates.
  double x_begin = 0, y_begin = 0;
  int n_x = 0, n_y = 0;
  double centre_x = 0, centre_y = 0; ///< of the outline, mm
  double cosine = 1, sine = 0;       ///< of its rotation
  std::optional<CageOutline> outline;
  std::vector<float> edge_distance;               ///< from the footprint's edge, positive inside, mm
  double window_distance = 1e30;                  ///< the window is where the edge is farther away than this, mm
  double middle_height = 0, pivot = 0, slope = 0; ///< of flat faces: mid-plane, hinge along local y, tan(lordosis / 2)
  // Of an envelope with its own faces: nodes inside, on the grid times n_z heights, and heights of the columns.
  double z_begin = 0;
  int n_z = 0;
  Mask inside;
  std::array<std::vector<float>, 2> column_ends;
  Mask window_columns;   ///< of a window given as a surface
  double strut_path = 0; ///< distance of the struts' axes from the edge, mm
  std::vector<std::array<double, 2>> strut_axes;
  double extent[2] = {0, 0};
  double area = 0, volume = 0, area_of_window = 0;
};

} // namespace cageopt::meshing
