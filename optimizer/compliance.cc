#include <optimizer/compliance.h>

namespace cageopt::optimizer {

double Compliance::evaluate(const DesignState &, StateGradient *gradient)
{
  auto &u = analysis.displacements();
  const double value = contract(analysis.load_matrix(), analysis.dot_matrix(analysis.loads(), u));
  if (gradient != nullptr) {
    LoadMatrix negative = analysis.focused_load_matrix();
    for (auto &row : negative)
      for (auto &entry : row)
        entry = -entry;
    auto combined = analysis.combine(negative, u);
    *gradient = {{}, analysis.stiffness_gradient(combined, u), {}};
  }
  return value;
}

} // namespace cageopt::optimizer
