#pragma once

#include <string>
#include <vector>

#include <optimizer/response_problem.h>

namespace cageopt::optimizer {

/// What one load case or one constraint asks of each cell: the change of the Lagrangian
///   L = f + sum_i lambda_i g_i
/// that comes from it if the cell's stiffness rose by 100 %, df/dC : C, in units of the objective [n owned design
/// cells]. Negative: it wants the cell stiffer. At an optimum the terms of a cell that is free to change cancel.
struct Influence
{
  std::string name; ///< of the load case, or "constraint <response>"
  DesignVector values;
  double total = 0; ///< sum of the magnitudes over all cells
};

/// Objective by load case (where there is only one: as a whole), then each constraint with its Lagrange multiplier, at
/// the problem's latest design. One adjoint solve per load case and constraint. Collective.
std::vector<Influence> explain(ResponseProblem &problem, SegmentAnalysis &analysis,
                               const std::vector<double> &multipliers);

} // namespace cageopt::optimizer
