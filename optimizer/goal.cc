#include <optimizer/goal.h>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

void GoalParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Goal");
  prm.add_parameter("Objective", objective,
                    "What is minimised: the strain mismatch of the bone near the cage to the intact segment, or to an "
                    "envelope filled at the target modulus (graft), or the compliance.",
                    Selection("strain_mismatch_intact|strain_mismatch_graft|compliance"));
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
  prm.add_parameter("Maximum volume fraction", maximum_volume_fraction, "Of the design region; 1: no bound. Unit: -.",
                    Double(1e-3, 1.));
  prm.add_parameter("Strain distance", strain_distance,
                    "Bone whose cells' centres are within this distance of the cage counts in strain mismatch and "
                    "overstrain. Unit: mm.",
                    Double(.1, 12.));
  prm.add_parameter("Overstrain threshold", overstrain_threshold,
                    "Bone with a principal strain beyond this in magnitude is overstrained. Unit: -.",
                    Double(1e-5, .1));
  prm.leave_subsection();
}

void GoalParameters::check() const
{
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
