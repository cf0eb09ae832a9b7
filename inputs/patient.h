#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/block_patient.h>
#include <inputs/bone_law.h>
#include <inputs/calibration.h>
#include <inputs/cell_stiffness.h>
#include <inputs/cortex.h>
#include <inputs/image.h>
#include <inputs/level_labels.h>
#include <inputs/phantom.h>
#include <inputs/seed_parameters.h>
#include <inputs/surface_labels.h>
#include <inputs/surface_patient.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Patient".
struct PatientParameters
{
  std::string source = "builtin"; ///< builtin | files | surfaces | blocks
  std::string image_file;
  std::string series; ///< of a DICOM folder
  std::string label_file;
  SurfaceLabelParameters label_surfaces;
  SeedParameters seeds;
  std::string level = "L3/L4";
  std::string label_numbers;
  CalibrationParameters calibration;
  BoneLawParameters bone_law;
  CortexParameters cortex;
  PhantomParameters phantom;
  SurfacePatientParameters surfaces;
  BlockPatientParameters blocks;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  /// The stated one, or for the sources 'surfaces' and 'blocks' that of densities in mg/cm3, said to be assumed.
  CalibrationParameters calibration_in_use() const;
  /// All that are named.
  std::vector<std::string> files() const;

private:
  void check_files() const;
  void check_label_source() const;
  void check_surfaces() const;
  void check_blocks() const;
};

/// The finished patient, the same on all ranks and constant from here on.
struct Patient
{
  std::string name;
  std::string label_summary;   ///< volumes of the level's labels
  Image<float> bmd;            ///< mg/cm3, in calibration.density_measure()
  Image<std::uint16_t> labels; ///< on the same grid
  LevelLabels level;
  Calibration calibration;
  BoneLaw bone_law;
  double poissons_ratio = 0.3;
  bool transversely_isotropic = false;
  double yield_strain_compression = 0.0084;
  double yield_strain_tension = 0.0078;
  double scanned_voxel = 0;          ///< largest edge of a voxel of the scan, mm, if `bmd` was resampled since
  std::vector<std::string> warnings; ///< for the terminal and the report; none of them stops a run
  Cortex cortex{};                   ///< of the two bodies

  /// Largest edge of a voxel as scanned, mm: nothing thinner is told apart.
  double resolution() const;
  DensityMeasure density_measure() const { return calibration.density_measure(); }
  /// Of bone with a Young's modulus of 1 along the design frame's z axis: isotropic, or
  /// E_x = E_y = E_z/3, G_xy = 0.121 E_z, G_xz = G_yz = 0.157 E_z, nu_zx = poissons_ratio, nu_xy from E_x and G_xy
  /// (published with the QCT laws; Crawford, Cann & Keaveny 2003, Bone 33:744, mark B).
  CellStiffness unit_stiffness() const;
  /// MPa, for a QCT density of this patient in mg/cm3; at least 1e-4.
  double youngs_modulus(float bmd) const;
  /// Of the bone in a voxel, with the share of it that is cortex, MPa.
  double youngs_modulus_of(std::size_t voxel) const;
  /// Whether the density lies in the range that bone_law rests on.
  bool in_law_range(float bmd) const;
};

/// Reads (or, for `builtin`, `surfaces` and `blocks`, generates) image and labels on rank 0, checks, calibrates and
/// broadcasts them. Relative file names start at `data_directory`. Collective. Throws the same Error on all ranks for:
/// a missing file, no image, image and labels on different grids, labels that LabelledStructures refuses, surfaces that
/// label_map() refuses, seeds that segment_from_seeds() refuses, voxels that are NaN or infinite, numbers that cannot
/// be HU (or mg/cm3).
Patient read_patient(const PatientParameters &parameters, const std::string &data_directory, MPI_Comm comm);

/// The checks of read_patient() on what was read, `image` in HU or, for an already calibrated one, in mg/cm3. Returns
/// warnings.
std::vector<std::string> check_image(const Image<float> &image, const Image<std::uint16_t> &labels,
                                     const LevelLabels &level, bool already_calibrated);

} // namespace cageopt::inputs
