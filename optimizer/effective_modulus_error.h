#pragma once

#include <optimizer/cage_platen_test.h>

namespace cageopt::optimizer {

/// Squared relative distance of the axial effective modulus from a target, ((E_eff - E*) / E*)^2, dimensionless.
class EffectiveModulusError : public Response
{
public:
  /// `target`: E*, MPa; throws InputError if not positive.
  EffectiveModulusError(std::shared_ptr<CagePlatenTest> axial_test, double target);
  std::string name() const override { return "effective_modulus_error"; }
  std::string unit() const override { return "-"; }
  std::string citation() const override { return "square of the relative error; test after ASTM F2077"; }
  double evaluate(const DesignState &state, StateGradient *gradient) override;
  bool needs_segment() const override { return false; }

private:
  std::shared_ptr<CagePlatenTest> platen;
  double target;
};

} // namespace cageopt::optimizer
