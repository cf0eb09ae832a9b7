#include <optimizer/compliance.h>

namespace cageopt::optimizer {

double Compliance::evaluate(const DesignState &state, DesignVector *gradient)
{
  auto &u = analysis.displacements();
  const auto work = analysis.dot_matrix(analysis.loads(), u);
  const double value = contract(load_cases, work);
  if (gradient != nullptr) {
    LoadMatrix negative = load_cases;
    for (auto &row : negative)
      for (auto &entry : row)
        entry = -entry;
    auto combined = analysis.combine(negative, u);
    *gradient = analysis.stiffness_gradient(state, combined, u);
  }
  return value;
}

} // namespace cageopt::optimizer
