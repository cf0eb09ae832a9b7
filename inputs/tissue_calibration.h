#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <inputs/density.h>
#include <inputs/image.h>

namespace cageopt::inputs {

/// A tissue of known attenuation, as it appears in the image.
struct TissueSample
{
  std::string tissue; ///< air, fat, blood, muscle, cortical_bone
  std::size_t n_voxels = 0;
  double mean = 0, deviation = 0; ///< HU
};

/// Calibration without a phantom: A. S. Michalski et al., Med Eng Phys 78 (2020) 55-63,
/// doi:10.1016/j.medengphy.2020.01.009.
///   1. Effective energy E of the scan: where HU and tabulated mass attenuation mu/rho of the tissues correlate best
///      (steps of 0.5 keV), unless it is given.
///   2. Lines over HU: mu/rho = a + b HU, and mass density rho = c + d HU of samples whose rho is
///      (1 + HU/1000) mu_water / (mu/rho)_tissue.
///   3. Each voxel is a mixture of mineral (K2HPO4 or CaHA) and triglyceride:
///      BMD [mg/cm3] = 1000 rho (mu/rho - tau) / (kappa - tau), tau and kappa their mass attenuations at E;
///      a polynomial of second degree in HU.
/// Mass attenuation: NIST (Hubbell & Seltzer tables, ICRU-44 tissues; XCOM for the compounds), linear between entries.
class TissueCalibration
{
public:
  static constexpr double lowest_energy = 20, highest_energy = 200; ///< keV

  /// `given_energy` in keV, 0: fitted. Throws InputError for fewer than three tissues, one that is named twice or not
  /// known, too few voxels, blood with contrast medium, numbers that do not follow the tables (R^2 below 0.98), and an
  /// energy outside the range above.
  explicit TissueCalibration(std::vector<TissueSample> samples, double given_energy = 0);

  static std::vector<std::string> tissues();

  double energy() const { return effective_energy; } ///< keV
  double r_squared() const { return correlation; }
  /// a [cm2/g] and b [cm2/g per HU]; c [g/cm3] and d [g/cm3 per HU].
  const std::array<double, 2> &attenuation_line() const { return attenuation; }
  const std::array<double, 2> &density_line() const { return density; }
  /// HU by which each sample lies off the attenuation's line.
  std::vector<double> residuals() const;
  /// c_i of BMD = c_0 + c_1 HU + c_2 HU^2, mg/cm3; k2hpo4 or caha.
  std::array<double, 3> polynomial(DensityMeasure measure) const;
  /// What was measured, fitted and left over, for reports; one line.
  std::string description() const;
  /// What makes the result doubtful.
  std::vector<std::string> warnings() const;

private:
  std::vector<TissueSample> samples;
  bool energy_was_given;
  double effective_energy = 0, correlation = 0;
  std::array<double, 2> attenuation{}, density{};
};

/// "fat: 4; air: 5" -> label by tissue. Throws InputError for anything else.
std::vector<std::pair<std::string, std::uint16_t>> parse_tissue_labels(const std::string &text);

/// Mean and deviation of `image` in each tissue of the map.
std::vector<TissueSample> sample_tissues(const Image<float> &image, const Image<std::uint16_t> &regions,
                                         const std::vector<std::pair<std::string, std::uint16_t>> &tissues);

} // namespace cageopt::inputs
