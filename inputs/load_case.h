#pragma once

#include <array>
#include <string>
#include <vector>

#include <inputs/geometry.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// What acts on the cranial body, in the design frame (x right, y anterior, z cranial; right-hand rule).
/// Flexion is -M_x, extension +M_x, right bending +M_y, left axial rotation +M_z; compression is -F_z.
struct LoadCase
{
  std::string name;
  std::array<double, 6> wrench; ///< F_x, F_y, F_z [N], M_x, M_y, M_z [N mm] about the disc centre
  double weight = 0;            ///< share in multi-load objectives; the weights of a set add up to 1
  std::string citation;
  double follower_load = 0; ///< N, the part of the wrench that follows the spine; see LoadParameters::follower_path
};

/// Subsection "Loads".
struct LoadParameters
{
  std::string set = "default_400N_7.5Nm";
  double body_weight = 0;       ///< kg; 0: not stated
  double follower_preload = -1; ///< N; negative: as published
  /// disc_centre: along -z through the disc centre, as the wrench says | vertebral_centres | least_rotation
  std::string follower_path = "disc_centre";
  std::string custom_cases;           ///< "name: Fx, Fy, Fz, Mx, My, Mz, weight; ..." in N and Nm
  std::array<double, 3> moment_point; ///< mm, design frame

  LoadParameters() : moment_point{{0, 0, 0}} {}
  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for anything that load_cases() would refuse.
  void check() const;
};

/// Names of the sets of the library, default first.
std::vector<std::string> load_set_names();

/// The cases of a set, weights scaled to add up to 1. Forces of sets with a reference mass are multiplied by
/// `body_weight` over that. Compression of library sets, but for those of bench tests, is a follower load; its path
/// needs the patient and is not applied here. Wrenches of custom cases, stated about `moment_point` p, are moved to the
/// disc centre: M = M_p + p x F. Throws InputError for an unknown set (with the nearest name), a case that cannot be
/// read, zero load, weights that are not positive, and a body weight that a set needs or has no use for.
std::vector<LoadCase> load_cases(const LoadParameters &parameters);

} // namespace cageopt::inputs
