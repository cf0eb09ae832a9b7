#pragma once

#include <optimizer/cage_platen_test.h>

namespace cageopt::optimizer {

/// Force over travel of the platens, F / delta = E_eff A / H, N/mm. ISO 23089 asks for at least 5914 N/mm of a lumbar
/// cage in axial compression.
class AxialStiffness : public Response
{
public:
  explicit AxialStiffness(std::shared_ptr<CagePlatenTest> axial_test) : platen(std::move(axial_test)) {}
  std::string name() const override { return "axial_stiffness"; }
  std::string unit() const override { return "N/mm"; }
  std::string citation() const override
  {
    return "ISO 23089 as quoted in Huang et al. (2023), doi:10.18063/ijb.697; test after ASTM F2077";
  }
  double evaluate(const DesignState &state, StateGradient *gradient) override;
  bool needs_segment() const override { return false; }

private:
  std::shared_ptr<CagePlatenTest> platen;
};

} // namespace cageopt::optimizer
