#include <optimizer/axial_stiffness.h>

namespace cageopt::optimizer {

double AxialStiffness::evaluate(const DesignState &state, StateGradient *gradient)
{
  const double factor = platen->test().area() / platen->test().height();
  const double value = factor * platen->modulus(state);
  if (gradient != nullptr)
    *gradient = platen->gradient(factor);
  return value;
}

} // namespace cageopt::optimizer
