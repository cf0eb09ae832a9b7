#pragma once

#include <optimizer/local_maximum.h>

namespace cageopt::optimizer {

/// Magnitude of the most compressive principal stress of the bone at the cage in all load cases, MPa; 0 if none is
/// compressed.
class EndplateStress : public LocalMaximum
{
public:
  /// Bone cells whose centres are within `layer` mm of the cage count, with the stiffness DesignDomain::intact. Throws
  /// InputError if there are none. Collective.
  EndplateStress(SegmentAnalysis &analysis, double layer, double exponent = default_exponent);
  std::string unit() const override { return "MPa"; }
  std::string citation() const override
  {
    return "stress at the cell centres; p-norm: Le et al. (2010), doi:10.1007/s00158-009-0440-y";
  }

protected:
  void measure(std::size_t i, const Tensor6 &strain, const DesignState &state, Parts &parts) const override;

private:
  std::vector<inputs::CellStiffness> stiffness; ///< of the cells that count
};

} // namespace cageopt::optimizer
