#pragma once

#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// Work of the loads, sum_l w_l f_l . u_l [N mm]; self-adjoint: gradient = -sum_l w_l u_l . dK/drho u_l.
class Compliance : public Response
{
public:
  Compliance(SegmentAnalysis &analysis, const LoadMatrix &load_cases) : analysis(analysis), load_cases(load_cases) {}
  std::string name() const override { return "compliance"; }
  std::string unit() const override { return "N mm"; }
  double evaluate(const DesignState &state, DesignVector *gradient) override;

private:
  SegmentAnalysis &analysis;
  LoadMatrix load_cases;
};

} // namespace cageopt::optimizer
