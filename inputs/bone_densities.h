#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <inputs/patient.h>

namespace cageopt::inputs {

/// Densities of a region, mg/cm3 in the patient's measure.
struct RegionDensity
{
  std::size_t n_voxels = 0;
  double mean = 0, deviation = 0;
};

/// What is measured in one vertebral body.
struct BodyDensities
{
  std::string name; ///< "L3"
  std::uint16_t label = 0;
  double volume = 0;   ///< mm3
  bool is_cut = false; ///< by the border of the image
  RegionDensity trabecular, integral;
  RegionDensity cranial_endplate, caudal_endplate; ///< empty where no disc is labelled beside it
  std::size_t n_outside_law = 0;                   ///< of all its voxels, BoneLaw::in_valid_range()
};

/// The bone densities of every labelled vertebral body (VerSe numbering; with 'Label numbers' of the user's own, of the
/// level's two bodies).
///   trabecular  voxels whose centre is farther than trabecular_depth() from the centre of every voxel outside the
///   body;
///               the border of the image is no surface
///   integral    all voxels of the body
///   endplate    voxels whose centre is at most endplate_layer() from the disc's label (EP-vBMD)
/// Classes by the mean of two vertebrae, L1 and L2 where both are whole: above 120 mg/cm3 normal, 80 to 120 low, below
/// 80 osteoporosis (American College of Radiology's QCT classes, as in PMC7495321, table 2). No T-score is formed: it
/// belongs to DXA.
class BoneDensities
{
public:
  explicit BoneDensities(const Patient &patient);

  const std::vector<BodyDensities> &bodies() const { return measured; }
  double trabecular_depth() const { return depth; } ///< mm: 4.5, or two voxels where they are larger
  double endplate_layer() const { return layer; }   ///< mm: 1.25, or one voxel where it is larger
  /// "low (80 to 120 mg/cm3): 109 mg/cm3, mean of L1 and L2"; why there is none, for CaHA or fewer than two whole
  /// bodies.
  std::string density_class() const;
  /// HU of the body's voxels, by voxel count in bins from `lowest_bin` on, of width `bin_width`; ends take what is
  /// beyond.
  static constexpr int lowest_bin = -200, bin_width = 25, n_bins = 72;
  const std::vector<std::vector<std::size_t>> &histograms() const { return counts; }

private:
  void measure(const Patient &patient, BodyDensities &body, std::uint16_t disc_above, std::uint16_t disc_below);

  DensityMeasure measure_type;
  double depth, layer;
  std::vector<BodyDensities> measured;
  std::vector<std::vector<std::size_t>> counts; ///< one per body
};

} // namespace cageopt::inputs
