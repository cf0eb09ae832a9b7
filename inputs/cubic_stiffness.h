#pragma once

namespace cageopt::inputs {

/// Stiffness of a cubic material with its axes along the axes of the design frame, MPa (or per unit of the solid's
/// Young's modulus where stated). Voigt form with engineering shear strains:
///   sigma_xx = C11 eps_xx + C12 (eps_yy + eps_zz),   sigma_xy = C44 gamma_xy,   and cyclically.
/// Positive definite if and only if C11 - C12 > 0, C11 + 2 C12 > 0 and C44 > 0 (Born).
struct CubicStiffness
{
  double c11 = 0;
  double c12 = 0;
  double c44 = 0;

  /// The isotropic material: C11 - C12 = E/(1+nu), C11 + 2 C12 = E/(1-2nu), C44 = E/(2(1+nu)).
  static CubicStiffness isotropic(const double youngs_modulus, const double poissons_ratio)
  {
    return from_eigenvalues(youngs_modulus / (1. + poissons_ratio), youngs_modulus / (1. - 2. * poissons_ratio),
                            .5 * youngs_modulus / (1. + poissons_ratio));
  }

  /// From the eigenvalues of the normal block, C11 - C12 (twice) and C11 + 2 C12 (= 3 K), and C44.
  static CubicStiffness from_eigenvalues(const double deviatoric, const double volumetric, const double c44)
  {
    return {(2. * deviatoric + volumetric) / 3., (volumetric - deviatoric) / 3., c44};
  }

  double deviatoric() const { return c11 - c12; }
  double volumetric() const { return c11 + 2. * c12; }

  /// Young's modulus along an axis, E100 = (C11-C12)(C11+2C12)/(C11+C12), MPa.
  double youngs_modulus_100() const { return deviatoric() * volumetric() / (c11 + c12); }
  /// Poisson's ratio for load along an axis, C12/(C11+C12).
  double poissons_ratio_100() const { return c12 / (c11 + c12); }
  /// Zener's anisotropy 2 C44/(C11-C12); 1 when isotropic.
  double zener() const { return 2. * c44 / deviatoric(); }
  bool is_positive_definite() const { return deviatoric() > 0 && volumetric() > 0 && c44 > 0; }
};

inline CubicStiffness operator+(const CubicStiffness &a, const CubicStiffness &b)
{
  return {a.c11 + b.c11, a.c12 + b.c12, a.c44 + b.c44};
}
inline CubicStiffness operator*(const double factor, const CubicStiffness &a)
{
  return {factor * a.c11, factor * a.c12, factor * a.c44};
}
inline CubicStiffness &operator+=(CubicStiffness &a, const CubicStiffness &b) { return a = a + b; }
/// Sum of the products of the three constants: of a derivative df/dC and a change of C, the change of f.
inline double dot(const CubicStiffness &a, const CubicStiffness &b)
{
  return a.c11 * b.c11 + a.c12 * b.c12 + a.c44 * b.c44;
}

} // namespace cageopt::inputs
