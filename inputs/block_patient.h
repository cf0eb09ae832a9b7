#pragma once

#include <inputs/level_labels.h>
#include <inputs/surface_patient.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Blocks": the two test blocks between which ASTM F2077 and F2267 press a cage.
struct BlockPatientParameters
{
  double youngs_modulus = 0; ///< MPa; 0: not stated
  double width = 50;         ///< x, mm
  double depth = 40;         ///< y, mm
  double thickness = 20;     ///< z, at the mean of its inclined face, mm
  double gap = 10;           ///< between the faces at the centre, mm
  double lordosis = 0;       ///< angle between the faces, open in front, degrees
  double grid_spacing = 0.5; ///< mm

  void declare(dealii::ParameterHandler &prm);
  /// The modulus must be stated; the gap must be left open at the edge, and the blocks thick enough to be meshed.
  void check() const;
  bool stated() const;
};

/// Two blocks with flat faces, inclined by half the lordosis each, as the bodies of `level`, with the gap labelled as
/// the disc; 4 mm of empty image around. Bodies have the density 1000, all else 0: the modulus is stated, no law of
/// bone sees it.
SurfacePatient make_block_patient(const BlockPatientParameters &parameters, const LevelLabels &level);

} // namespace cageopt::inputs
