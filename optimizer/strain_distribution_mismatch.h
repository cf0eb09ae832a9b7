#pragma once

#include <optimizer/cell_strains.h>

namespace cageopt::optimizer {

/// How far the distribution of strain over the bone is from a reference's, wherever in the bone it occurs:
///   sum_l w_l int (F_l(x) - G_l(x))^2 dx / sum_l w_l int (S(x) - G_l(x))^2 dx,
/// F_l(x) the share of the bone's volume with octahedral shear strain
///   gamma = 2/3 sqrt((e1 - e2)^2 + (e2 - e3)^2 + (e3 - e1)^2)
/// up to x in load case l, G_l the reference's, S that of no strain: 0 where the distributions agree, 1 for bone
/// without strain. The squared Cramer distance (Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018). Each cell's step
/// is smoothed over a width to either side that is a share of the reference's root mean square, and the integrals go up
/// to twice the reference's largest strain.
class StrainDistributionMismatch : public Response
{
public:
  /// `cells`: weights b [n_cells] of the volumes (bone_near_cage). `reference`: displacements [mm] of the columns.
  /// Throws InputError if the reference has a load case without strain, or `smoothing` is not in (0, 1]. Collective.
  StrainDistributionMismatch(std::string name, SegmentAnalysis &analysis, const std::vector<double> &cells,
                             solver::BlockVector<double> &reference, double smoothing = .1);
  std::string name() const override { return response_name; }
  std::string unit() const override { return "-"; }
  std::string citation() const override
  {
    return "squared Cramer distance (Szekely & Rizzo 2013, doi:10.1016/j.jspi.2013.03.018) of octahedral shear strain "
           "(Prendergast et al. 1997, doi:10.1016/S0021-9290(96)00140-6)";
  }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

private:
  /// Of one load case: strains at -width, -width + step, ...
  struct Axis
  {
    double width = 0, step = 0;
    std::vector<double> reference; ///< G
  };
  /// Adds a smoothed step of height `weight` at `strain`, as its increments from point to point of the axis.
  void add_step(const Axis &axis, double strain, double weight, std::vector<double> &increments) const;
  /// Sum over the axis's points of `difference` times the derivative of the step's height with respect to `strain`.
  double step_slope(const Axis &axis, double strain, const std::vector<double> &difference) const;
  /// F of all load cases for the columns' displacements.
  std::vector<std::vector<double>> distributions(solver::BlockVector<double> &u) const;

  std::string response_name;
  SegmentAnalysis &analysis;
  CellStrains strains;
  std::vector<double> shares; ///< of the volume, of the cells that count
  std::vector<Axis> axes;     ///< [load case]
  double denominator = 0;
};

/// Octahedral shear strain; `derivative`, if not null, is set to its derivative by `strain`, zero at zero.
double octahedral_shear_strain(const Tensor6 &strain, Tensor6 *derivative);

} // namespace cageopt::optimizer
