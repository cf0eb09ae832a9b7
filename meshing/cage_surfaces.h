#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/geometry.h>
#include <inputs/triangle_surface.h>
#include <meshing/cage_parameters.h>

namespace cageopt::meshing {

/// The closed surfaces of a cage of the family 'surface', mm in the design frame, the same on all ranks.
struct CageSurfaces
{
  std::optional<inputs::TriangleSurface> envelope;
  std::optional<inputs::TriangleSurface> window; ///< if the case names one
  std::vector<std::string> warnings;             ///< what reading them told

  /// Reads them on rank 0 and moves them from 'Envelope axes' to the design frame, there turned and shifted as stated;
  /// nothing for other families. Collective. Throws InputError as inputs::read_surface() does.
  static CageSurfaces read(const CageParameters &parameters, const inputs::Affine &design_to_world, MPI_Comm comm);
};

} // namespace cageopt::meshing
