#pragma once

#include <memory>
#include <vector>

namespace cageopt {

/// Isotropic linear elasticity on a box of cubes with deal.II's own means, as a yardstick for ours: MatrixFree and
/// FEEvaluation on FESystem(FE_Q(1), 3), as wide as the installed deal.II is (Debian: one SIMD lane), Young's modulus
/// constant per cell, no constraints. Rank-local: every rank has its own box.
template <typename Number>
class FeEvaluationOperator
{
public:
  /// A box of n_cells^3 cubes with edge 1 / n_cells mm. `modulus` [n_cells^3], x fastest, MPa.
  FeEvaluationOperator(unsigned int n_cells, const std::vector<double> &modulus, double poissons_ratio);
  ~FeEvaluationOperator();

  std::size_t n_unknowns() const;
  /// The source, [(n_cells + 1)^3][3], nodes with x fastest.
  void set_source(const std::vector<double> &values);
  /// Result = K source, N.
  void apply();
  std::vector<double> result() const;
  /// deal.II's SIMD lanes of this precision.
  static unsigned int n_lanes();

private:
  struct Content;
  std::unique_ptr<Content> content;
};

} // namespace cageopt
