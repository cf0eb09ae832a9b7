#include <optimizer/local_density.h>

namespace cageopt::optimizer {

double LocalDensity::evaluate(const DesignState &state, StateGradient *gradient)
{
  auto values = averaging.apply(state.density);
  maximum.start();
  for (double &value : values) {
    if (extreme == Extreme::minimum)
      value = 1. - value;
    maximum.add(value);
  }
  const double value = maximum.finish(gradient != nullptr);
  if (gradient != nullptr) {
    // For the minimum both signs, of the outer and the inner difference, cancel.
    for (double &entry : values)
      entry = maximum.slope(entry);
    *gradient = {averaging.pull_back(values), {}, {}};
  }
  return extreme == Extreme::minimum ? 1. - value : value;
}

} // namespace cageopt::optimizer
