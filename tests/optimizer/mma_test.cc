// MMA against problems with known optima, alone and distributed; state, multipliers, refusals.
#include <cmath>
#include <limits>

#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/mma.h>

#include "analytic_problems.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

TEST(Mma, FiveSegmentCantilever)
{
  auto problem = five_segments();
  DesignVector x(5, 5.);
  Watch watch(1e-7);
  const auto summary = Mma(iterations(60)).minimize(problem, x, watch);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.message;
  EXPECT_NEAR(summary.last.objective, 1.3399563606, 1e-6 * 1.34);
  EXPECT_LT(summary.last.max_constraint_violation, 1e-8);
  for (int j = 0; j < 5; ++j)
    EXPECT_NEAR(x[j], five_segments_x[j], 1e-4);
}

TEST(Mma, UnitOfTheObjectiveDoesNotMatter)
{
  for (const double unit : {1e-8, 1e8}) {
    auto problem = five_segments(unit);
    DesignVector x(5, 5.);
    Watch watch(1e-7);
    const auto summary = Mma(iterations(60)).minimize(problem, x, watch);
    EXPECT_TRUE(summary.stopped_by_observer);
    EXPECT_NEAR(summary.last.objective / unit, 1.3399563606, 1e-6 * 1.34);
  }
}

TEST(Mma, InfeasibleStartsRecover)
{
  auto problem = five_segments();
  DesignVector x(5, 1.); // g = 124
  Watch watch(1e-7);
  const auto summary = Mma(iterations(100)).minimize(problem, x, watch);
  EXPECT_GT(watch.records.front().max_constraint_violation, 100.);
  EXPECT_TRUE(summary.stopped_by_observer);
  EXPECT_NEAR(summary.last.objective, 1.3399563606, 1e-6 * 1.34);
}

TEST(Mma, AnUnreachableConstraintIsMetAsNearlyAsPossible)
{
  // min x1 + x2 with x1 + x2 >= 3 on [0, 1]^2: no design can, (1, 1) comes nearest.
  SerialProblem problem({0., 0.}, {1., 1.}, 1, [](const DesignVector &x, Evaluation &e) {
    e.objective = x[0] + x[1];
    e.objective_gradient = {1., 1.};
    e.constraints[0] = 3. - x[0] - x[1];
    e.constraint_gradients[0] = {-1., -1.};
  });
  DesignVector x{.2, .6};
  Watch watch;
  const auto summary = Mma(iterations(30)).minimize(problem, x, watch);
  EXPECT_FALSE(summary.stopped_by_observer);
  EXPECT_NEAR(x[0], 1., 1e-8);
  EXPECT_NEAR(x[1], 1., 1e-8);
  EXPECT_NEAR(summary.last.max_constraint_violation, 1., 1e-7);
}

TEST(Mma, LeastSquaresSettlesBesideAnInactiveConstraintAndGoesOn)
{
  // f* = 0 inside the bounds: gradients, asymptotes and multipliers all shrink by many orders; the run must not fail.
  const std::size_t n = 50;
  SerialProblem problem(DesignVector(n, .1), DesignVector(n, .5), 1, [=](const DesignVector &x, Evaluation &e) {
    e.objective = 0;
    e.constraints[0] = -.2;
    for (std::size_t j = 0; j < n; ++j) {
      const double away = x[j] - .3 - .02 * std::sin(double(j)), sign = j % 2 == 0 ? 1. : -1.;
      e.objective += std::exp(std::cos(double(j))) * away * away / double(n);
      e.objective_gradient[j] = 2. * std::exp(std::cos(double(j))) * away / double(n);
      e.constraints[0] += 5. * sign * x[j] * x[j] / double(n);
      e.constraint_gradients[0][j] = 10. * sign * x[j] / double(n);
    }
  });
  DesignVector x(n, .2);
  Watch watch;
  Mma(iterations(150)).minimize(problem, x, watch);
  EXPECT_LT(watch.records[40].objective, 1e-4 * watch.records[0].objective);
  EXPECT_LT(watch.records.back().objective, 1e-12 * watch.records[0].objective);
  for (std::size_t j = 0; j < n; ++j)
    EXPECT_NEAR(x[j], .3 + .02 * std::sin(double(j)), 1e-7);
}

TEST(Mma, MinMaxThroughTheArtificialVariable)
{
  // min max(x^2 + 1, (x - 2)^2 + 1) on [-3, 3]: x = 1, value 2.
  SerialProblem problem({-3.}, {3.}, 2, [](const DesignVector &x, Evaluation &e) {
    e.objective = 0;
    e.constraints = {x[0] * x[0] + 1, (x[0] - 2) * (x[0] - 2) + 1};
    e.constraint_gradients = {{2 * x[0]}, {2 * (x[0] - 2)}};
  });
  auto parameters = iterations(40);
  parameters.a = {1., 1.};
  DesignVector x{-2.5};
  Watch watch;
  const auto summary = Mma(parameters).minimize(problem, x, watch);
  EXPECT_NEAR(x[0], 1., 1e-6);
  EXPECT_NEAR(summary.last.constraints[0], 2., 1e-5);
}

TEST(Mma, FixedVariablesStayAndAStartOutsideIsMovedOntoTheBounds)
{
  auto problem = five_segments();
  problem.lower[2] = problem.upper[2] = 6.;
  DesignVector x{5, 20, 5, -3, 5};
  Watch watch(1e-7);
  const auto summary = Mma(iterations(60)).minimize(problem, x, watch);
  EXPECT_EQ(watch.designs.front(), (DesignVector{5, 10, 6, 1, 5}));
  EXPECT_TRUE(summary.stopped_by_observer);
  EXPECT_EQ(x[2], 6.);
  // Closed form of the rest: x_i = w_i^(1/4) (S / r)^(1/3), S the sum of the roots, r what x_3 leaves of the
  // constraint.
  double roots = 0;
  for (const double weight : {61., 37., 7., 1.})
    roots += std::pow(weight, .25);
  const double left = 1. - 19. / 216.;
  EXPECT_NEAR(x[0], std::pow(61., .25) * std::cbrt(roots / left), 1e-4);
  EXPECT_NEAR(summary.last.objective, .0624 * (6. + roots * std::cbrt(roots / left)), 1e-6);

  problem.lower = problem.upper;
  EXPECT_THROW(Mma(iterations(5)).minimize(problem, x, watch), inputs::InputError);
}

TEST(Mma, EndsAtTheLimitWithTheDesignOfTheLastRecord)
{
  auto problem = five_segments();
  DesignVector x(5, 5.);
  Watch watch;
  const auto summary = Mma(iterations(7)).minimize(problem, x, watch);
  EXPECT_FALSE(summary.stopped_by_observer);
  EXPECT_EQ(summary.message, "the iteration limit, 7, was reached");
  EXPECT_EQ(summary.last.iteration, 7u);
  ASSERT_EQ(watch.records.size(), 7u);
  EXPECT_EQ(watch.records.front().iteration, 1u);
  EXPECT_EQ(watch.designs.back(), x);
  for (std::size_t k = 0; k + 1 < 7; ++k) {
    double change = 0;
    for (int j = 0; j < 5; ++j)
      change = std::max(change, std::abs(watch.designs[k + 1][j] - watch.designs[k][j]));
    EXPECT_EQ(change, watch.records[k].design_change);
    EXPECT_LE(change, .2 * 9. + 1e-12);
  }
}

TEST(Mma, SavedStateContinuesBitwise)
{
  auto problem = five_segments();
  DesignVector x(5, 5.);
  Mma whole(iterations(20));
  Watch watch;
  std::vector<OptimizerState> states;
  watch.also = [&] { states.push_back(whole.state()); };
  whole.minimize(problem, x, watch);

  for (const std::size_t saved : {0u, 1u, 2u, 8u, 19u}) {
    DesignVector y = watch.designs[saved];
    Mma rest(iterations(20));
    rest.restore(states[saved]);
    Watch second;
    const auto summary = rest.minimize(problem, y, second);
    ASSERT_EQ(second.records.size(), 20 - saved);
    EXPECT_EQ(second.records.front().iteration, saved + 1);
    EXPECT_EQ(y, x);
    EXPECT_EQ(summary.last.objective, watch.records.back().objective);
    EXPECT_EQ(summary.last.kkt_residual, watch.records.back().kkt_residual);
    EXPECT_EQ(rest.state().low, whole.state().low);
  }

  // Without restore() a second run starts afresh.
  DesignVector again(5, 5.);
  Watch third;
  whole.minimize(problem, again, third);
  EXPECT_EQ(again, x);

  Mma other(iterations(20));
  OptimizerState wrong = states.back();
  wrong.low.pop_back();
  other.restore(wrong);
  EXPECT_THROW(other.minimize(problem, again, third), inputs::Error);
}

TEST(Mma, NotANumberIsNamed)
{
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto message = [&](const std::function<void(Evaluation &)> &spoil) {
    auto problem = five_segments();
    const auto good = problem.function;
    unsigned int calls = 0;
    problem.function = [&](const DesignVector &x, Evaluation &e) {
      good(x, e);
      if (++calls == 3)
        spoil(e);
    };
    DesignVector x(5, 5.);
    Watch watch;
    try {
      Mma(iterations(10)).minimize(problem, x, watch);
    } catch (const inputs::Error &error) {
      EXPECT_EQ(error.code, inputs::ExitCode::internal_error);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([&](Evaluation &e) { e.objective = nan; }),
            "The value of the objective is NaN or infinite in the evaluation of iteration 3.");
  EXPECT_EQ(message([&](Evaluation &e) { e.constraints[0] = -INFINITY; }),
            "The value of constraint 0 is NaN or infinite in the evaluation of iteration 3.");
  EXPECT_EQ(message([&](Evaluation &e) { e.objective_gradient[4] = nan; }),
            "The gradient of the objective, in 1 of 5 design variables, is NaN or infinite in the evaluation of "
            "iteration 3.");
  EXPECT_EQ(message([&](Evaluation &e) { e.constraint_gradients[0][1] = e.constraint_gradients[0][2] = nan; }),
            "The gradient of constraint 0, in 2 of 5 design variables, is NaN or infinite in the evaluation of "
            "iteration 3.");
  EXPECT_NE(message([&](Evaluation &e) { e.constraint_gradients[0].pop_back(); }).find("length of a gradient"),
            std::string::npos);
}

void run_quadratic(const std::size_t n, const double volume, const bool empty_rank, const double tolerance = 1e-6)
{
  auto parameters = iterations(100);
  parameters.subproblem_tolerance = 1e-11;
  compare_with_closed_form(Mma(parameters), Mma(parameters), n, volume, empty_rank, tolerance);
}

TEST(MmaMpi, BoxConstrainedQuadratic) { run_quadratic(1000, 1., false); }
TEST(MmaMpi, QuadraticWithVolumeConstraint) { run_quadratic(1000, .3, false); }
TEST(MmaMpi, OneRankOwnsNothing) { run_quadratic(1000, .3, true); }
TEST(MmaMpi, FewerVariablesThanConstraintsAndRanks) { run_quadratic(2, .3, true, 1e-9); }

TEST(MmaParameters, EntriesAreReadAndChecked)
{
  dealii::ParameterHandler prm;
  MmaParameters parameters;
  parameters.declare(prm);
  prm.parse_input_from_string("subsection Optimizer\n set Maximum iterations = 12\n set Move limit = 0.05\n"
                              " set Constraint penalty = 50\nend\n");
  EXPECT_EQ(parameters.maximum_iterations, 12u);
  EXPECT_EQ(parameters.move_limit, .05);
  EXPECT_EQ(parameters.constraint_penalty, 50.);
  EXPECT_NO_THROW(parameters.check());
  parameters.move_limit = 1.5;
  EXPECT_THROW(Mma mma(parameters), inputs::InputError);
}

} // namespace
} // namespace cageopt::optimizer
