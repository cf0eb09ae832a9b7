#pragma once

#include <array>
#include <vector>

#include <inputs/cubic_stiffness.h>
#include <inputs/patient.h>
#include <meshing/cage.h>
#include <meshing/endplate_surfaces.h>
#include <meshing/fixation_parameters.h>

namespace cageopt::meshing {

/// Screws and rods in the design frame, mm. Rank-local.
class Fixation
{
public:
  Fixation() = default; ///< none

  /// Throws InputError if a pedicle screw finds no body, leaves it or crosses the mid-plane, if hardware and cage
  /// touch, or if not both bodies hold it over at least 5 mm.
  Fixation(const FixationParameters &parameters, const inputs::Patient &patient, const EndplateSurfaces &surfaces,
           const Cage &cage, const inputs::Affine &design_to_world);

  const std::vector<Capsule> &capsules() const { return parts; }
  /// To the nearest surface, negative inside, mm; huge without hardware.
  double distance(const inputs::Point &point) const;
  bool holds(const inputs::Point &point) const { return distance(point) <= 0; }
  /// The smallest and largest coordinates.
  std::array<inputs::Point, 2> box() const;
  const inputs::CubicStiffness &metal() const { return stiffness; }

private:
  void add_pedicle_screws(const FixationParameters &given, const inputs::Patient &patient,
                          const EndplateSurfaces &surfaces, const inputs::Affine &design_to_index);
  void check(const inputs::Patient &patient, const Cage &cage, const inputs::Affine &design_to_index) const;

  std::vector<Capsule> parts;
  inputs::CubicStiffness stiffness;
};

} // namespace cageopt::meshing
