#pragma once

#include <array>
#include <functional>
#include <vector>

#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// Components xx, yy, zz, xy, yz, xz of a symmetric tensor; shear as tensor components, half the engineering strain.
/// A derivative with respect to such a tensor has one entry per stored number, so that f changes by the sum of products
/// of the six.
using Tensor6 = std::array<double, 6>;

/// Strains at the centres of some cells in every load case, from the displacements of an analysis' columns, and the
/// adjoint of this map. With B the strain at a cell's centre and W_lk the share of column k in load case l,
///   eps_l = B sum_k W_lk u_k,   K lambda_k = -sum_l W_lk B^T df/deps_l,   df/dC = sum_k lambda_k . dK/dC u_k.
/// Nothing else is assumed about the columns: they may be unit wrenches or the load cases themselves.
class CellStrains
{
public:
  /// Strains [load case] of the cell at position `i` of the list.
  using Visitor = std::function<void(std::size_t i, const std::vector<Tensor6> &strains)>;
  /// Adds to `derivatives` [load case], zero on entry, the derivatives of a scalar by the strains of that cell.
  using Derivative =
      std::function<void(std::size_t i, const std::vector<Tensor6> &strains, std::vector<Tensor6> &derivatives)>;

  /// `cells`: owned cells of the analysis' domain. The analysis must outlive this.
  CellStrains(SegmentAnalysis &analysis, std::vector<std::uint32_t> cells);

  const std::vector<std::uint32_t> &cells() const { return listed; }
  /// Calls `visitor` for all cells in order, with the strains that belong to the displacements `u` of the columns,
  /// whose ghost and hanging entries are refreshed. Collective.
  void visit(solver::BlockVector<double> &u, const Visitor &visitor) const;
  /// Derivatives with respect to the stiffness of the owned design cells at the analysis' present displacements, of the
  /// scalar that `derivative` belongs to, as far as it comes through load cases that count (SegmentAnalysis::focus).
  /// One block solve, started from the last one's solution. Collective.
  std::vector<inputs::CubicStiffness> stiffness_gradient(const Derivative &derivative);

private:
  /// Displacement gradients times the load cases' shares -> strains, for one cell.
  void strains_of(std::uint32_t cell, const solver::BlockVector<double> &u, std::vector<Tensor6> &strains) const;

  SegmentAnalysis &analysis;
  std::vector<std::uint32_t> listed;
  solver::BlockVector<double> adjoint; ///< empty until a gradient is asked for
};

} // namespace cageopt::optimizer
