#include <optimizer/any_modulus_law.h>

#include <cmath>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::CubicStiffness;

AnyModulusLaw::AnyModulusLaw(const LawParameters &parameters)
    : unit(CubicStiffness::isotropic(1., parameters.solid_poissons_ratio)),
      log_range(std::log(parameters.solid_youngs_modulus))
{
  if (!(parameters.solid_youngs_modulus > 1.))
    throw inputs::InputError("'Stiffness law/Solid Young's modulus'", std::to_string(parameters.solid_youngs_modulus),
                             "any_modulus ranges from 1 MPa to it", "use a modulus above 1 MPa");
}

CubicStiffness AnyModulusLaw::stiffness(const double t) const { return std::exp(t * log_range) * unit; }

CubicStiffness AnyModulusLaw::derivative(const double t) const { return log_range * std::exp(t * log_range) * unit; }

} // namespace cageopt::optimizer
