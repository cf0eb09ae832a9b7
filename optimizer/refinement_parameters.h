#pragma once

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Refinement".
struct RefinementParameters
{
  unsigned int steps = 0;
  double error_share = .5;
  unsigned int boundary_halvings = 0;

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for what no step uses, and for more halvings than steps.
  void check() const;
};

} // namespace cageopt::optimizer
