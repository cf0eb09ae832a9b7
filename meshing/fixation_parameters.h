#pragma once

#include <string>
#include <vector>

#include <inputs/geometry.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// A cylinder with round ends.
struct Capsule
{
  inputs::Point begin, end; ///< centres of the ends, mm
  double radius = 0;        ///< mm
};

/// Subsection "Posterior fixation".
struct FixationParameters
{
  std::string hardware = "none";       ///< none | pedicle_screws | stated
  std::string capsules;                ///< stated ones
  std::string axes = "design";         ///< of their coordinates
  double screw_diameter = 6.5;         ///< mm
  double screw_depth = 25.;            ///< mm, in the body
  double screw_spread = 30.;           ///< mm, between both screws at the posterior wall
  double screw_convergence = 10.;      ///< degrees
  double cranial_screw_distance = 14.; ///< mm, from the endplate at the disc
  double caudal_screw_distance = 10.;  ///< mm
  double head_distance = 22.;          ///< mm, behind the posterior wall
  double rod_diameter = 5.5;           ///< mm
  double youngs_modulus = 110000;      ///< MPa
  double poissons_ratio = .3;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  bool is_on() const { return hardware != "none"; }
  /// The stated ones in their own axes. Throws InputError for anything but seven numbers each, an end on the other or a
  /// diameter that is not positive.
  std::vector<Capsule> stated_capsules() const;
};

} // namespace cageopt::meshing
