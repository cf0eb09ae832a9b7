#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <inputs/density.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// y = constant + factor rho^exponent, y in MPa, rho in g/cm3 (negative densities count as 0).
struct PowerLaw
{
  double constant = 0;
  double factor = 0;
  double exponent = 1;
  double operator()(double g_per_cm3) const;
};

/// A published law in its own density measure; other measures are refused by the compiler.
template <DensityMeasure measure>
struct DensityLaw
{
  PowerLaw modulus;              ///< Young's modulus, MPa
  std::optional<PowerLaw> yield; ///< compressive yield stress, MPa; not published for every law

  /// MPa, never below 1e-4 MPa.
  double youngs_modulus(const Density<measure> density) const
  {
    const double value = modulus(density.g_per_cm3());
    return value > 1e-4 ? value : 1e-4;
  }

  /// MPa, never negative; nothing if the source gives none.
  std::optional<double> yield_stress(const Density<measure> density) const
  {
    if (!yield)
      return std::nullopt;
    const double value = (*yield)(density.g_per_cm3());
    return value > 0 ? value : 0.;
  }
};

/// One of the modulus-density laws of the library, applied to a QCT density through the published conversions.
class BoneLaw
{
public:
  /// Throws InputError with the nearest id if the library has no such law.
  explicit BoneLaw(const std::string &id = "kopperdahl2002_power");

  /// No law of bone: the same modulus [MPa] at every density, such as that of the blocks of a bench test.
  static BoneLaw uniform(double youngs_modulus, const std::string &citation);

  /// All ids, default first.
  static std::vector<std::string> ids();

  const std::string &id() const { return law_id; }
  bool is_uniform() const { return law_id == "uniform"; }
  /// Paper and mark: A read in the primary paper, B in a secondary source, C not checked against the source.
  const std::string &citation() const { return law_citation; }
  char mark() const { return law_mark; }
  /// The density measure that the law was published for.
  DensityMeasure measure() const;
  /// Densities of vertebral trabecular bone tested in the literature, in measure(), g/cm3: wet apparent 0.09-0.35
  /// (Oehman-Maegi et al. 2022 [A]), converted to measure() by the published conversions.
  std::pair<double, double> valid_range() const;
  static std::string valid_range_citation();

  /// Young's modulus, MPa, at least 1e-4.
  double youngs_modulus(K2hpo4Density density) const;
  double youngs_modulus(CahaDensity density) const;
  /// Compressive yield stress, MPa; nothing if the source gives none.
  std::optional<double> yield_stress(K2hpo4Density density) const;
  std::optional<double> yield_stress(CahaDensity density) const;
  bool in_valid_range(K2hpo4Density density) const;
  bool in_valid_range(CahaDensity density) const;

  using Law = std::variant<DensityLaw<DensityMeasure::k2hpo4>, DensityLaw<DensityMeasure::wet_apparent>,
                           DensityLaw<DensityMeasure::ash>>;
  /// The law itself, in its own measure.
  const Law &law() const { return formula; }

private:
  std::string law_id;
  std::string law_citation;
  char law_mark;
  Law formula;
};

/// Subsection "Bone law".
struct BoneLawParameters
{
  std::string law = "kopperdahl2002_power";
  double poissons_ratio = 0.3;
  std::string anisotropy = "isotropic"; ///< isotropic | transverse
  double yield_strain_compression = 0.0084;
  double yield_strain_tension = 0.0078;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

} // namespace cageopt::inputs
