#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/patient.h>
#include <meshing/cage.h>
#include <meshing/design_domain.h>
#include <meshing/design_frame.h>
#include <meshing/endplate_surfaces.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Mesh".
struct MeshParameters
{
  double cell_size = 1.;         ///< mm, in cage and adjacent bone
  double fine_distance = 3.;     ///< mm
  double medium_distance = 8.;   ///< mm
  double bone_height = 24.;      ///< mm
  double minimum_fraction = .25; ///< material in a cell that is kept
  double disc_youngs_modulus = 4.2;
  double disc_poissons_ratio = .45;
  bool disc_remnant = true;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

/// What was built, for the terminal, `validate` and the report. The same on all ranks.
struct MeshReport
{
  std::uint64_t n_cells = 0, n_unknowns = 0, n_removed_cells = 0;
  std::array<std::uint64_t, 7> cells_by_region{};
  std::array<double, 7> volume_by_region{}; ///< mm^3, of whole cells
  double bone_volume = 0,
         label_volume = 0;        ///< mm^3: integrated in the kept cells; of the labels within the same planes
  double memory_estimate = 0;     ///< bytes, all ranks
  double z_bottom = 0, z_top = 0; ///< mm, support and loaded plane
  std::vector<std::string> warnings;
};

/// The motion segment around one disc with a cage in the disc space, from a patient's image: frame, endplates, cage and
/// mesh. Only vertebral bodies, disc and cage are modelled; posterior elements and facet joints are left out.
class PatientDomain
{
public:
  /// Throws InputError for: an endplate of the level, or less than 10 mm of body beside it, cut off by the image
  /// border; a cage outside the disc space; bodies without a face to support or load. Collective.
  PatientDomain(const inputs::Patient &patient, const CageParameters &cage_parameters, const MeshParameters &parameters,
                MPI_Comm comm);
  PatientDomain(const PatientDomain &) = delete;
  PatientDomain &operator=(const PatientDomain &) = delete;

  const DesignFrame &frame() const { return design_frame; }
  const EndplateSurfaces &endplates() const { return surfaces; }
  const Cage &cage() const { return implant; }
  const DesignDomain &domain() const { return meshed; }
  const MeshReport &report() const { return mesh_report; }

  /// The patient's bone beside the cage: density beneath the footprint, `from` to `to` mm from each endplate and at
  /// least 3 mm (1.5 voxels, if that is more) from the side wall with its cortex, and the bone law applied to the mean
  /// over both endplates (each counts the same).
  struct BoneTarget
  {
    double caudal_bmd = 0, cranial_bmd = 0, bmd = 0;             ///< mg/cm3
    double caudal_modulus = 0, cranial_modulus = 0, modulus = 0; ///< MPa
    std::size_t n_voxels = 0;
  };
  BoneTarget measure_bone(double from, double to) const;

private:
  class Builder;

  const inputs::Patient &patient;
  DesignFrame design_frame;
  EndplateSurfaces surfaces;
  Cage implant;
  MeshReport mesh_report;
  DesignDomain meshed;
};

} // namespace cageopt::meshing
