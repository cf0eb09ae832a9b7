#include <optimizer/effective_modulus_error.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

EffectiveModulusError::EffectiveModulusError(std::shared_ptr<CagePlatenTest> axial_test, const double target)
    : platen(std::move(axial_test)), target(target)
{
  if (!(target > 0))
    throw inputs::InputError("The target of 'effective_modulus_error'", std::to_string(target) + " MPa",
                             "the error is relative to it", "state a modulus above zero");
}

double EffectiveModulusError::evaluate(const DesignState &state, StateGradient *gradient)
{
  const double error = (platen->modulus(state) - target) / target;
  if (gradient != nullptr)
    *gradient = platen->gradient(2. * error / target);
  return error * error;
}

} // namespace cageopt::optimizer
