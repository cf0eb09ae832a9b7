#pragma once

#include <mpi.h>

#include <meshing/design_domain.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Cantilever".
struct CantileverParameters
{
  unsigned int cells_along_y = 32; ///< of a box 2 x 1 x 1

  void declare(dealii::ParameterHandler &prm);
};

/// The reference problem of TopOpt_in_PETSc (Aage, Andreassen, Lazarov 2015, doi:10.1007/s00158-014-1157-0): a box
/// 2 x 1 x 1, face x = 0 clamped, nodal forces -0.001 in z on the edge x = 2, z = 0, half of that at the edge's ends.
/// Every cell is a design cell; there is one load column. Collective.
DesignDomain make_cantilever_domain(const CantileverParameters &parameters, MPI_Comm comm);

} // namespace cageopt::meshing
