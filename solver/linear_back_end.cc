#include <solver/linear_back_end.h>

#include <sstream>

namespace cageopt::solver {

inputs::Error not_converged(const std::string &back_end, const unsigned int iterations, const double relative_residual,
                            const SolverParameters &parameters, const std::string &detail)
{
  std::ostringstream message;
  message << "The linear solver '" << back_end << "' did not converge: relative residual " << relative_residual
          << " after " << iterations << " iterations, tolerance " << parameters.relative_tolerance
          << " ('Solver/Relative tolerance'), limit " << parameters.maximum_iterations
          << " ('Solver/Maximum iterations').";
  if (!detail.empty())
    message << ' ' << detail;
  message << " Way out: look for parts without support in the output of 'cageopt validate', lower the contrast between "
             "the stiffest and the softest material, raise the limit, or choose another 'Solver/Back end'.";
  return inputs::Error(inputs::ExitCode::not_converged, message.str());
}

} // namespace cageopt::solver
