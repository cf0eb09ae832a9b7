#include <optimizer/mma.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

Mma::Mma(const MmaParameters &parameters) : parameters(parameters) { parameters.check(); }

OptimizerSummary Mma::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  begin();
  DesignSpace space(problem, x);
  if (memory.iteration > 0)
    space.check(memory);
  if (!parameters.a.empty() && parameters.a.size() != space.n_constraints)
    throw inputs::Error(inputs::ExitCode::internal_error, "MmaParameters::a has not one weight per constraint.");
  notes.clear();
  OptimizerSummary summary;
  const auto ended = [&](const bool stopped) {
    summary.stopped_by_observer = stopped;
    summary.message = stopped
                          ? "stopped by its observer in iteration " + std::to_string(summary.last.iteration)
                          : "the iteration limit, " + std::to_string(parameters.maximum_iterations) + ", was reached";
    summary.notes = space.notes();
    summary.notes.insert(summary.notes.end(), notes.begin(), notes.end());
    return summary;
  };

  while (true) {
    const unsigned int iteration = memory.iteration + 1;
    DesignVector low, upp;
    MmaApproximation::Minimum minimum;
    { // Nothing of this is kept while the next design is evaluated, which needs the memory for its linear systems.
      Evaluation evaluation;
      problem.evaluate(x, evaluation);
      space.check(evaluation, iteration);
      if (iteration == 1)
        space.note_infeasible_start(evaluation, "elastic variables let it through at a cost");
      const MmaApproximation approximation(parameters, space, x, evaluation, memory);
      const auto rho = curvature(approximation);
      minimum = approximation.minimize(rho);
      summary.last = space.record(iteration, x, minimum.x, evaluation, minimum.multipliers);
      if (observer.on_iteration(summary.last, x) == Verdict::stop)
        return ended(true);
      if (iteration >= parameters.maximum_iterations)
        return ended(false);
      improve(problem, space, approximation, rho, minimum);
      low = approximation.low();
      upp = approximation.upp();
    }
    memory.x_old_2 = iteration == 1 ? x : std::move(memory.x_old_1);
    memory.x_old_1 = std::move(x);
    memory.low = std::move(low);
    memory.upp = std::move(upp);
    memory.iteration = iteration;
    x = std::move(minimum.x);
  }
}

std::vector<double> Mma::curvature(const MmaApproximation &approximation) const
{
  auto rho = approximation.mean_derivatives();
  for (double &value : rho)
    value *= parameters.convexity;
  return rho;
}

void Mma::improve(DesignProblem &, const DesignSpace &, const MmaApproximation &, const std::vector<double> &,
                  MmaApproximation::Minimum &)
{
}

} // namespace cageopt::optimizer
