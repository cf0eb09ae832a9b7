#pragma once

#include <string>
#include <vector>

#include <inputs/image.h>
#include <inputs/surface_labels.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Surfaces": what a patient without a CT is made of. Densities in mg/cm3, in the calibration's measure.
struct SurfacePatientParameters
{
  double grid_spacing = 0.75;      ///< mm
  double trabecular_density = 0;   ///< 0: not stated
  double cortical_thickness = 0.4; ///< mm
  double cortical_density = 900;
  double endplate_thickness = 0.6; ///< mm
  double endplate_density = 600;
  double soft_tissue_density = 0;

  void declare(dealii::ParameterHandler &prm);
  /// The trabecular density must be stated, and no shell may be thinner than a third of the grid's spacing: its mineral
  /// would be more than 5 % off.
  void check() const;
  bool stated() const;
};

/// A patient known by surfaces alone: label map and uniform densities.
struct SurfacePatient
{
  Image<float> bmd; ///< mg/cm3
  Image<std::uint16_t> labels;
};

/// The grid is parallel to RAS, with 8 mm around all surfaces. The two vertebrae of the level, posterior elements
/// included, have the trabecular density and a shell beneath their surface: endplate where the outward normal of the
/// nearest triangle is within 45 degrees of the line of centres, on the body, else cortical bone. A voxel at depth d
/// beneath the nearest triangle holds the share clamp((t - d) / h + 1/2, 0, 1) of a shell of thickness t on a grid of
/// spacing h: on average over the places of the surface in the grid the mineral of the shell. Everything else has the
/// soft tissue's. Rank-local: call inside on_root(). Adds to `warnings`, first that the density is assumed. Throws
/// InputError as read_surfaces() and label_map() do, and for more than 2 10^8 voxels.
SurfacePatient make_surface_patient(const SurfacePatientParameters &parameters,
                                    const SurfaceLabelParameters &label_surfaces, const LevelLabels &level,
                                    const std::string &data_directory, std::vector<std::string> &warnings);

} // namespace cageopt::inputs
