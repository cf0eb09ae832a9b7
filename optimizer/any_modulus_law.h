#pragma once

#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// Isotropic with any Young's modulus from that of soft tissue to the solid's, printable or not:
///   E(t) = E_1^(1 - t) E_s^t,   0 <= t <= 1,   E_1 = 1 MPa.
/// What a cage of this material reaches is the bound of what the envelope can do at all. t takes the place of the
/// relative density but is no volume of metal.
class AnyModulusLaw : public StiffnessLaw
{
public:
  explicit AnyModulusLaw(const LawParameters &parameters);

  inputs::CubicStiffness stiffness(double t) const override;
  inputs::CubicStiffness derivative(double t) const override;
  double lower_density() const override { return 0.; }
  double upper_density() const override { return 1.; }
  std::string name() const override { return "any modulus from 1 MPa to the solid's"; }
  std::string citation() const override { return "a bound, no material"; }

private:
  inputs::CubicStiffness unit; ///< for Young's modulus 1
  double log_range;            ///< ln(E_s / E_1)
};

} // namespace cageopt::optimizer
