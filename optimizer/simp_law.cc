#include <optimizer/simp_law.h>

#include <cmath>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::CubicStiffness;

SimpLaw::SimpLaw(const LawParameters &parameters)
    : unit(CubicStiffness::isotropic(1., parameters.solid_poissons_ratio)),
      solid_modulus(parameters.solid_youngs_modulus), minimum_modulus(parameters.simp_minimum_modulus),
      exponent(parameters.simp_exponent), lower(parameters.minimum_density), upper(parameters.maximum_density)
{
}

void SimpLaw::check_density(const double rho) const
{
  if (!(rho >= 0. && rho <= 1.))
    throw inputs::InputError("The relative density", std::to_string(rho), "the SIMP law is defined from 0 to 1",
                             "keep the design's densities within these bounds");
}

CubicStiffness SimpLaw::stiffness(const double rho) const
{
  check_density(rho);
  return (minimum_modulus + std::pow(rho, exponent) * (solid_modulus - minimum_modulus)) * unit;
}

CubicStiffness SimpLaw::derivative(const double rho) const
{
  check_density(rho);
  return exponent * std::pow(rho, exponent - 1.) * (solid_modulus - minimum_modulus) * unit;
}

std::string SimpLaw::name() const
{
  std::ostringstream text;
  text << "simp, exponent " << exponent;
  return text.str();
}

std::string SimpLaw::citation() const { return "Sigmund (2007), Struct Multidisc Optim 33:401"; }

} // namespace cageopt::optimizer
