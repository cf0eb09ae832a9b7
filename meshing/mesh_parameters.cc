#include <meshing/mesh_parameters.h>

#include <string>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::meshing {

using inputs::InputError;

void MeshParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Mesh");
  prm.add_parameter("Cell size", cell_size, "Edge of the cubes in the cage and the bone beside it. Unit: mm.",
                    Double(.05, 5.));
  prm.add_parameter("Fine distance", fine_distance,
                    "Bone within this distance of the cage gets cells of that size. Unit: mm.", Double(0., 50.));
  prm.add_parameter("Medium distance", medium_distance,
                    "Bone within this distance of the cage gets cells of at most twice that size; farther away at most "
                    "four times. Unit: mm.",
                    Double(0., 100.));
  prm.add_parameter("Bone height", bone_height,
                    "How far the model reaches above and below the disc's centre, if the bodies and the image do. The "
                    "end planes are support (caudal) and loaded face (cranial). Unit: mm.",
                    Double(10., 60.));
  prm.add_parameter("Minimum fraction", minimum_fraction,
                    "Cells with a smaller share of bone or disc are left out; what is kept carries its partial volume "
                    "in its stiffness. Unit: -.",
                    Double(.01, 1.));
  prm.add_parameter("Disc Young's modulus", disc_youngs_modulus, "Of the disc, before and around the cage. Unit: MPa.",
                    Double(1e-3, 1e4));
  prm.add_parameter("Disc Poisson's ratio", disc_poissons_ratio,
                    "Above 0.45 trilinear elements lock, so that is refused. Unit: -.", Double(0., .45));
  prm.add_parameter("Disc remnant", disc_remnant,
                    "Whether the disc outside the cage's envelope stays (true) or is removed (false).");
  prm.leave_subsection();
}

void MeshParameters::check() const
{
  if (medium_distance < fine_distance)
    throw InputError("'Mesh/Medium distance'", std::to_string(medium_distance) + " mm",
                     "it must not be below 'Mesh/Fine distance', " + std::to_string(fine_distance) + " mm",
                     "raise it, or lower the fine distance");
}

} // namespace cageopt::meshing
