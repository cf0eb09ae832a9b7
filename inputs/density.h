#pragma once

#include <string>

namespace cageopt::inputs {

/// What a bone density was measured against. The same bone has different numbers in each measure.
enum class DensityMeasure
{
  k2hpo4,      ///< QCT, dipotassium phosphate equivalent
  caha,        ///< QCT, calcium hydroxyapatite equivalent
  ash,         ///< mass of ash per bulk volume
  wet_apparent ///< wet mass without marrow per bulk volume
};

/// "K2HPO4", "CaHA", "ash", "wet apparent"
std::string name_of(DensityMeasure measure);

/// A density in one measure; different measures are different types and do not convert by themselves.
template <DensityMeasure measure>
struct Density
{
  explicit constexpr Density(const double mg_per_cm3) : mg_per_cm3(mg_per_cm3) {}
  double mg_per_cm3; ///< mg/cm3
  constexpr double g_per_cm3() const { return 1e-3 * mg_per_cm3; }
};

using K2hpo4Density = Density<DensityMeasure::k2hpo4>;
using CahaDensity = Density<DensityMeasure::caha>;
using AshDensity = Density<DensityMeasure::ash>;
using WetApparentDensity = Density<DensityMeasure::wet_apparent>;

/// rho_ash = 1.06 rho_K2HPO4 + 38.9 mg/cm3. Keyak et al. 1994, J Biomed Mater Res (mark B/C).
constexpr AshDensity ash_density(const K2hpo4Density density) { return AshDensity(1.06 * density.mg_per_cm3 + 38.9); }

/// rho_ash = 0.877 rho_CaHA + 79 mg/cm3. Schileo et al. 2008 (mark C).
constexpr AshDensity ash_density(const CahaDensity density) { return AshDensity(0.877 * density.mg_per_cm3 + 79.); }

/// rho_app = rho_ash / 0.60. Schileo et al. 2008 (mark B).
constexpr WetApparentDensity wet_apparent_density(const AshDensity density)
{
  return WetApparentDensity(density.mg_per_cm3 / 0.60);
}

/// Inverse of wet_apparent_density(AshDensity).
constexpr AshDensity ash_density(const WetApparentDensity density) { return AshDensity(0.60 * density.mg_per_cm3); }

/// Inverse of ash_density(K2hpo4Density).
constexpr K2hpo4Density k2hpo4_density(const AshDensity density)
{
  return K2hpo4Density((density.mg_per_cm3 - 38.9) / 1.06);
}

/// The same bone in another measure, by the published conversions above (the only two-step ways lead through ash).
template <DensityMeasure to, DensityMeasure from>
constexpr Density<to> convert(const Density<from> density)
{
  static_assert(to != DensityMeasure::caha || from == to, "no conversion to CaHA density is published");
  if constexpr (to == from)
    return density;
  else if constexpr (from != DensityMeasure::ash)
    return convert<to>(ash_density(density));
  else if constexpr (to == DensityMeasure::k2hpo4)
    return k2hpo4_density(density);
  else
    return wet_apparent_density(density);
}

/// The formulas and papers behind convert(), for reports; empty if no conversion is needed.
std::string conversion_citation(DensityMeasure from, DensityMeasure to);

} // namespace cageopt::inputs
