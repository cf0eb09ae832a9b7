#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <inputs/image.h>

namespace cageopt::inputs {

/// How well two label maps agree about one structure.
struct LabelAgreement
{
  std::uint16_t label = 0;
  double volume = 0, reference_volume = 0; ///< mm3
  bool is_cut = false;                     ///< by the border of the image, in either map
  /// 2 |A and B| / (|A| + |B|) (Dice 1945, Ecology 26:297).
  double dice = 0;
  /// Of the distances from each voxel on the surface of one to the nearest one on the surface of the other, both ways
  /// (symmetric surface distance, as in Heimann et al. 2009, IEEE Trans Med Imaging 28:1251), mm: mean, 95th
  /// percentile, and maximum (Hausdorff). A voxel is on the surface if one of its six neighbours has another label; the
  /// border of the image is no surface.
  double mean_distance = 0, distance_95 = 0, largest_distance = 0;
};

/// Of each label that both maps hold, ascending. Throws InputError if the grids differ.
std::vector<LabelAgreement> label_agreement(const Image<std::uint16_t> &labels, const Image<std::uint16_t> &reference);

} // namespace cageopt::inputs
