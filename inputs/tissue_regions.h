#pragma once

#include <vector>

#include <inputs/image.h>
#include <inputs/level_labels.h>
#include <inputs/tissue_calibration.h>

namespace cageopt::inputs {

/// Samples of air, fat and muscle for a calibration, found in an image in HU. Smoothed by
/// a Gaussian of 2 mm, against noise, a voxel belongs to
///   air     from -1050 to -900 HU (what scanners fill in outside their field of view is lower)
///   fat     from -150 to -50 HU
///   muscle  from 0 to 100 HU, unlabelled, at most 60 mm beside the labelled structures' mid-line, at their heights,
///   and
///           from 20 mm before their centre to 20 mm behind them (psoas, paraspinal muscles)
/// if all voxels within 3 mm do. Mean and deviation are of the image as it is. Tissues with fewer than 100 such voxels
/// are left out. Blood and cortical bone cannot be told by HU alone.
std::vector<TissueSample> find_tissues(const Image<float> &image, const Image<std::uint16_t> &labels,
                                       const LevelLabels &level);

} // namespace cageopt::inputs
