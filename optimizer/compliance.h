#pragma once

#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// Work of the loads, sum_l w_l f_l . u_l [N mm]; self-adjoint: gradient = -sum_l w_l u_l . dK/drho u_l.
class Compliance : public Response
{
public:
  explicit Compliance(SegmentAnalysis &analysis) : analysis(analysis) {}
  std::string name() const override { return "compliance"; }
  std::string unit() const override { return "N mm"; }
  std::string citation() const override { return "Bendsoe & Sigmund (2004), Topology Optimization, 1.1"; }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

private:
  SegmentAnalysis &analysis;
};

} // namespace cageopt::optimizer
