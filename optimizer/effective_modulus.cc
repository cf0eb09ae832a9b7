#include <optimizer/effective_modulus.h>

namespace cageopt::optimizer {

std::string EffectiveModulus::name() const
{
  const auto &mode = test().mode();
  const std::string motion(1, "xyz"[mode.motion]), normal(1, "xyz"[mode.normal]);
  if (mode.motion != mode.normal)
    return "effective_shear_modulus_" + motion + normal;
  return mode.normal == 2 ? "effective_modulus" : "effective_modulus_" + normal;
}

std::string EffectiveModulus::citation() const
{
  const auto &mode = test().mode();
  if (mode.motion != mode.normal)
    return "after ASTM F2077, shear between glued platens";
  return mode.normal == 2 ? "after ASTM F2077, axial compression" : "after ASTM F2077, compression across the axis";
}

double EffectiveModulus::evaluate(const DesignState &state, StateGradient *gradient)
{
  const double value = platen->modulus(state);
  if (gradient != nullptr)
    *gradient = platen->gradient(1.);
  return value;
}

} // namespace cageopt::optimizer
