#pragma once

#include <string>
#include <vector>

#include <mpi.h>

namespace cageopt::optimizer {

/// The locally owned part of a distributed design: one number per owned design cell.
using DesignVector = std::vector<double>;

/// f, g_j and their gradients at one design. `gradients` have the shape of the design vector.
struct Evaluation
{
  double objective = 0;
  DesignVector objective_gradient;
  std::vector<double> constraints; ///< g_j <= 0, scaled to order one; identical on all ranks
  std::vector<DesignVector> constraint_gradients;
};

/// All that an optimiser may see: minimise f(x) subject to g_j(x) <= 0, lower <= x <= upper.
/// Every function is collective over comm().
class DesignProblem
{
public:
  virtual ~DesignProblem() = default;
  virtual MPI_Comm comm() const = 0;
  virtual unsigned int n_constraints() const = 0;
  virtual void bounds(DesignVector &lower, DesignVector &upper) const = 0;
  virtual void evaluate(const DesignVector &x, Evaluation &evaluation) = 0;
};

/// What the optimiser knows after an iteration; all scalars are identical on all ranks.
struct IterationRecord
{
  unsigned int iteration = 0; ///< 1 for the first; the values belong to the design *before* this iteration's update
  double objective = 0;
  std::vector<double> constraints;
  double max_constraint_violation = 0;
  double design_change = 0; ///< max_i |x_new - x_old| of this iteration's update
  double kkt_residual = 0; ///< infinity norm of the projected Lagrangian gradient, per design variable scaled (see Mma)
};

enum class Verdict
{
  go_on,
  stop
};

/// Implemented by the sinks, by the convergence criteria and by tests. Called once per iteration, on all ranks, and
/// must return the same verdict on all.
class IterationObserver
{
public:
  virtual ~IterationObserver() = default;
  virtual Verdict on_iteration(const IterationRecord &record, const DesignVector &design) = 0;
};

/// How a minimisation ended.
struct OptimizerSummary
{
  bool stopped_by_observer = false;
  std::string message = "minimize() was not called";
  IterationRecord last;
};

class Optimizer
{
public:
  virtual ~Optimizer() = default;
  /// Improves `x` in place. On return x is the design that `last` was evaluated at.
  virtual OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) = 0;
};

} // namespace cageopt::optimizer
