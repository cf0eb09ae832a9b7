// When a run counts as converged, and how it says why.
#include <cmath>
#include <limits>

#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <optimizer/convergence.h>

namespace cageopt::optimizer {
namespace {

IterationRecord record(const double objective, const double violation, const double kkt)
{
  IterationRecord result;
  result.objective = objective;
  result.max_constraint_violation = violation;
  result.kkt_residual = kkt;
  return result;
}

ConvergenceParameters parameters()
{
  ConvergenceParameters result;
  result.objective_change = .01;
  result.window = 3;
  result.constraint_violation = 1e-3;
  result.kkt_residual = 1e-4;
  return result;
}

TEST(Convergence, StandstillNeedsTheWholeWindow)
{
  Convergence convergence(parameters(), "strain_mismatch_intact");
  EXPECT_FALSE(convergence.met(record(1., 0., 1.)));
  EXPECT_FALSE(convergence.met(record(.5, 0., 1.)));
  EXPECT_FALSE(convergence.met(record(.5, 0., 1.)));
  EXPECT_FALSE(convergence.met(record(.5, 0., 1.))); // 1 is still among the last three changes
  EXPECT_GT(convergence.measure(), 1.);
  EXPECT_TRUE(convergence.met(record(.498, 0., 1.)));
  EXPECT_NEAR(convergence.measure(), .004 / .01, 1e-12);
  EXPECT_EQ(convergence.reason(), "all constraints hold to 0.001, and strain_mismatch_intact changed by 0.004 over the "
                                  "last 3 iterations, less than 0.01");
}

TEST(Convergence, SlowDriftIsNoStandstill)
{
  Convergence convergence(parameters(), "f");
  for (int k = 0; k < 20; ++k) // 0.4 % each, 1.2 % over the window
    EXPECT_FALSE(convergence.met(record(std::pow(.996, k), 0., 1.))) << k;
  EXPECT_TRUE(convergence.reason().empty());
}

TEST(Convergence, OptimalityEndsAtOnce)
{
  Convergence convergence(parameters(), "f");
  EXPECT_TRUE(convergence.met(record(1., 5e-4, 5e-5)));
  EXPECT_NEAR(convergence.measure(), .5, 1e-12);
  EXPECT_EQ(convergence.reason(),
            "all constraints hold to 0.001, and the optimality (KKT) residual, 5e-05, is below 0.0001");
}

TEST(Convergence, NothingCountsWhileAConstraintIsViolated)
{
  Convergence convergence(parameters(), "f");
  for (int k = 0; k < 6; ++k)
    EXPECT_FALSE(convergence.met(record(1., .02, 0.)));
  EXPECT_NEAR(convergence.measure(), 20., 1e-9);
  EXPECT_TRUE(convergence.met(record(1., 1e-3, 1.)));
}

TEST(Convergence, NegativeAndZeroObjectives)
{
  Convergence falling(parameters(), "f"), zero(parameters(), "f");
  for (int k = 0; k < 3; ++k) {
    EXPECT_FALSE(falling.met(record(-1. - k, 0., 1.)));
    EXPECT_FALSE(zero.met(record(0., 0., 1.)));
  }
  EXPECT_FALSE(falling.met(record(-4., 0., 1.)));
  EXPECT_TRUE(zero.met(record(0., 0., 1.)));
}

TEST(Convergence, NotANumberNeverConverges)
{
  Convergence convergence(parameters(), "f");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int k = 0; k < 6; ++k) {
    EXPECT_FALSE(convergence.met(record(nan, 0., nan)));
    EXPECT_FALSE(convergence.met(record(1., nan, 0.)));
  }
}

TEST(Convergence, EntriesAreRead)
{
  dealii::ParameterHandler prm;
  ConvergenceParameters read;
  read.declare(prm);
  prm.parse_input_from_string("subsection Convergence\nset Objective change = 0.02\nset Window = 7\n"
                              "set Constraint violation = 0.03\nset KKT residual = 0.04\nend\n");
  EXPECT_EQ(read.objective_change, .02);
  EXPECT_EQ(read.window, 7u);
  EXPECT_EQ(read.constraint_violation, .03);
  EXPECT_EQ(read.kkt_residual, .04);
}

} // namespace
} // namespace cageopt::optimizer
