#pragma once

#include <string>
#include <vector>

#include <inputs/image.h>
#include <inputs/level_labels.h>
#include <inputs/seed_parameters.h>

namespace cageopt::inputs {

/// Labels found in a CT from a seed per vertebra.
struct SeededSegmentation
{
  Image<std::uint16_t> labels;       ///< on the CT's grid
  std::vector<std::string> warnings; ///< that the labels are semi-automatic, how good they were, what is doubtful
};

/// The label map of the seeds' vertebrae in a CT in HU: each body by BodySurface, those that the image does not cut and
/// that have a seed above and below first; posterior elements (not of a sacrum), the bone behind a body that hangs
/// together with it, nearest to it through bone; discs between neighbouring bodies by fill_disc(). Numbers are the
/// level's, and VerSe's for further vertebrae, whose posterior elements and discs get none where the case has numbers
/// of its own. Works on a part of the image around the seeds, on voxels of 0.5 mm or more. Rank-local.
///
/// Throws InputError for: voxels that are NaN or infinite; a seed outside the image; a seed in air, fat, metal or dense
/// cortex (mean of 4 mm around it below -30 or above 700 HU; soft tissue is not told from osteoporotic bone by its HU);
/// a body of which less than 75 % lie on an edge of bone; whole neighbouring bodies of which one has more than twice
/// the volume of the other; bodies that share more than 5 % of the smaller; no disc between the level's bodies.
SeededSegmentation segment_from_seeds(const Image<float> &hounsfield, const std::vector<Seed> &seeds,
                                      const LevelLabels &level);

} // namespace cageopt::inputs
