#pragma once

#include <iosfwd>
#include <memory>

#include <main/study.h>

namespace cageopt {

/// Start of a design on `fine`, from the same case optimised on a mesh of cells twice as large, itself begun on a
/// coarser one, down to 'Parametrisation/Coarse levels'. The filter's radius is at least 1.5 cells of each mesh. The
/// projection of `fine` is made as sharp as it was left. Says how each mesh ended. Collective.
optimizer::DesignVector design_from_coarser_mesh(const CaseEntries &given, Study &fine, double start_density,
                                                 std::ostream &out);

/// Variables `x` of `coarse` on the cells of `fine`: each takes those of the coarse cell that holds its centre, or, at
/// the rim, of the nearest. Both hold a whole number of variables per design cell, field by field. Collective.
optimizer::DesignVector transferred_design(Study &coarse, const optimizer::DesignVector &x, Study &fine);

/// Where a design goes on after refinement: its variables, and what the optimizer remembers of them.
struct RefinedStart
{
  optimizer::DesignVector x;
  optimizer::OptimizerState memory;
};

/// Refines the mesh with the design, 'Refinement/Steps' times: optimises from the uniform `start_density`, refines bone
/// and disc where the strain mismatch has most of its error, and carries design and memory to the new mesh, whose cage
/// has the same cells. `study` is replaced by that of the last mesh; what was made of the old one is gone. Says what
/// each mesh reached. Collective.
RefinedStart refine_with_design(const CaseEntries &given, std::unique_ptr<Study> &study, double start_density,
                                std::ostream &out);

} // namespace cageopt
