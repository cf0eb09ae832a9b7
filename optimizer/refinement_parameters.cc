#include <optimizer/refinement_parameters.h>

#include <string>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

void RefinementParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Refinement");
  prm.add_parameter("Steps", steps,
                    "How often the mesh is refined with the design. After each optimisation bone and disc get cells of "
                    "half the width where the strain mismatch has most of its error (by recovered strains, weighted "
                    "with the adjoint), and the design and the optimiser's state go on from there. Cells are not "
                    "refined below 'Mesh/Cell size', so give 'Mesh/Fine distance' and 'Medium distance' low values. "
                    "Unit: 1.",
                    Integer(0, 8));
  prm.add_parameter("Error share", error_share,
                    "The cells with the largest errors are refined that hold this share of the sum of all. 0: bone and "
                    "disc are not refined. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter("Boundary halvings", boundary_halvings,
                    "For level_set: how often design cells that the surface crosses are halved below 'Mesh/Cell size', "
                    "once with each step. Unit: 1.",
                    Integer(0, 3));
  prm.leave_subsection();
}

void RefinementParameters::check() const
{
  if (boundary_halvings > steps)
    throw inputs::InputError("'Refinement/Boundary halvings'", std::to_string(boundary_halvings),
                             "cells are halved once with each of the 'Refinement/Steps', " + std::to_string(steps),
                             "raise 'Steps', or lower the halvings");
  if (steps > 0 && error_share == 0 && boundary_halvings == 0)
    throw inputs::InputError("'Refinement/Error share'", "0", "with no 'Boundary halvings' nothing would be refined",
                             "raise one of them, or set 'Steps = 0'");
  if (steps == 0 && error_share != RefinementParameters().error_share)
    throw inputs::InputError("'Refinement/Error share'", std::to_string(error_share),
                             "'Refinement/Steps' is 0, so nothing is refined", "set 'Steps' or leave the share out");
}

} // namespace cageopt::optimizer
