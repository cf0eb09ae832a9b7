#pragma once

#include <meshing/refinement.h>
#include <optimizer/level_set_parametrisation.h>

namespace cageopt::optimizer {

/// Marks the design cells wider than `smallest`, mm, that the zero set of phi [owned nodes] crosses. Collective; the
/// same on all ranks.
std::vector<meshing::Refinement::Mark> marks_at_boundary(const LevelSetGrid &grid, const DesignVector &phi,
                                                         double smallest);

} // namespace cageopt::optimizer
