#pragma once

#include <string>
#include <vector>

#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// How far the strain is from a reference, over some cells B and all load cases l with weights w_l:
///   sum_l w_l int_B |eps(u_l) - eps(u_ref,l)|^2 dV / sum_l w_l int_B |eps(u_ref,l)|^2 dV.
/// The reference is a displacement field on the same mesh, so with D = U - U_ref for the unit wrenches and M the
/// operator of eps : eps over B this is tr(A D^T M D) / tr(A U_ref^T M U_ref), A the LoadMatrix, and the adjoint is
///   K Lambda = -2 M D A / denominator,  gradient = Lambda : dK/drho : U.
/// Dimensionless; 0 where the reference is met.
class StrainMismatch : public Response
{
public:
  /// `cells`: weight of each cell's integral, [n_cells], 0 where it does not count. `reference`: unit displacements.
  StrainMismatch(std::string name, SegmentAnalysis &analysis, const std::vector<double> &cells,
                 solver::BlockVector<double> reference);

  std::string name() const override { return response_name; }
  std::string unit() const override { return "-"; }
  std::string citation() const override { return "relative L2 distance of strain tensors (see --help and the README)"; }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

  /// The value for any unit displacements.
  double value_for(const solver::BlockVector<double> &unit_displacements);

  /// Lambda of the latest evaluation with gradient.
  const solver::BlockVector<double> &latest_adjoint() const { return adjoint; }

private:
  /// The value, and M (u - u_ref).
  double value_and_product(const solver::BlockVector<double> &unit_displacements, solver::BlockVector<double> &product);

  std::string response_name;
  SegmentAnalysis &analysis;
  solver::ElasticityOperator<double> strain_product; ///< M
  solver::BlockVector<double> reference;
  solver::BlockVector<double> adjoint; ///< start of the next solve; empty until a gradient is asked for
  LoadMatrix reference_products;       ///< U_ref^T M U_ref
};

/// Weights of the bone cells: their share of bone, times the share of the cell that is within `distance` mm of the
/// cage, so that the same bone counts whatever the size of its cells.
std::vector<double> bone_near_cage(const meshing::DesignDomain &domain, double distance);

} // namespace cageopt::optimizer
