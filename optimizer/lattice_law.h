#pragma once

#include <memory>
#include <string>
#include <vector>

#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// Homogenised stiffness of a lattice cell over relative density, as read from a data file.
struct LatticeTable
{
  std::string name;
  std::string citation; ///< with the mark of published-values.md in brackets
  double solid_poissons_ratio = 0;
  std::vector<double> density;                   ///< rising, within (0, 1)
  std::vector<inputs::CubicStiffness> stiffness; ///< [density], per unit of the solid's Young's modulus
  std::vector<double> youngs_modulus_100;        ///< [density], as published beside the constants; for checks

  /// Reads the JSON text of a law file (inputs/laws/*.json show the form). `source` names it in messages.
  /// Throws Error{bad_input} for text that is no JSON, missing keys, fewer than three rows, densities that do not
  /// rise, and constants that are not positive definite or do not rise with density up to the solid.
  static LatticeTable parse(const std::string &text, const std::string &source);
};

/// C(rho) = E_s k(rho) C_ideal(rho) for a tabulated lattice.
///
/// C_ideal interpolates the table and, at rho = 1, the isotropic solid. Interpolated are the eigenvalues C11 - C12,
/// C11 + 2 C12 and C44, each by a monotone C1 cubic (PCHIP: Fritsch & Carlson 1980, SIAM J Numer Anal 17:238; slopes
/// of Fritsch & Butland 1984, SIAM J Sci Stat Comput 5:300). So C is positive definite at every density, and
/// E100 = 3/(2/(C11-C12) + 1/(C11+2C12)) rises monotonically.
///
/// Yield strength sigma_s (c rho^n (1 - b) + b), with b = s^2 (3 - 2 s) and s as below: a power law of the lattice over
/// the table, reaching the solid's at rho = 1.
///
/// k is the as-built knock-down: k_E up to the table's last density rho_n, then
/// k_E + (1 - k_E) s^2 (3 - 2 s), s = (rho - rho_n)/(1 - rho_n), which reaches 1 at the solid.
class LatticeLaw : public StiffnessLaw
{
public:
  /// Uses the solid constants, the as-built factor and the density bounds.
  /// Throws Error{bad_input} if the density bounds leave the table.
  LatticeLaw(const LatticeTable &table, const LawParameters &parameters);
  ~LatticeLaw() override;

  /// For rho in [first tabulated density, 1].
  inputs::CubicStiffness stiffness(double rho) const override;
  inputs::CubicStiffness derivative(double rho) const override;
  bool has_strength() const override { return true; }
  double strength(double rho) const override;
  double strength_slope(double rho) const override;
  double lower_density() const override { return lower; }
  double upper_density() const override { return upper; }
  std::string name() const override;
  std::string citation() const override { return table.citation; }

private:
  struct Interpolants;
  void check_density(double rho) const;

  LatticeTable table;
  double solid_modulus;
  double as_built_factor;
  double solid_strength, strength_factor, strength_exponent;
  double lower;
  double upper;
  std::unique_ptr<const Interpolants> interpolants;
};

} // namespace cageopt::optimizer
