#include <optimizer/parametrisation_parameters.h>

#include <algorithm>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <optimizer/density_parametrisation.h>
#include <optimizer/two_field_parametrisation.h>

namespace cageopt::optimizer {

void ParametrisationParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Parametrisation");
  prm.add_parameter("Fields", fields,
                    "density: one field, the relative density of the lattice everywhere. two_field: where there is "
                    "lattice at all (the share, projected) and how dense it is; the rest are macroscopic openings. "
                    "level_set: the same, the lattice's boundary given by a "
                    "level set function; moved by the optimiser of subsection Level set.",
                    Selection("density|two_field|level_set"));
  prm.add_parameter(
      "Projection sharpness", sharpness,
      "Final beta of the smooth step that makes the density (density) or the share of lattice (two_field) "
      "black and white; reached in doublings from 1. 0: no projection. Unit: -.",
      Double(0., 1024.));
  prm.add_parameter("Projection threshold", threshold, "eta, of the field scaled to 0 to 1. Unit: -.",
                    Double(.05, .95));
  prm.add_parameter("Iterations per sharpness", step_iterations,
                    "The sharpness doubles when the design converged or after this many iterations. Unit: -.",
                    Integer(2));
  prm.add_parameter(
      "Opening modulus", opening_modulus,
      "Young's modulus of what fills openings, Poisson's ratio 0.3. Used by two_field and level_set. Unit: MPa.",
      Double(1e-6, 1e6));
  prm.add_parameter(
      "Opening exponent", opening_exponent,
      "p of C = C_opening + share^p (C_lattice - C_opening): above 1 it makes half-open cells a bad bargain. "
      "Used by two_field. Unit: -.",
      Double(1., 10.));
  prm.add_parameter("Sagittal symmetry", sagittal_symmetry,
                    "Whether the design is symmetric about the sagittal plane through the disc's centre.");
  prm.add_parameter(
      "Coarse levels", coarse_levels,
      "Grid continuation: the design is first optimised on a mesh of cells 2 to this power times as large, "
      "then on ever finer ones, each begun from the last with what its optimiser remembers. For patients. Unit: -.",
      Integer(0, 4));
  prm.add_parameter(
      "Start density", start_density,
      "Relative density of the uniform start, within the law's bounds (two_field and level_set: also below them, with "
      "that share of lattice). 0: the best uniform density, for level_set half of it. Unit: -.",
      Double(0., 1.));
  prm.leave_subsection();
}

void ParametrisationParameters::check() const
{
  const ParametrisationParameters defaults;
  const auto refuse = [](const char *name, const char *value, const char *rule, const char *remedy) {
    throw inputs::InputError(std::string("'Parametrisation/") + name + "'", value, rule, remedy);
  };
  if (fields == "level_set" && (sharpness > 0 || sagittal_symmetry || opening_exponent != defaults.opening_exponent))
    refuse("Projection sharpness', 'Sagittal symmetry' or 'Opening exponent", "set",
           "level_set has a sharp boundary without them", "leave them out");
  if (fields == "density" &&
      (opening_modulus != defaults.opening_modulus || opening_exponent != defaults.opening_exponent))
    refuse("Opening modulus' or 'Opening exponent", "set", "density has no openings",
           "set 'Fields = two_field' or leave them out");
  if (sharpness > 0 && sharpness < 1)
    refuse("Projection sharpness", std::to_string(sharpness).c_str(), "the continuation begins at 1",
           "use 0 (no projection) or at least 1");
  if (sharpness == 0 && (threshold != defaults.threshold || step_iterations != defaults.step_iterations))
    refuse("Projection threshold' or 'Iterations per sharpness", "set", "there is no projection to use them",
           "set 'Projection sharpness' or leave them out");
}

std::unique_ptr<Parametrisation> make_parametrisation(const ParametrisationParameters &parameters,
                                                      const HelmholtzFilter *filter, const SagittalSymmetry *symmetry,
                                                      const StiffnessLaw &law, const std::size_t n_cells)
{
  FieldMap density(filter, symmetry, law.lower_density(), law.upper_density());
  const double first_sharpness = std::min(1., parameters.sharpness);
  if (parameters.fields == "density") {
    density.projection.eta = parameters.threshold;
    return std::make_unique<DensityParametrisation>(density, law, n_cells, first_sharpness, parameters.sharpness);
  }
  FieldMap share(filter, symmetry, 0., 1.);
  share.projection.eta = parameters.threshold;
  return std::make_unique<TwoFieldParametrisation>(share, density, law, n_cells,
                                                   inputs::CubicStiffness::isotropic(parameters.opening_modulus, .3),
                                                   parameters.opening_exponent, first_sharpness, parameters.sharpness);
}

} // namespace cageopt::optimizer
