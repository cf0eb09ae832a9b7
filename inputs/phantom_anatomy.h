#pragma once

#include <array>
#include <cstdint>

#include <inputs/vertebra_shape.h>

namespace cageopt::inputs {

/// Where each tissue of the built-in patient lies: L3, L4, the disc between them and the soft tissue around, as a
/// function of a point in the design frame (mm; origin midway between the centres of the two endplates at the disc,
/// z cranial and normal to the mid-plane of their least-squares planes, y anterior, x right).
class PhantomAnatomy
{
public:
  enum class Tissue : std::uint8_t
  {
    fat,
    muscle,
    blood,
    thecal_sac,
    ligament,
    disc,
    cortical,
    endplate,
    posterior_trabecular,
    trabecular_l3,
    trabecular_l4
  };

  enum Level
  {
    l3,
    l4
  };

  struct Sample
  {
    Tissue tissue;
    std::uint16_t label; ///< VerSe: 22, 23 bodies; 122, 123 posterior elements; 222 disc; 0 elsewhere
  };

  /// Lordosis: angle between the two endplates at the disc, radian. Disc height: distance of their rim planes on the
  /// z axis, mm. Thickness of bony shells, mm.
  PhantomAnatomy(double lordosis, double disc_height, double cortical_thickness, double endplate_thickness);

  Sample at(const Point &design) const;

  const VertebraShape &vertebra(const Level level) const { return shapes[level]; }
  /// Design frame to VertebraShape's frame.
  const Affine &to_vertebra(const Level level) const { return design_to_vertebra[level]; }
  /// Centre (mean over the outline) and cranial normal of the endplate at the disc, design frame.
  Point endplate_centre(Level level) const;
  Point endplate_normal(Level level) const;
  /// The trabecular region of a body.
  static Tissue trabecular(const Level level) { return level == l3 ? Tissue::trabecular_l3 : Tissue::trabecular_l4; }

private:
  /// Farther than a few mm from bone and disc.
  Tissue soft_tissue(const Point &design, const std::array<Point, 2> &local) const;

  std::array<VertebraShape, 2> shapes;
  std::array<Affine, 2> design_to_vertebra;
  double half_distance; ///< of the endplates' centres
  double cortical_thickness, endplate_thickness;
};

} // namespace cageopt::inputs
