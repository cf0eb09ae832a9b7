#include <optimizer/gcmma.h>

#include <algorithm>
#include <cmath>

namespace cageopt::optimizer {

namespace {
constexpr double conservative_tolerance = 1e-7;
constexpr unsigned int maximum_inner_iterations = 15;
} // namespace

Gcmma::Gcmma(const MmaParameters &parameters) : Mma(parameters) {}

OptimizerSummary Gcmma::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  inner_iterations = 0;
  return Mma::minimize(problem, x, observer);
}

std::vector<double> Gcmma::curvature(const MmaApproximation &approximation) const
{
  auto rho = approximation.mean_derivatives();
  for (double &value : rho)
    value = std::max(.1 * value, 1e-12); // not 0, from which it could not be raised
  return rho;
}

void Gcmma::improve(DesignProblem &problem, const DesignSpace &space, const MmaApproximation &approximation,
                    const std::vector<double> &start, MmaApproximation::Minimum &minimum)
{
  auto rho = start;
  const unsigned int iteration = memory.iteration + 1;
  for (unsigned int inner = 0; inner < maximum_inner_iterations; ++inner) {
    Evaluation trial;
    problem.evaluate_values(minimum.x, trial);
    ++inner_iterations;
    space.check(trial, iteration, false);
    const auto expected = approximation.values(minimum.x, rho);
    const double distance = approximation.distance(minimum.x);
    bool conservative = true;
    for (unsigned int function = 0; function < rho.size(); ++function) {
      const double found = function == 0 ? trial.objective : trial.constraints[function - 1];
      const double accuracy = conservative_tolerance * (function == 0 ? std::abs(found) : 1.);
      const double excess = found - expected[function];
      if (excess <= accuracy || distance == 0.)
        continue;
      conservative = false;
      rho[function] = std::min(10. * rho[function], 1.1 * (rho[function] + excess / distance));
    }
    if (conservative)
      return;
    minimum = approximation.minimize(rho);
  }
  notes.push_back("iteration " + std::to_string(iteration) + ": no conservative approximation within " +
                  std::to_string(maximum_inner_iterations) + " inner iterations, the shortest step was taken");
}

} // namespace cageopt::optimizer
