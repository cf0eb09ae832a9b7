#include <solver/solver_parameters.h>

#include <deal.II/base/parameter_handler.h>

namespace cageopt::solver {

const std::string SolverParameters::back_ends = "multigrid|petsc gamg|petsc boomeramg|petsc mumps|trilinos ml";

void SolverParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Solver");
  prm.add_parameter("Back end", back_end,
                    "What solves the linear systems: multigrid, without a matrix, is the fast one; the others assemble "
                    "a matrix, take 20 to 100 times the memory, and serve as cross-check. mumps is a direct solver for "
                    "small meshes.",
                    Selection(back_ends));
  prm.add_parameter("Relative tolerance", relative_tolerance,
                    "Conjugate gradients end when |f - K u| <= tolerance |f| for every right-hand side, the share of "
                    "prescribed displacements in f. Unit: -.",
                    Double(1e-14, 1e-1));
  prm.add_parameter(
      "Loosest tolerance", loosest_tolerance,
      "While the objective still moves, the segment's solves end at a hundredth of its last relative "
      "change instead, but never above this; at or below the relative tolerance: always at that. Unit: -.",
      Double(1e-14, 1e-2));
  prm.add_parameter("Maximum iterations", maximum_iterations,
                    "Of one linear solve; reaching it is an error, never a result. Unit: -.", Integer(1));
  prm.add_parameter("Smoother degree", multigrid.smoother_degree,
                    "Of multigrid: degree of the Chebyshev smoother. 3 or 4 are best on porous designs. Unit: -.",
                    Integer(1, 20));
  prm.add_parameter("Smoothing range", multigrid.smoothing_range,
                    "Of multigrid: the smoother damps eigenvalues from the largest one down to the largest one divided "
                    "by this. Unit: -.",
                    Double(2., 100.));
  prm.add_parameter(
      "Coarse unknowns", multigrid.coarse_unknowns,
      "Of multigrid: the mesh is coarsened until at most so many unknowns are left for the direct solver. Unit: -.",
      Integer(24, 6000));
  prm.leave_subsection();
}

} // namespace cageopt::solver
