#pragma once

#include <array>

#include <inputs/patient.h>

namespace cageopt::meshing {

/// The two bodies of a level, in the order of sums and reports.
enum Body
{
  caudal_body = 0,
  cranial_body = 1
};

/// Integrals over some part of space of a patient's image, whose voxels have one value each.
struct BoneIntegrals
{
  std::array<double, 2> bone{};    ///< mm^3 of each body
  std::array<double, 2> mineral{}; ///< mg in each body: density times volume
  double modulus = 0;              ///< MPa mm^3: Young's modulus by law and cortex times volume, of both bodies
  double disc = 0;                 ///< mm^3

  BoneIntegrals &operator+=(const BoneIntegrals &other);
};

/// Integrates a patient's image over cubes of the design frame. Every voxel counts with the volume in which it and the
/// cube overlap, exact to rounding however the frame is turned, so that cubes that fill a space hold all that is in it.
class BoneIntegrator
{
public:
  BoneIntegrator(const inputs::Patient &patient, const inputs::Affine &design_to_index);

  /// Over a cube, mm in the design frame.
  BoneIntegrals over_cube(const inputs::Point &corner, double edge) const;
  /// False only if no voxel of a body or of the disc overlaps the cube.
  bool may_hold_tissue(const inputs::Point &corner, double edge) const;
  /// Of both bodies between two planes z = constant of the design frame: the whole image, voxel by voxel. Modulus and
  /// disc are left out.
  BoneIntegrals between(double z_low, double z_high) const;

private:
  /// The voxels that a cube may overlap, first and last along each axis, and what they hold.
  struct Neighbourhood
  {
    std::array<int, 3> first, last;
    bool is_cut = false; ///< by the border of the image
    bool has_body = false, has_disc = false, is_all_disc = true;
  };
  Neighbourhood around(const inputs::Point &corner, double edge) const;
  int body_of(std::uint16_t label) const;

  const inputs::Patient &patient;
  inputs::Affine design_to_index;
  double voxel_volume; ///< mm^3
};

} // namespace cageopt::meshing
