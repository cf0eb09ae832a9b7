#pragma once

#include <iosfwd>

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

} // namespace cageopt
