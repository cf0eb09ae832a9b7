#pragma once

#include <optimizer/local_maximum.h>

namespace cageopt::optimizer {

/// The largest principal strain of bone near the cage over the yield strain of its sign, in all load cases:
/// max(-eps_k / yield in compression, eps_k / yield in tension); dimensionless, 1 at yield.
class BoneOverstrain : public LocalMaximum
{
public:
  /// `cells`: weights [n_cells], all cells above zero count alike (bone_near_cage). Yield strains are positive; throws
  /// InputError if not. Collective.
  BoneOverstrain(SegmentAnalysis &analysis, const std::vector<double> &cells, double compressive_yield_strain,
                 double tensile_yield_strain, double exponent = default_exponent);
  std::string unit() const override { return "-"; }
  std::string citation() const override
  {
    return "yield strain of vertebral bone: Kopperdahl & Keaveny (1998); p-norm: Le et al. (2010), "
           "doi:10.1007/s00158-009-0440-y";
  }

protected:
  void measure(std::size_t i, const Tensor6 &strain, const DesignState &state, Parts &parts) const override;

private:
  double compressive_yield, tensile_yield;
};

/// Indices of the cells whose weight is above zero.
std::vector<std::uint32_t> cells_that_count(const std::vector<double> &weights);

} // namespace cageopt::optimizer
