#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <inputs/geometry.h>
#include <inputs/level_labels.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// A point in the body of a vertebra.
struct Seed
{
  std::uint16_t label = 0; ///< of the body
  Point place{};           ///< RAS mm
};

/// The entries of subsection "Patient" that give seeds from which the labels are found.
struct SeedParameters
{
  std::string seeds; ///< "22: x, y, z; 23: x, y, z"
  std::string axes = "RAS";

  void declare(dealii::ParameterHandler &prm);
  /// Throws as list() does.
  void check(const LevelLabels &level) const;
  /// From cranial to caudal, as given. Throws InputError for what is not a label, a colon and three numbers; fewer than
  /// the level's two vertebrae; vertebrae that do not follow each other, in the numbering and along the patient's
  /// superior axis; distances of neighbours outside 10 to 70 mm.
  std::vector<Seed> list(const LevelLabels &level) const;
};

} // namespace cageopt::inputs
