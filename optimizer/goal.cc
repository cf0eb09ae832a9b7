#include <optimizer/goal.h>

#include <deal.II/base/parameter_handler.h>

#include <algorithm>
#include <iomanip>
#include <sstream>

#include <inputs/error.h>
#include <inputs/nearest_name.h>
#include <optimizer/response_catalogue.h>

namespace cageopt::optimizer {

void GoalParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Goal");
  prm.add_parameter("Objective", objective,
                    "The response that is minimised. Responses: " + ResponseCatalogue::description() + ".", Anything());
  prm.add_parameter("Constraints", stated_constraints,
                    "Bounds on responses, 'name <= value; name >= value; ...', values in the response's unit.",
                    Anything());
  prm.add_parameter("Match effective modulus", match_modulus,
                    "Whether the cage's effective modulus must equal the bone's within the tolerance.");
  prm.add_parameter("Modulus tolerance", modulus_tolerance, "Relative to the target. Unit: -.", Double(1e-4, .5));
  prm.add_parameter("Target measure", target_measure,
                    "Bone from which the target modulus is taken, beneath the cage's footprint at both endplates: "
                    "trabecular_5mm: 5 mm of bone below the endplate layer; endplate_layer: the first max(1.25 mm, one "
                    "voxel); value: 'Target modulus'.",
                    Selection("trabecular_5mm|endplate_layer|value"));
  prm.add_parameter("Target modulus", target_modulus, "Only for 'Target measure = value'. Unit: MPa.", Double(0., 1e6));
  prm.add_parameter("On unreachable target", on_unreachable,
                    "When no density between the law's bounds reaches the target modulus: end with exit code 5 before "
                    "the first iteration (stop), or design for the closest modulus that can be reached (closest).",
                    Selection("stop|closest"));
  prm.add_parameter("Compare with bound", compare_with_bound,
                    "Whether the bound is computed too: the same envelope without frame and window, any modulus from "
                    "1 MPa to the solid's in each cell, the same goal. It shows what part of the possible the design "
                    "reaches. Takes up to 150 iterations of its own, each longer than the design's.");
  prm.add_parameter("Compare with finer mesh", compare_with_finer_mesh,
                    "Whether the final design and the best uniform cage are also assessed on a mesh of cells half as "
                    "wide, with the same material at the same places: what changes there is not resolved. Takes about "
                    "eight times the memory of the run, and the time of some tens of iterations.");
  prm.add_parameter("Strain distance", strain_distance,
                    "Bone within this distance of the cage counts in strain mismatch and "
                    "overstrain. Unit: mm.",
                    Double(.1, 12.));
  prm.add_parameter("Overstrain threshold", overstrain_threshold,
                    "Bone with a principal strain beyond this in magnitude is overstrained. Unit: -.",
                    Double(1e-5, .1));
  prm.add_parameter(
      "Overstrain width", overstrain_width,
      "Width of the smooth step of overstrained_volume, relative to the threshold; the volume reported is "
      "the sharp count. Unit: -.",
      Double(1e-3, .5));
  prm.add_parameter("Fatigue amplitude share", fatigue_amplitude_share,
                    "Cyclic stress amplitude over the load cases' stress; 0.5: from nothing to full load. Unit: -.",
                    Double(1e-3, 1.));
  prm.add_parameter("Lattice fatigue share", lattice_fatigue_share,
                    "Stress amplitude that the printed lattice endures for 5 million cycles over its yield strength; "
                    "printed Ti6Al4V lattices: 0.1 to 0.2 [C]. Unit: -.",
                    Double(1e-3, 1.));
  prm.add_parameter("Frame fatigue share", frame_fatigue_share,
                    "The same of the solid, machined and polished [C]. Unit: -.", Double(1e-3, 1.));
  prm.add_parameter("Local density radius", local_density_radius,
                    "Radius over which maximum_local_density and minimum_local_density average. Unit: mm.",
                    Double(.1, 100.));
  prm.leave_subsection();
}

std::vector<StatedConstraint> GoalParameters::constraints() const
{
  std::vector<StatedConstraint> result;
  std::istringstream list(stated_constraints);
  for (std::string item; std::getline(list, item, ';');) {
    if (item.find_first_not_of(" \t") == std::string::npos)
      continue;
    std::istringstream words(item);
    StatedConstraint constraint;
    std::string relation, rest;
    if (!(words >> constraint.response >> relation >> constraint.bound) || words >> rest ||
        (relation != "<=" && relation != ">="))
      throw inputs::InputError("'Goal/Constraints'", "'" + item + "'",
                               "a constraint is 'name <= value' or 'name >= value'",
                               "put blanks around the sign and a semicolon between constraints");
    ResponseCatalogue::require_name(constraint.response, "'Goal/Constraints'");
    constraint.is_upper = relation == "<=";
    for (const auto &other : result) {
      if (other.response != constraint.response)
        continue;
      const auto &upper = constraint.is_upper ? constraint : other, &lower = constraint.is_upper ? other : constraint;
      if (other.is_upper == constraint.is_upper)
        throw inputs::InputError("'Goal/Constraints'", "'" + item + "'",
                                 "'" + constraint.response + "' is bounded twice from the same side",
                                 "state one of them");
      if (upper.bound < lower.bound)
        throw inputs::InputError("'Goal/Constraints'", "'" + item + "'",
                                 "the bounds of '" + constraint.response + "' exclude each other", "widen one of them");
    }
    result.push_back(constraint);
  }
  return result;
}

GoalParameters GoalParameters::without_lattice() const
{
  GoalParameters result = *this;
  std::ostringstream text;
  text << std::setprecision(17);
  for (const auto &constraint : constraints())
    if (!ResponseCatalogue::needs_lattice(constraint.response))
      text << (text.tellp() > 0 ? "; " : "") << constraint.response << (constraint.is_upper ? " <= " : " >= ")
           << constraint.bound;
  result.stated_constraints = text.str();
  return result;
}

void GoalParameters::check() const
{
  ResponseCatalogue::require_name(objective, "'Goal/Objective'");
  constraints();
  if (target_measure != "value" && target_modulus > 0)
    throw inputs::InputError("'Goal/Target modulus'", std::to_string(target_modulus) + " MPa",
                             "it would be ignored, because 'Goal/Target measure' is '" + target_measure + "'",
                             "set 'Target measure = value', or leave the modulus out");
  if (target_measure == "value" && !(target_modulus > 0))
    throw inputs::InputError("'Goal/Target modulus'", std::to_string(target_modulus) + " MPa",
                             "'Goal/Target measure = value' needs a modulus above zero",
                             "state it in MPa, or measure the target in the image");
}

} // namespace cageopt::optimizer
