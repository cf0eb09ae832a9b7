#pragma once

#include <string>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::solver {

struct MultigridParameters
{
  unsigned int smoother_degree = 3;   ///< Chebyshev polynomial of the point-Jacobi smoother
  double smoothing_range = 16.;       ///< the smoother damps [lambda_max / range, lambda_max]
  unsigned int coarse_unknowns = 750; ///< coarsen until there are at most this many, then solve directly
};

struct SolverParameters
{
  /// All names of back_end, separated by |.
  static const std::string back_ends;

  std::string back_end = "multigrid";
  double relative_tolerance = 1e-6;
  double loosest_tolerance = 1e-4; ///< while the design still moves, see ResponseProblem
  unsigned int maximum_iterations = 300;
  MultigridParameters multigrid;

  /// Declares subsection "Solver".
  void declare(dealii::ParameterHandler &prm);
};

} // namespace cageopt::solver
