#pragma once

#include <optimizer/local_maximum.h>

namespace cageopt::optimizer {

/// The largest utilisation of the cage in all load cases, dimensionless: the von Mises norm of the macroscopic stress
/// over a strength, of the lattice at its density (DesignState::utilisation : strain) and of the solid frame,
///   s = factor_lattice vM(U : eps),   s = factor_frame vM(C_frame : eps) / yield.
/// With factors 1 this is the stress over the yield strength. With factor = amplitude share / fatigue share it is the
/// fatigue utilisation: the cyclic stress amplitude is that share of the load cases' stress, and what the material
/// endures over the stated cycles that share of its yield strength.
class CageStress : public LocalMaximum
{
public:
  struct Factors
  {
    double lattice = 1, frame = 1;
  };
  /// `cage_stress`. `frame_yield_strength`: of the solid, MPa; throws InputError if not positive. Collective.
  CageStress(SegmentAnalysis &analysis, double frame_yield_strength, double exponent = default_exponent);
  /// `fatigue_utilisation`. `amplitude_share`: stress amplitude over the load cases' stress. Fatigue shares: endured
  /// amplitude over yield strength at 5 million cycles. Throws InputError unless all are in (0, 1]. Collective.
  static CageStress fatigue(SegmentAnalysis &analysis, double frame_yield_strength, double amplitude_share,
                            double lattice_fatigue_share, double frame_fatigue_share,
                            double exponent = default_exponent);
  std::string unit() const override { return "-"; }
  std::string citation() const override;

protected:
  /// Throws InputError if the law knows no strength.
  void check(const DesignState &state) const override;
  void measure(std::size_t i, const Tensor6 &strain, const DesignState &state, Parts &parts) const override;

private:
  CageStress(std::string name, SegmentAnalysis &analysis, double frame_yield_strength, const Factors &factors,
             double exponent);

  Factors factors;
  inputs::CubicStiffness frame_utilisation;
};

} // namespace cageopt::optimizer
