#pragma once

#include <iosfwd>
#include <memory>

#include <main/study.h>

namespace cageopt {

/// Where a design goes on on another mesh: its variables, and what the optimizer remembers of them.
struct CarriedStart
{
  optimizer::DesignVector x;
  optimizer::OptimizerState memory;
};

/// Start of a design on `fine`, from the same case optimised on a mesh of cells twice as large, itself begun on a
/// coarser one, down to 'Parametrisation/Coarse levels'. The filter's radius is at least 1.5 cells of each mesh. The
/// projection of `fine` is made almost as sharp as it was left. Says how each mesh ended. Collective.
CarriedStart start_from_coarser_mesh(const CaseEntries &given, Study &fine, double start_density, std::ostream &out);

/// Refines the mesh with the design, 'Refinement/Steps' times: optimises from the uniform `start_density`, refines bone
/// and disc where the strain mismatch has most of its error, and a level set's design cells at its boundary, and
/// carries design and memory to the new mesh. `study` is replaced by that of the last mesh; what was made of the old
/// one is gone. Says what each mesh reached. Collective.
CarriedStart refine_with_design(const CaseEntries &given, std::unique_ptr<Study> &study, double start_density,
                                std::ostream &out);

} // namespace cageopt
