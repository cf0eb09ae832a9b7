#pragma once

#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// Strain energy of the graft in the window, sum_l w_l int_window eps(u_l) : C_graft : eps(u_l) / 2 dV, N mm. With M
/// the graft's stiffness and A the LoadMatrix this is tr(A U^T M U) / 2, and the adjoint K Lambda = -M U A.
class GraftStrainEnergy : public Response
{
public:
  /// Throws InputError if the domain has no window. Collective.
  explicit GraftStrainEnergy(SegmentAnalysis &analysis);
  std::string name() const override { return "graft_strain_energy"; }
  std::string unit() const override { return "N mm"; }
  std::string citation() const override
  {
    return "strain energy of linear elasticity; stimulus: Huiskes et al. (1987), "
           "doi:10.1016/0021-9290(87)90030-3";
  }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

private:
  SegmentAnalysis &analysis;
  solver::ElasticityOperator<double> graft; ///< M
  solver::BlockVector<double> adjoint;      ///< start of the next solve; empty until a gradient is asked for
};

} // namespace cageopt::optimizer
