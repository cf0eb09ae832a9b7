#pragma once

#include <string>
#include <vector>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// "axial_stiffness >= 11828"
struct StatedConstraint
{
  std::string response;
  bool is_upper = true;
  double bound = 0;
};

/// Subsection "Goal": what is minimised, and what must hold.
struct GoalParameters
{
  std::string objective = "strain_mismatch_intact";
  std::string stated_constraints; ///< "name <= value; name >= value; ..."
  bool match_modulus = true;
  double modulus_tolerance = .02;
  std::string target_measure = "trabecular_5mm";
  double target_modulus = 0;              ///< MPa
  std::string on_unreachable = "closest"; ///< stop | closest
  bool compare_with_bound = false;
  bool compare_with_finer_mesh = false;
  double strain_distance = 8.; ///< mm
  double overstrain_threshold = 4e-3;
  double overstrain_width = .05;
  double fatigue_amplitude_share = .5, lattice_fatigue_share = .1, frame_fatigue_share = .5;
  double local_density_radius = 4; ///< mm

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  /// `stated_constraints`, read. Throws InputError for an unknown response (with the nearest name), for text that is
  /// no constraint, and for bounds of one response that exclude each other.
  std::vector<StatedConstraint> constraints() const;
  /// The same goal for a cage of another material: without the constraints that need a lattice.
  GoalParameters without_lattice() const;
};

} // namespace cageopt::optimizer
