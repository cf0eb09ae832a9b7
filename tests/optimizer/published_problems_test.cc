// All methods on problems with published optima, and against NLopt's MMA and CCSA.
#include <memory>

#include <nlopt.h>

#include <optimizer/optimizer_parameters.h>

#include "published_problems.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

std::unique_ptr<Optimizer> method(const std::string &name, const unsigned int n_iterations)
{
  OptimizerParameters parameters;
  parameters.method = name;
  parameters.maximum_iterations = n_iterations;
  return make_optimizer(parameters);
}

/// Minimum by NLopt, from the start moved into the bounds.
double nlopt_minimum(SerialProblem &problem, DesignVector x, const nlopt_algorithm algorithm)
{
  const unsigned int n = static_cast<unsigned int>(x.size());
  for (std::size_t j = 0; j < n; ++j)
    x[j] = std::min(std::max(x[j], problem.lower[j]), problem.upper[j]);
  nlopt_opt nlopt = nlopt_create(algorithm, n);
  nlopt_set_lower_bounds(nlopt, problem.lower.data());
  nlopt_set_upper_bounds(nlopt, problem.upper.data());
  nlopt_set_min_objective(
      nlopt,
      [](unsigned int size, const double *point, double *gradient, void *data) {
        Evaluation e;
        static_cast<SerialProblem *>(data)->evaluate(DesignVector(point, point + size), e);
        if (gradient != nullptr)
          std::copy(e.objective_gradient.begin(), e.objective_gradient.end(), gradient);
        return e.objective;
      },
      &problem);
  const std::vector<double> tolerances(problem.m, 1e-9);
  nlopt_add_inequality_mconstraint(
      nlopt, problem.m,
      [](unsigned int m, double *values, unsigned int size, const double *point, double *gradients, void *data) {
        Evaluation e;
        static_cast<SerialProblem *>(data)->evaluate(DesignVector(point, point + size), e);
        std::copy(e.constraints.begin(), e.constraints.end(), values);
        for (unsigned int i = 0; gradients != nullptr && i < m; ++i)
          std::copy(e.constraint_gradients[i].begin(), e.constraint_gradients[i].end(), gradients + i * size);
      },
      &problem, tolerances.data());
  nlopt_set_ftol_rel(nlopt, 1e-12);
  nlopt_set_maxeval(nlopt, 20000);
  double minimum = 0;
  const auto status = nlopt_optimize(nlopt, x.data(), &minimum);
  nlopt_destroy(nlopt);
  EXPECT_GT(status, 0);
  return minimum;
}

void expect_published(const std::string &name, const unsigned int n_iterations)
{
  for (auto &published : published_problems()) {
    SCOPED_TRACE(name + " " + published.name);
    DesignVector x = published.start;
    Watch watch(1e-6);
    const auto summary = method(name, n_iterations)->minimize(published.problem, x, watch);
    EXPECT_LT(summary.last.kkt_residual, 1e-4) << summary.message;
    EXPECT_LT(summary.last.max_constraint_violation, 1e-8) << summary.message;
    EXPECT_LT(summary.last.iteration, n_iterations);
    EXPECT_NEAR(summary.last.objective, published.optimum, published.accuracy * std::abs(published.optimum));
    for (std::size_t j = 0; j < published.solution.size(); ++j)
      EXPECT_NEAR(x[j], published.solution[j], std::max(.005, 1e-3 * std::abs(published.solution[j])));
  }
}

TEST(PublishedProblems, Mma) { expect_published("mma", 500); }
TEST(PublishedProblems, Gcmma) { expect_published("gcmma", 500); }
// On HS100 rounding decides how many of its short steps ROL takes: 60 on one processor, 100 to 200 on another.
TEST(PublishedProblems, Rol) { expect_published("rol", 400); }

TEST(PublishedProblems, NloptFindsTheSameOptima)
{
  for (auto &published : published_problems()) {
    SCOPED_TRACE(published.name);
    DesignVector x = published.start;
    Watch watch(1e-6);
    const double ours = method("gcmma", 500)->minimize(published.problem, x, watch).last.objective;
    // NLopt's own constraint tolerance leaves 2e-6 on HS64.
    for (const auto algorithm : {NLOPT_LD_MMA, NLOPT_LD_CCSAQ})
      EXPECT_NEAR(nlopt_minimum(published.problem, published.start, algorithm), ours, 1e-5 * std::abs(ours));
  }
}

TEST(PublishedProblems, DenseQuadraticsAgainstNlopt)
{
  for (const int number : {1, 2}) {
    auto problem = dense_quadratics(number, 20);
    const DesignVector start(20, number == 1 ? .5 : .25);
    const double oracle = nlopt_minimum(problem, start, NLOPT_LD_MMA);
    for (const std::string name : {"mma", "gcmma", "rol"}) {
      SCOPED_TRACE(name + " on problem " + std::to_string(number));
      DesignVector x = start;
      Watch watch(1e-6);
      const auto summary = method(name, 500)->minimize(problem, x, watch);
      EXPECT_TRUE(summary.stopped_by_observer) << summary.message;
      EXPECT_NEAR(summary.last.objective, oracle, 1e-6 * std::abs(oracle));
    }
  }
}

} // namespace
} // namespace cageopt::optimizer
