#include <optimizer/interface_parameters.h>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

void InterfaceParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Interface");
  prm.add_parameter("State", state,
                    "What the design is made for. bonded: cage and bone are fused. contact: the interface opens under "
                    "tension and slides without friction, as right after surgery; each load case is solved by itself.",
                    Selection("bonded|contact"));
  prm.add_parameter("Open modulus", open_modulus,
                    "What an open gap still carries, as Young's modulus of the layer of cage cells at the bone. Small "
                    "beside bone's; it keeps a cage that touches nothing in place. Unit: MPa.",
                    Double(1e-6, 10.));
  prm.add_parameter("Sliding modulus", sliding_modulus,
                    "Shear modulus of the closed interface, one cell thick; tenths and less of a MPa are frictionless, "
                    "more stands for teeth. Beside the disc it is all that resists torsion and sliding. Unit: MPa.",
                    Double(1e-6, 100.));
  prm.add_parameter("Maximum iterations", maximum_iterations,
                    "Solves per load case and design to find which cells of the interface are closed. Unit: -.",
                    Integer(1, 1000));
  prm.add_parameter("Friction coefficient", friction_coefficient,
                    "Between cage and endplate, for the migration margin only: contact itself slides freely. Unit: -.",
                    Double(0., 5.));
  prm.add_parameter(
      "Unsettled share", unsettled_share,
      "In the second half of 'Maximum iterations' a set counts as found when no more than this share of the "
      "interface's cells would still open or close. Unit: -.",
      Double(0., .1));
  prm.add_parameter("Report both", report_both,
                    "Whether the final design and solid titanium are also solved with the other state, so that every "
                    "subsidence figure is known for both.");
  prm.leave_subsection();
}

void InterfaceParameters::check() const
{
  if (!(open_modulus <= 2. * sliding_modulus))
    throw inputs::InputError("'Interface/Open modulus'", std::to_string(open_modulus) + " MPa",
                             "its shear modulus, half of it, would be above the 'Sliding modulus' of " +
                                 std::to_string(sliding_modulus) + " MPa: an open gap would hold better than a closed",
                             "lower it, or raise 'Interface/Sliding modulus'");
}

} // namespace cageopt::optimizer
