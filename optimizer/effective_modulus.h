#pragma once

#include <memory>

#include <meshing/design_domain.h>
#include <optimizer/platen_test.h>
#include <optimizer/response.h>

namespace cageopt::optimizer {

/// The cage's axial effective modulus [MPa] in the PlatenTest, as a response of the design.
class EffectiveModulus : public Response
{
public:
  /// The domain must outlive this. Collective.
  EffectiveModulus(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters);
  std::string name() const override { return "effective_modulus"; }
  std::string unit() const override { return "MPa"; }
  double evaluate(const DesignState &state, DesignVector *gradient) override;
  const PlatenTest &test() const { return *platen; }

private:
  const meshing::DesignDomain &domain;
  std::unique_ptr<PlatenTest> platen;
  std::vector<std::uint32_t> design_to_platen;  ///< [n owned design cells]
  std::vector<inputs::CellStiffness> stiffness; ///< [platen cells], the frame's filled in
};

} // namespace cageopt::optimizer
