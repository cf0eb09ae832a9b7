#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

struct LawParameters;
struct ParametrisationParameters;

/// One way in which what is uncertain may turn out; the defaults are the case as stated.
struct Scenario
{
  std::string name = "as stated";
  double weight = 1;                       ///< probability; a set's add up to 1
  double calibration_slope = 1;            ///< relative to the stated slope
  double calibration_offset = 0;           ///< added to the density, mg/cm3
  unsigned int bone_law = 0;               ///< 0: the case's; else 1 + position in 'Bone laws'
  double bone_factor = 1;                  ///< on the bone's modulus
  double lattice_factor = 1;               ///< as-built over stated as-built stiffness of the lattice
  double load_factor = 1;                  ///< on all wrenches
  std::array<double, 3> shift = {0, 0, 0}; ///< of the cage in the bone, mm along x, y, z
  double threshold_offset = 0;             ///< of the projection; positive erodes
};

/// Subsection "Uncertainty": distributions, how they are sampled, and what of the samples is optimised.
struct UncertaintyParameters
{
  unsigned int samples = 0; ///< 0: off
  unsigned int seed = 1;
  std::string measure = "mean"; ///< mean | worst_case | nominal
  double deviations = 1;        ///< k of mean + k sd
  std::string constraints = "nominal";

  double calibration_slope = 0;  ///< relative sd
  double calibration_offset = 0; ///< sd, mg/cm3
  std::string bone_laws;         ///< further laws, each as probable as the case's
  double bone_modulus = 0;       ///< relative sd
  double as_built_lowest = 0, as_built_highest = 0;
  double load = 0;                            ///< relative sd
  std::array<double, 3> position = {0, 0, 0}; ///< sd, mm
  double threshold_offset = 0;

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for spreads that nothing would use or that contradict the law or the parametrisation.
  void check(const LawParameters &law, const ParametrisationParameters &parametrisation, bool is_patient) const;
  bool is_on() const { return samples > 0; }
  /// Whether scenarios are optimised, too, not only reported.
  bool is_optimised() const { return is_on() && measure != "nominal"; }
  std::vector<std::string> bone_law_list() const;

  /// Latin hypercube (McKay, Beckman & Conover 1979, Technometrics 21:239): each quantity takes the middle of each of n
  /// strata of equal probability once, paired at random by the seed. Normal quantities x = mean (1 + sd z); the
  /// as-built factor is triangular with its mode at `as_built_factor`. Middles leave out the strata's tails, so that
  /// the sampled sd is a little small (8 % for 8 samples, 3 % for 20). With a threshold offset each sample comes
  /// eroded, as designed, and dilated. The same on all ranks.
  std::vector<Scenario> scenarios(double as_built_factor) const;
};

/// Inverse of the cumulative distribution of a triangle on [low, high] with its mode between them; 0 < u < 1.
double triangular_quantile(double u, double low, double mode, double high);

} // namespace cageopt::optimizer
