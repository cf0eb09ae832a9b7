#pragma once

#include <optimizer/cell_strains.h>

namespace cageopt::optimizer {

/// Volume of bone near the cage with a principal strain beyond a threshold t in magnitude in some load case, mm^3, each
/// cell counting with its share of bone, made differentiable:
///   sum_c b_c V_c (1 - prod_l prod_k (1 - s(|eps_lk|))),   s(e) = 1 / (1 + exp(-(e - t) / width)),
/// k over the three principal strains, so that it is differentiable where some coincide. As the width goes to zero it
/// becomes the sharp count, overstrained_volume() of strain_field.h.
class OverstrainedVolume : public Response
{
public:
  /// `cells`: weights b [n_cells] (bone_near_cage). `threshold` and `width` are strains; throws InputError unless both
  /// are positive.
  OverstrainedVolume(SegmentAnalysis &analysis, const std::vector<double> &cells, double threshold, double width);
  std::string name() const override { return "overstrained_volume"; }
  std::string unit() const override { return "mm3"; }
  std::string citation() const override
  {
    return "bone beyond a strain limit, a logistic step in place of the sharp one (design figure of this program)";
  }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

private:
  double step(double strain) const;

  SegmentAnalysis &analysis;
  CellStrains strains;
  std::vector<double> volumes; ///< b V of the cells that count, mm^3
  double threshold, width;
};

} // namespace cageopt::optimizer
