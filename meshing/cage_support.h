#pragma once

#include <array>

#include <meshing/cage.h>
#include <meshing/endplate_layer.h>

namespace cageopt::meshing {

/// What a cage stands on: its bearing face is the footprint without the graft window. Sides: 0 caudal, 1 cranial.
/// Rank-local.
struct CageSupport
{
  double bearing_area = 0;           ///< mm^2
  double rim_share = 0;              ///< of the bearing face that lies on the rim, EndplateLayer::in_rim
  double rim_edge_share = 0;         ///< of the footprint's edge
  double rim_share_of_endplates = 0; ///< of the endplates' overlap, as the measure of both
  std::array<double, 2> density{};   ///< mean of the endplate layer beneath the bearing face, mg/cm3
  /// Force at which that layer yields everywhere beneath the face, N: yield stress integrated over it. A bound to
  /// compare places by, not a failure load.
  std::array<double, 2> yield_force{};

  CageSupport(const Cage &cage, const EndplateSurfaces &surfaces, const EndplateLayer &layer);
};

} // namespace cageopt::meshing
