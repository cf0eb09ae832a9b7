// GCMMA: no step makes things worse, state, notes; and what it shares with MMA on distributed variables.
#include <optimizer/gcmma.h>
#include <optimizer/reductions.h>

#include "analytic_problems.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// (1 - a)^2 + 100 (b - a^2)^2 within the disc of radius sqrt 2: MMA's approximations of the curved valley fail.
SerialProblem rosenbrock_in_a_disc()
{
  return SerialProblem({-1.5, -1.5}, {1.5, 1.5}, 1, [](const DesignVector &x, Evaluation &e) {
    const double a = x[0], b = x[1];
    e.objective = std::pow(1 - a, 2) + 100 * std::pow(b - a * a, 2);
    e.objective_gradient = {-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)};
    e.constraints = {.5 * (a * a + b * b) - 1.};
    e.constraint_gradients = {{a, b}};
  });
}

TEST(Gcmma, DescendsWhereMmaDoesNot)
{
  const auto largest_rise = [](Optimizer &&optimizer, Watch &watch) {
    auto problem = rosenbrock_in_a_disc();
    DesignVector x{-.5, .8};
    optimizer.minimize(problem, x, watch);
    double rise = 0;
    for (std::size_t k = 0; k + 1 < watch.records.size(); ++k) {
      EXPECT_LT(watch.records[k].max_constraint_violation, 1e-6);
      rise = std::max(rise, watch.records[k + 1].objective - watch.records[k].objective);
    }
    return rise;
  };
  Watch watch, without;
  EXPECT_LE(largest_rise(Gcmma(iterations(200)), watch), 1e-6);
  EXPECT_GT(largest_rise(Mma(iterations(200)), without), 1e-2);
  EXPECT_LT(watch.records.back().objective, .01 * watch.records.front().objective);
}

TEST(Gcmma, OnlyValuesAreAskedForInTheInnerIterations)
{
  class Counting : public SerialProblem
  {
  public:
    using SerialProblem::SerialProblem;
    void evaluate(const DesignVector &x, Evaluation &e) override
    {
      ++n_evaluations;
      SerialProblem::evaluate(x, e);
    }
    void evaluate_values(const DesignVector &x, Evaluation &e) override
    {
      ++n_value_evaluations;
      Evaluation all;
      SerialProblem::evaluate(x, all);
      e.objective = all.objective;
      e.constraints = all.constraints;
    }
    unsigned int n_evaluations = 0, n_value_evaluations = 0;
  };
  const auto valley = rosenbrock_in_a_disc();
  Counting problem(valley.lower, valley.upper, 1, valley.function);
  DesignVector x{-.5, .8};
  Watch watch;
  Gcmma gcmma(iterations(20));
  gcmma.minimize(problem, x, watch);
  EXPECT_EQ(problem.n_evaluations, 20u);
  EXPECT_EQ(problem.n_value_evaluations, gcmma.n_inner_iterations());
  EXPECT_GT(gcmma.n_inner_iterations(), 19u); // one per update, and more where it had to be repeated
}

TEST(Gcmma, SavedStateContinuesBitwise)
{
  auto problem = rosenbrock_in_a_disc();
  DesignVector x{-.5, .8};
  Gcmma whole(iterations(20));
  Watch watch;
  std::vector<OptimizerState> states;
  watch.also = [&] { states.push_back(whole.state()); };
  whole.minimize(problem, x, watch);
  for (const std::size_t saved : {0u, 1u, 2u, 8u, 19u}) {
    DesignVector y = watch.designs[saved];
    Gcmma rest(iterations(20));
    rest.restore(states[saved]);
    Watch second;
    const auto summary = rest.minimize(problem, y, second);
    ASSERT_EQ(second.records.size(), 20 - saved);
    EXPECT_EQ(second.records.front().iteration, saved + 1);
    EXPECT_EQ(y, x);
    EXPECT_EQ(summary.last.kkt_residual, watch.records.back().kkt_residual);
    EXPECT_EQ(summary.last.multipliers, watch.records.back().multipliers);
    EXPECT_EQ(rest.state().low, whole.state().low);
  }
}

TEST(Gcmma, MultipliersAndStartsAreSaid)
{
  auto problem = five_segments(1000.);
  DesignVector x(5, .5);
  Watch watch(1e-7);
  const auto summary = Gcmma(iterations(100)).minimize(problem, x, watch);
  ASSERT_GE(summary.notes.size(), 2u);
  EXPECT_EQ(summary.notes[0],
            "the start lies outside the bounds in 5 of 5 design variables, by up to 0.5: moved onto the bounds");
  EXPECT_EQ(summary.notes[1], "the start breaks constraint 0 by 1.2e+04 %: elastic variables let it through at a cost");
  // f = .0624 sum x, x_i = a_i (S / (1 + e))^(1/3) for g <= e: df/de = -f / 3.
  ASSERT_EQ(summary.last.multipliers.size(), 1u);
  EXPECT_NEAR(summary.last.multipliers[0], 1339.9563606 / 3., 1e-3);
}

void run_quadratic(const std::size_t n, const double volume, const bool empty_rank, const double tolerance = 1e-6)
{
  auto parameters = iterations(100);
  parameters.subproblem_tolerance = 1e-11;
  compare_with_closed_form(Gcmma(parameters), Gcmma(parameters), n, volume, empty_rank, tolerance);
}

TEST(GcmmaMpi, BoxConstrainedQuadratic) { run_quadratic(1000, 1., false); }
TEST(GcmmaMpi, QuadraticWithVolumeConstraint) { run_quadratic(1000, .3, false); }
TEST(GcmmaMpi, OneRankOwnsNothing) { run_quadratic(1000, .3, true); }

} // namespace
} // namespace cageopt::optimizer
