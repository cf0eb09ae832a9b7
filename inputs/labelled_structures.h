#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <inputs/image.h>
#include <inputs/level_labels.h>

namespace cageopt::inputs {

/// What a label map holds under one number.
struct LabelledStructure
{
  std::string name; ///< "body L3", "posterior elements L3", "disc L3/L4"
  std::uint16_t label = 0;
  std::size_t n_voxels = 0;
  std::size_t n_at_border = 0; ///< voxels in the outermost layer of the image
  std::size_t n_pieces = 0;    ///< connected through faces
  double largest_piece = 0;    ///< share of the voxels
  double volume = 0;           ///< mm3
  Point centre{};              ///< RAS, mm
};

/// Bodies, disc and posterior elements of the level in a label map, and the faults that go unnoticed otherwise.
class LabelledStructures
{
public:
  LabelledStructures(const Image<std::uint16_t> &labels, const LevelLabels &level);

  /// Cranial body, disc, caudal body, and those posterior elements that have voxels.
  const std::vector<LabelledStructure> &structures() const { return found; }
  /// Voxel faces between the two bodies.
  std::size_t n_touching_faces() const { return touching_faces; }

  /// Throws InputError where the directions or the numbering must be wrong: a label of the level without a voxel, the
  /// cranial body not above the caudal one or the disc not between them (patient's superior axis), posterior elements
  /// in front of their body, and bodies ten times larger or smaller than any adult's that the image does not cut.
  void check() const;
  /// "body L3 41.3 cm3, disc L3/L4 9.8 cm3, ...", for reports.
  std::string summary() const;
  /// Bodies and disc in several pieces, bodies that touch, bodies and disc cut by the border of the image, volumes
  /// outside usual ranges; with numbers.
  std::vector<std::string> warnings() const;

private:
  const LabelledStructure &body(bool cranial) const { return found[cranial ? 0 : 2]; }
  void check_order() const;

  LevelLabels level;
  std::vector<LabelledStructure> found;
  std::vector<std::uint16_t> present; ///< all labels but 0
  std::size_t touching_faces = 0;
};

} // namespace cageopt::inputs
