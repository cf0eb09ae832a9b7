#pragma once

#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// Modified SIMP, isotropic with constant Poisson's ratio:
///   E(rho) = E_min + rho^p (E_s - E_min),   0 <= rho <= 1.
/// Sigmund (2007), Struct Multidisc Optim 33:401.
class SimpLaw : public StiffnessLaw
{
public:
  /// Uses the solid constants, the density bounds and the SIMP entries.
  explicit SimpLaw(const LawParameters &parameters);

  inputs::CubicStiffness stiffness(double rho) const override;
  inputs::CubicStiffness derivative(double rho) const override;
  double lower_density() const override { return lower; }
  double upper_density() const override { return upper; }
  std::string name() const override;
  std::string citation() const override;

private:
  void check_density(double rho) const;

  inputs::CubicStiffness unit; ///< for Young's modulus 1
  double solid_modulus;
  double minimum_modulus;
  double exponent;
  double lower;
  double upper;
};

} // namespace cageopt::optimizer
