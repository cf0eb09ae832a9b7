#pragma once

#include <array>

#include <inputs/geometry.h>
#include <inputs/patient.h>
#include <meshing/endplate_surfaces.h>

namespace cageopt::meshing {

/// Centres of the labelled voxels of the two bodies of the level, RAS mm. Where the image cuts a body, that of its
/// rest.
struct BodyCentres
{
  inputs::Point cranial{{0, 0, 0}}, caudal{{0, 0, 0}};
};
BodyCentres body_centres(const inputs::Patient &patient);

/// The frame in which the cage is designed: origin at the centre of the disc space, z cranial and normal to the
/// mid-plane of the two planes fitted to the endplates, y anterior, x to the patient's right. A rigid motion of RAS
/// space.
struct DesignFrame
{
  inputs::Affine design_to_world;        ///< mm to RAS mm
  std::array<double, 2> endplate_tilt{}; ///< angle of each endplate's plane to the mid-plane, caudal, cranial, degrees
  double lordosis = 0; ///< angle between the endplates in the sagittal plane, open anteriorly > 0, degrees

  /// Fits the frame to the labels, iterating with the height maps of the endplates until it stands still.
  /// Anterior is the direction from the posterior elements (without transverse processes) to the disc where those are
  /// labelled, else RAS y.
  /// Throws InputError if the two bodies do not face each other.
  static DesignFrame fit(const inputs::Patient &patient);
};

} // namespace cageopt::meshing
