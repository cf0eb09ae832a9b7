#pragma once

#include <memory>

#include <optimizer/cage_platen_test.h>

namespace cageopt::optimizer {

/// The cage's effective modulus [MPa] in a PlatenTest: `effective_modulus` (axial), `effective_modulus_x` and `_y`,
/// `effective_shear_modulus_xz` and `_yz`, as the test's mode says.
class EffectiveModulus : public Response
{
public:
  /// With an axial test of its own. The domain must outlive this. Collective.
  EffectiveModulus(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters)
      : EffectiveModulus(std::make_shared<CagePlatenTest>(domain, parameters))
  {
  }
  explicit EffectiveModulus(std::shared_ptr<CagePlatenTest> platen) : platen(std::move(platen)) {}
  std::string name() const override;
  std::string unit() const override { return "MPa"; }
  std::string citation() const override;
  double evaluate(const DesignState &state, StateGradient *gradient) override;
  bool needs_segment() const override { return false; }
  const PlatenTest &test() const { return platen->test(); }
  const std::shared_ptr<CagePlatenTest> &shared_test() const { return platen; }

private:
  std::shared_ptr<CagePlatenTest> platen;
};

} // namespace cageopt::optimizer
