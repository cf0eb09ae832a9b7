#pragma once

#include <string>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Goal": what is minimised, and what must hold.
struct GoalParameters
{
  std::string objective = "strain_mismatch_intact";
  bool match_modulus = true;
  double modulus_tolerance = .02;
  std::string target_measure = "trabecular_5mm";
  double target_modulus = 0;              ///< MPa
  std::string on_unreachable = "closest"; ///< stop | closest
  double maximum_volume_fraction = 1.;
  double strain_distance = 8.; ///< mm
  double overstrain_threshold = 4e-3;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

} // namespace cageopt::optimizer
