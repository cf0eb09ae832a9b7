#pragma once

#include <memory>
#include <string>

#include <mpi.h>

#include <inputs/cubic_stiffness.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Stiffness of the cage material as a function of its relative density rho (volume of metal over volume).
class StiffnessLaw
{
public:
  virtual ~StiffnessLaw() = default;

  /// C(rho), MPa. Throws Error{bad_input} outside the range over which the law is defined; that range contains
  /// [lower_density(), upper_density()] and the solid, rho = 1.
  virtual inputs::CubicStiffness stiffness(double rho) const = 0;
  /// dC/drho, MPa, the exact derivative of stiffness().
  virtual inputs::CubicStiffness derivative(double rho) const = 0;

  /// Compressive yield strength of the material as a homogeneous one, MPa, where the law knows it.
  virtual bool has_strength() const { return false; }
  virtual double strength(double rho) const;
  virtual double strength_slope(double rho) const; ///< d strength / d rho, MPa

  /// Bounds of the design's physical density.
  virtual double lower_density() const = 0;
  virtual double upper_density() const = 0;

  /// For headers, reports and provenance.
  virtual std::string name() const = 0;
  virtual std::string citation() const = 0;
};

/// The subsection "Stiffness law" of a case.
struct LawParameters
{
  std::string law = "lattice";
  std::string lattice_file = "skeletal_gyroid";
  double as_built_factor = 0.4;
  double solid_youngs_modulus = 110000; ///< MPa
  double solid_poissons_ratio = 0.3;
  double minimum_density = 0.10;
  double maximum_density = 0.50;
  double solid_yield_strength = 765; ///< MPa
  double strength_factor = .3, strength_exponent = 1.5;
  double simp_exponent = 3;
  double simp_minimum_modulus = 0.11; ///< MPa

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

/// The file that `lattice_file` means: a plain word is a shipped table (`<word>.json` in the folder of the environment
/// variable CAGEOPT_LAWS, else in CAGEOPT_LAW_DIRECTORY of the build); anything with a slash or ending in .json is a
/// path, relative to `data_directory`.
std::string lattice_file_path(const std::string &lattice_file, const std::string &data_directory);

/// The law that the parameters ask for. A table is read on rank 0 and sent to the others. Collective.
/// Throws Error{bad_input} for a missing or malformed table and for densities outside the table.
std::unique_ptr<StiffnessLaw> make_stiffness_law(const LawParameters &parameters, const std::string &data_directory,
                                                 MPI_Comm comm);

} // namespace cageopt::optimizer
