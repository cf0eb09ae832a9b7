#pragma once

#include <array>

#include <inputs/cubic_stiffness.h>

namespace cageopt::inputs {

/// Stiffness of the material of one cell, MPa: anything that a quarter turn about the z axis (cranio-caudal) of the
/// design frame leaves unchanged. Isotropic, cubic and transversely isotropic materials are special cases.
/// Voigt form with engineering shear strains:
///   sigma_xx = C11 eps_xx + C12 eps_yy + C13 eps_zz,   sigma_yy = C12 eps_xx + C11 eps_yy + C13 eps_zz,
///   sigma_zz = C13 (eps_xx + eps_yy) + C33 eps_zz,
///   sigma_xy = C66 gamma_xy,   sigma_xz = C44 gamma_xz,   sigma_yz = C44 gamma_yz.
struct CellStiffness
{
  double c11 = 0, c33 = 0, c12 = 0, c13 = 0, c44 = 0, c66 = 0;

  CellStiffness() = default;
  /// Every cubic material is one of these, so that laws' materials may stand wherever a cell's is asked for.
  CellStiffness(const CubicStiffness &c) : c11(c.c11), c33(c.c11), c12(c.c12), c13(c.c12), c44(c.c44), c66(c.c44) {}

  /// Isotropic in the plane normal to z. Young's moduli along z and across it, MPa; Poisson's ratios nu_zx (load along
  /// z) and nu_xy (in the plane); shear modulus G_zx, MPa. With nu_xz = nu_zx E_x / E_z and
  /// m = 1 - nu_xy - 2 nu_xz nu_zx (positive for a stable material; Jones, Mechanics of Composite Materials, 2.4):
  ///   C33 = E_z (1 - nu_xy) / m,   C13 = E_x nu_zx / m,   C11 - C12 = E_x / (1 + nu_xy),   C11 + C12 = E_x / m.
  static CellStiffness transversely_isotropic(const double youngs_modulus_z, const double youngs_modulus_x,
                                              const double poissons_ratio_zx, const double poissons_ratio_xy,
                                              const double shear_modulus_zx)
  {
    const double poissons_ratio_xz = poissons_ratio_zx * youngs_modulus_x / youngs_modulus_z;
    const double m = 1. - poissons_ratio_xy - 2. * poissons_ratio_xz * poissons_ratio_zx;
    const double sum = youngs_modulus_x / m, difference = youngs_modulus_x / (1. + poissons_ratio_xy);
    CellStiffness c;
    c.c11 = .5 * (sum + difference);
    c.c12 = .5 * (sum - difference);
    c.c33 = youngs_modulus_z * (1. - poissons_ratio_xy) / m;
    c.c13 = youngs_modulus_x * poissons_ratio_zx / m;
    c.c44 = shear_modulus_zx;
    c.c66 = .5 * difference;
    return c;
  }

  bool is_cubic() const { return c33 == c11 && c13 == c12 && c66 == c44; }

  /// Young's modulus along z, C33 - 2 C13^2 / (C11 + C12), MPa.
  double youngs_modulus_z() const { return c33 - 2. * c13 * c13 / (c11 + c12); }

  /// Positive definite: C44, C66, C11 - C12 > 0 and C33 (C11 + C12) > 2 C13^2 with C11 + C12 > 0.
  bool is_positive_definite() const
  {
    return c44 > 0 && c66 > 0 && c11 > c12 && c11 + c12 > 0 && c33 * (c11 + c12) > 2. * c13 * c13;
  }

  /// C11, C33, C12, C13, C44, C66.
  std::array<double, 6> constants() const { return {c11, c33, c12, c13, c44, c66}; }

  /// Adds factor c.
  CellStiffness &add(const double factor, const CellStiffness &c)
  {
    c11 += factor * c.c11;
    c33 += factor * c.c33;
    c12 += factor * c.c12;
    c13 += factor * c.c13;
    c44 += factor * c.c44;
    c66 += factor * c.c66;
    return *this;
  }
};

} // namespace cageopt::inputs
