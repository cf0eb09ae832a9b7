#pragma once

#include <array>
#include <cstdint>
#include <mpi.h>

#include <inputs/patient.h>
#include <meshing/cage.h>
#include <meshing/design_domain.h>
#include <meshing/design_frame.h>
#include <meshing/endplate_layer.h>
#include <meshing/endplate_surfaces.h>
#include <meshing/segment_mesher.h>

namespace cageopt::meshing {

/// The motion segment around one disc with a cage in the disc space, from a patient's image: frame, endplates, cage and
/// mesh. Only vertebral bodies, disc and cage and, if asked for, posterior screws and rods
/// are modelled; posterior elements and facet joints are left out.
class PatientDomain
{
public:
  /// Throws InputError for: an endplate of the level, or less than 10 mm (in the cervical spine about 8) of body beside
  /// it, cut off by the image border; a cage outside the disc space; hardware as Fixation says; bodies without a face
  /// to support or load. Collective.
  PatientDomain(const inputs::Patient &patient, const CageParameters &cage_parameters, const MeshParameters &parameters,
                MPI_Comm comm, const Refinement &refinement = {}, const FixationParameters &fixation = {});
  PatientDomain(const PatientDomain &) = delete;
  PatientDomain &operator=(const PatientDomain &) = delete;

  const DesignFrame &frame() const { return design_frame; }
  const EndplateSurfaces &endplates() const { return surfaces; }
  const EndplateLayer &layer() const { return endplate_layer; }
  const Cage &cage() const { return implant; }
  const Fixation &fixation() const { return hardware; }
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
  const inputs::Patient &patient;
  DesignFrame design_frame;
  EndplateSurfaces surfaces;
  CageSurfaces cage_surfaces;
  EndplateLayer endplate_layer;
  Cage implant;
  Fixation hardware;
  MeshReport mesh_report;
  DesignDomain meshed;
};

} // namespace cageopt::meshing
