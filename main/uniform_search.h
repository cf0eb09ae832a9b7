#pragma once

#include <iosfwd>

#include <main/study.h>

namespace cageopt {

/// The uniform relative density with the lowest objective among those that meet the constraints (or, if none does, the
/// one that breaks them least): a scan, because the objective need not have one minimum only, bisection to the edges of
/// the feasible range, and golden section around the best. Collective.
struct UniformDesign
{
  double density = 0;
  Study::Assessment assessment;
};
UniformDesign best_uniform_design(Study &study, std::ostream &out);

} // namespace cageopt
