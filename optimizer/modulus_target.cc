#include <optimizer/modulus_target.h>

#include <iomanip>
#include <ostream>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::optimizer {

ModulusTarget find_modulus_target(const double modulus, const GoalParameters &goal, EffectiveModulus &effective_modulus,
                                  const Parametrisation &parametrisation, std::ostream &out)
{
  DesignVector lower, upper;
  parametrisation.bounds(lower, upper);
  const double softest = effective_modulus.evaluate(parametrisation.state(lower), nullptr);
  const double stiffest = effective_modulus.evaluate(parametrisation.state(upper), nullptr);
  const double tolerance = goal.modulus_tolerance;
  ModulusTarget target;
  target.modulus = modulus;
  target.lower_bound = (1. - tolerance) * modulus;
  target.upper_bound = (1. + tolerance) * modulus;
  std::ostringstream range;
  range << std::fixed << std::setprecision(1) << "Feasibility   effective modulus from " << softest << " to "
        << stiffest << " MPa, frame and window counted; target " << modulus << " MPa\n";
  out << range.str();
  const bool too_stiff = softest > target.upper_bound, too_soft = stiffest < target.lower_bound;
  if (!goal.match_modulus || !(too_stiff || too_soft))
    return target;
  std::ostringstream text;
  text
      << std::fixed << std::setprecision(1) << "The target modulus " << modulus << " MPa cannot be reached: the "
      << (too_stiff ? "softest" : "stiffest") << " printable cage of this envelope has "
      << (too_stiff ? softest : stiffest) << " MPa. Way out: "
      << (too_stiff
              ? "openings ('Parametrisation/Fields = two_field'), a larger window ('Cage/Window share'), no or a lower "
                "frame ('Cage/Frame height share'), fewer or lower struts, a softer cell ('Stiffness law/Lattice "
                "file') or a lower 'Stiffness "
                "law/Minimum density'"
              : "a smaller window, a stiffer cell or a higher 'Stiffness law/Maximum density'")
      << ".";
  if (goal.on_unreachable == "stop")
    throw inputs::Error(inputs::ExitCode::infeasible,
                        text.str() + " ('Goal/On unreachable target = closest' would design for the closest modulus.)");
  if (too_stiff) {
    target.lower_bound = 0; // nothing softer exists
    target.upper_bound = (1. + tolerance) * softest;
  } else {
    target.lower_bound = (1. - tolerance) * stiffest;
    target.upper_bound = 0;
  }
  text << " Designing for the closest, " << (too_stiff ? softest : stiffest) << " MPa.";
  target.infeasibility = text.str();
  out << target.infeasibility << std::endl;
  return target;
}

} // namespace cageopt::optimizer
