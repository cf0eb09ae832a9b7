#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <mpi.h>

#include <inputs/specimen.h>
#include <meshing/design_domain.h>

namespace cageopt::meshing {

/// A specimen as a mesh between two flat platens: one cube per voxel of bone or pad, none for void.
struct SpecimenDomain
{
  /// Positions in mm along the image's axes, from the corner of its first voxel. Of the cells only `intact` and `bmd`
  /// (empty without a density law) are filled: a specimen has no regions, no cage and no loads.
  DesignDomain domain;
  std::vector<inputs::SpecimenPart> part; ///< [n_cells]
  /// Nodes that a platen touches, [n_local_nodes], 1 or 0: those in the outermost plane across the axis of its pad, or,
  /// without a pad, of the specimen.
  std::vector<std::uint8_t> at_lower, at_upper;

  // Over all ranks:
  std::uint64_t n_lower_nodes = 0, n_upper_nodes = 0;
  double height = 0; ///< between the platens, mm
};

/// Collective. Materials are isotropic. Throws InputError for an image beyond the octree's limit, and for pads that are
/// exchanged.
SpecimenDomain make_specimen_domain(const inputs::Specimen &specimen, const inputs::SpecimenParameters &parameters,
                                    MPI_Comm comm);

} // namespace cageopt::meshing
