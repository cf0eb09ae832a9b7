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
  /// The values f and g_j only, for methods that try designs: gradients may stay as they are. Must be as accurate as
  /// those of evaluate(), with which they are compared. If the design is taken, evaluate() of it follows.
  virtual void evaluate_values(const DesignVector &x, Evaluation &evaluation) { evaluate(x, evaluation); }
};

/// What the optimiser knows after an iteration; all scalars are identical on all ranks.
struct IterationRecord
{
  unsigned int iteration = 0; ///< 1 for the first; the values belong to the design *before* this iteration's update
  double objective = 0;
  std::vector<double> constraints;
  double max_constraint_violation = 0;
  double design_change = 0; ///< max_j |x_new - x_old|_j of this iteration's update (see Gcmma, RolOptimizer)
  double kkt_residual = 0;  ///< dimensionless, see DesignSpace::record
  /// lambda_j >= 0 of g_j <= 0, in units of the objective: relaxing g_j <= 0 to g_j <= e changes f by -lambda_j e.
  std::vector<double> multipliers;
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
  std::vector<std::string> notes; ///< what a user should know: a start that had to be moved, or breaks constraints
};

/// All that an optimiser remembers between iterations. The vectors have the shape of the design and its units; those
/// that the method does not use are empty.
struct OptimizerState
{
  unsigned int iteration = 0;      ///< finished updates; 0: nothing remembered, the vectors may be empty
  DesignVector x_old_1;            ///< MMA, GCMMA: the design one update ago; level set: the last step
  DesignVector x_old_2;            ///< two updates ago
  DesignVector low;                ///< lower asymptotes of the latest subproblem
  DesignVector upp;                ///< upper asymptotes; level set: the move limits
  std::vector<double> multipliers; ///< ROL: of the augmented Lagrangian; level set
  double penalty = 0;              ///< ROL: its penalty parameter; level set: reduction of all moves
  std::vector<double> progress;    ///< level set: constraints expected and missed, latest values (LevelSetOptimizer)
};

class Optimizer
{
public:
  virtual ~Optimizer() = default;
  /// Improves `x` in place. On return x is the design that `last` was evaluated at. Ends when the observer says so, or
  /// at the iteration limit. A start outside the bounds is moved onto them.
  /// Throws Error{bad_input} if no variable is free, and Error{internal_error} if an evaluation has wrong sizes or is
  /// not finite (the message names the function) or a subproblem fails. Errors are thrown on all ranks.
  virtual OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) = 0;

  /// Within on_iteration(record, design) and after minimize(): what was remembered when the iteration that evaluated
  /// `design` began. A run restored from this state and that design does the iteration again, with its number, and
  /// goes on bitwise like the first (on the same ranks; but see RolOptimizer).
  const OptimizerState &state() const { return memory; }
  /// The next minimize() continues from `state`, which has the shape of its x. Without this it starts afresh.
  void restore(const OptimizerState &state)
  {
    memory = state;
    continues = true;
  }

protected:
  /// At the beginning of minimize(): forgets an earlier run unless this one continues it.
  void begin()
  {
    if (!continues)
      memory = OptimizerState();
    continues = false;
  }

  OptimizerState memory;

private:
  bool continues = false;
};

} // namespace cageopt::optimizer
