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

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for a share that no step uses.
  void check() const;
};

} // namespace cageopt::optimizer
