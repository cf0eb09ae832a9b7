// ROL through the same interface: closed forms on distributed variables, observer, restart. Published problems are in
// published_problems_test.cc.
#include <inputs/error.h>
#include <optimizer/rol_optimizer.h>

#include "analytic_problems.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

void run_quadratic(const std::size_t n, const double volume, const bool empty_rank, const double tolerance = 1e-6)
{
  compare_with_closed_form(RolOptimizer(iterations(100)), RolOptimizer(iterations(100)), n, volume, empty_rank,
                           tolerance, 1e-8);
}

TEST(RolOptimizerMpi, BoxConstrainedQuadratic) { run_quadratic(300, 1., false); }
TEST(RolOptimizerMpi, QuadraticWithVolumeConstraint) { run_quadratic(300, .3, false); }
TEST(RolOptimizerMpi, OneRankOwnsNothing) { run_quadratic(300, .3, true); }

TEST(RolOptimizer, TheObserverSeesTheLatestEvaluationAndEndsTheRun)
{
  auto problem = five_segments();
  const auto function = problem.function;
  DesignVector latest;
  problem.function = [&](const DesignVector &x, Evaluation &e) {
    latest = x;
    function(x, e);
  };
  Watch watch;
  watch.also = [&] { EXPECT_EQ(latest, watch.designs.back()); };
  DesignVector x(5, 5.);
  auto summary = RolOptimizer(iterations(4)).minimize(problem, x, watch);
  EXPECT_EQ(summary.message, "the iteration limit, 4, was reached");
  ASSERT_EQ(watch.records.size(), 4u);
  for (unsigned int k = 0; k < 4; ++k)
    EXPECT_EQ(watch.records[k].iteration, k + 1);
  EXPECT_EQ(watch.designs.front(), DesignVector(5, 5.));
  EXPECT_EQ(watch.designs.back(), x);

  Watch until(1e-5);
  x.assign(5, 1.);
  summary = RolOptimizer(iterations(50)).minimize(problem, x, until);
  EXPECT_TRUE(summary.stopped_by_observer);
  ASSERT_EQ(summary.notes.size(), 1u);
  EXPECT_EQ(summary.notes[0], "the start breaks constraint 0 by 1.2e+04 %: slacks and a penalty let it through");
  EXPECT_NEAR(summary.last.multipliers[0], 1.3399563606 / 3., 1e-4);
}

TEST(RolOptimizer, EndsByItsOwnCriteriaWithTheDesignOfTheLastRecordEvaluatedLast)
{
  auto problem = five_segments();
  const auto function = problem.function;
  DesignVector latest;
  problem.function = [&](const DesignVector &x, Evaluation &e) {
    latest = x;
    function(x, e);
  };
  for (const unsigned int m : {1u, 0u}) { // without constraints: everything as thin as possible
    SerialProblem same(problem.lower, problem.upper, m, [&](const DesignVector &x, Evaluation &e) {
      Evaluation all;
      problem.evaluate(x, all);
      e.objective = all.objective;
      e.objective_gradient = all.objective_gradient;
      if (m > 0) {
        e.constraints = all.constraints;
        e.constraint_gradients = all.constraint_gradients;
      }
    });
    DesignVector x(5, 5.);
    Watch watch;
    const auto summary = RolOptimizer(iterations(100)).minimize(same, x, watch);
    EXPECT_EQ(summary.message, "ROL ended: Converged");
    EXPECT_FALSE(summary.stopped_by_observer);
    EXPECT_EQ(watch.designs.back(), x);
    EXPECT_EQ(latest, x);
    for (int j = 0; j < 5; ++j)
      EXPECT_NEAR(x[j], m > 0 ? five_segments_x[j] : 1., 1e-4);
  }
}

TEST(RolOptimizer, ContinuesWithMultipliersAndPenalty)
{
  auto problem = five_segments();
  RolOptimizer whole(iterations(50));
  Watch watch(1e-6);
  std::vector<OptimizerState> states;
  watch.also = [&] { states.push_back(whole.state()); };
  DesignVector x(5, 5.);
  whole.minimize(problem, x, watch);

  RolOptimizer rest(iterations(50));
  rest.restore(states[3]);
  Watch second(1e-6);
  DesignVector y = watch.designs[3];
  const auto summary = rest.minimize(problem, y, second);
  EXPECT_EQ(second.records.front().iteration, 4u);
  EXPECT_EQ(second.records.front().multipliers, watch.records[3].multipliers);
  EXPECT_TRUE(summary.stopped_by_observer);
  EXPECT_NEAR(summary.last.objective, 1.3399563606, 1e-6);

  states[3].multipliers.clear();
  rest.restore(states[3]);
  EXPECT_THROW(rest.minimize(problem, y, second), inputs::Error);
}

} // namespace
} // namespace cageopt::optimizer
