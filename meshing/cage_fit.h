#pragma once

#include <inputs/patient.h>
#include <meshing/cage.h>
#include <meshing/endplate_surfaces.h>

namespace cageopt::meshing {

/// How the faces of the cage's envelope lie on the labelled endplates, which conforming faces follow smoothed. Column
/// by column of the footprint, 0.25 mm apart, the bone begins where the label of the body is first met on the way from
/// the envelope's mid-height outwards: beyond the face there is a gap, before it cage and bone overlap. Rank-local.
struct CageFit
{
  struct Face
  {
    double gap_volume = 0, overlap_volume = 0;   ///< mm^3
    double largest_gap = 0, largest_overlap = 0; ///< mm
    double open_area = 0;                        ///< mm^2 of footprint with no bone within `reach` of the face
  };
  static constexpr double reach = 10.; ///< mm

  Face caudal, cranial;
  double smallest_height = 0, largest_height = 0;   ///< mm
  double anterior_height = 0, posterior_height = 0; ///< at the footprint's edges in the plane of its centre, mm

  CageFit(const Cage &cage, const EndplateSurfaces &surfaces, const inputs::Patient &patient,
          const inputs::Affine &design_to_world);
};

} // namespace cageopt::meshing
