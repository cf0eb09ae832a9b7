#pragma once

#include <iosfwd>
#include <string>

#include <optimizer/effective_modulus.h>
#include <optimizer/goal.h>
#include <optimizer/parametrisation.h>

namespace cageopt::optimizer {

/// The effective modulus that the bone asks for, and what the envelope allows.
struct ModulusTarget
{
  double modulus = 0;                      ///< measured in the bone or given, MPa
  double lower_bound = 0, upper_bound = 0; ///< of the constraint, MPa; 0: none on that side
  std::string infeasibility;               ///< why the target cannot be reached; empty if it can
};

/// Compares the target with the softest and the stiffest design (all variables at their bounds). If it lies outside:
/// throws Error{infeasible} when the goal says stop, else bounds the modulus by the closest that can be reached.
/// Prints the range. Collective.
ModulusTarget find_modulus_target(double target, const GoalParameters &goal, EffectiveModulus &effective_modulus,
                                  const Parametrisation &parametrisation, std::ostream &out);

} // namespace cageopt::optimizer
