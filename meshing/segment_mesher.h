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
#include <meshing/fixation.h>
#include <meshing/mesh_parameters.h>
#include <meshing/refinement.h>

namespace cageopt::meshing {

/// Where the bone mineral of an image is in the mesh, mg: density times volume of the voxels of one body between two
/// planes, and what of it is in cells of bone and disc (their bmd, bone fraction and volume), in cells and parts of
/// cells that are cage, and in cells left out because they are nearly empty or hang on nothing.
struct MineralBalance
{
  double image = 0, cells = 0, cage = 0, left_out = 0;
  /// Relative difference of the parts' sum to the image: rounding of the cells' numbers and of the integration.
  double error() const { return (cells + cage + left_out) / image - 1.; }
};

/// What was built, for the terminal, `validate` and the report. The same on all ranks.
struct MeshReport
{
  std::uint64_t n_cells = 0, n_unknowns = 0, n_removed_cells = 0;
  std::array<std::uint64_t, n_regions> cells_by_region{};
  std::array<double, n_regions> volume_by_region{}; ///< mm^3, of whole cells
  double bone_volume = 0,
         label_volume = 0; ///< mm^3: integrated in the kept cells; of the labels within the same planes
  /// Of the caudal and the cranial body: between the end planes; and between planes some 10 mm beyond the
  /// endplates.
  std::array<MineralBalance, 2> mineral{}, mineral_beside_disc{};
  MineralBalance all_mineral() const
  {
    const auto &[caudal, cranial] = mineral;
    return {caudal.image + cranial.image, caudal.cells + cranial.cells, caudal.cage + cranial.cage,
            caudal.left_out + cranial.left_out};
  }
  double metal_volume = 0;        ///< mm^3, of screws and rods in the kept cells
  double z_bottom = 0, z_top = 0; ///< mm, support and loaded plane
  std::vector<std::string> warnings;
};

/// The cage at a point of the design frame as it is meshed: the envelope between the smooth endplate surfaces is smooth
/// and the labels are not, so what is left between the envelope and labelled bone, up to two voxels, is cage too.
CagePart cage_part_at(const inputs::Patient &patient, const Cage &cage, const inputs::Affine &design_to_index,
                      const inputs::Point &point);

/// Meshes the segment around a cage that stands between the endplates of `surfaces`, in the design frame, with screws
/// and rods beside it, and fills the report. Throws InputError as PatientDomain says. Collective.
DesignDomain mesh_segment(const inputs::Patient &patient, const DesignFrame &frame, const EndplateSurfaces &surfaces,
                          const Cage &cage, const Fixation &fixation, const MeshParameters &parameters,
                          const Refinement &refinement, MPI_Comm comm, MeshReport &report);

} // namespace cageopt::meshing
