#pragma once

#include <string>

#include <mpi.h>

#include <inputs/geometry.h>
#include <inputs/patient.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Planned correction": how the operation changes the position of the cranial body.
struct CorrectionParameters
{
  double height = 0;   ///< mm
  double lordosis = 0; ///< degrees
  double coronal = 0;  ///< degrees

  void declare(dealii::ParameterHandler &prm);
  bool is_asked() const { return height != 0 || lordosis != 0 || coronal != 0; }
};

/// The patient as the operation leaves him: the cranial vertebra, image and labels, moved as a rigid body,
///   p -> R (p - c) + c + h z,   R = rotation by `lordosis` about x (opens the disc in front) after one by `coronal`
/// about y (tilts the body to the right), c, x, y, z the uncorrected DesignFrame. The caudal vertebra stays, so that
/// results lie on it in the patient's coordinates.
///
/// Image and labels are cut to the level and resampled to voxels of at most 0.75 mm. A new voxel gets the label with
/// the largest weight of trilinear interpolation there, and the density of the old voxel with the largest weight among
/// those of that label, so that no soft tissue enters the bone. The disc fills what is then between the bodies; other
/// levels are dropped. The force that distracts the segment is not modelled, nor the strain that it leaves.
class PlannedCorrection
{
public:
  /// Throws InputError where the bodies overlap after the motion, and where memory is short. Collective.
  PlannedCorrection(const inputs::Patient &patient, const CorrectionParameters &parameters, MPI_Comm comm);

  const inputs::Patient &corrected() const { return moved; }
  inputs::Patient release() { return std::move(moved); }
  /// World to world, of the cranial vertebra.
  const inputs::Affine &motion() const { return rigid; }
  /// "height 6.1 -> 8.1 mm, lordosis ...", for reports.
  const std::string &description() const { return text; }

private:
  void resample(const inputs::Patient &patient, MPI_Comm comm);

  inputs::Affine rigid;
  inputs::Patient moved;
  std::string text;
};

} // namespace cageopt::meshing
