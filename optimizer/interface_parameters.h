#pragma once

#include <string>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Interface": how cage and bone hold together.
struct InterfaceParameters
{
  std::string state = "bonded"; ///< bonded | contact
  double open_modulus = .05;    ///< MPa
  double sliding_modulus = .05; ///< MPa
  unsigned int maximum_iterations = 40;
  double unsettled_share = .005;
  double friction_coefficient = .6;
  bool report_both = true;

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for moduli that do not separate open from closed.
  void check() const;
  bool is_contact() const { return state == "contact"; }
};

} // namespace cageopt::optimizer
