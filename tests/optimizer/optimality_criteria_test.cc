// Optimality criteria: the same optimum as MMA and as the closed form on a distributed volume problem; what it refuses.
#include <inputs/error.h>
#include <optimizer/mma.h>
#include <optimizer/optimality_criteria.h>
#include <optimizer/reductions.h>

#include "analytic_problems.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// min sum_j w_j / (x_j + 0.1) / n with mean(x) <= 0.4 on [0, 1]^n: x_j = clamp(sqrt(w_j / v) - 0.1), v by bisection.
/// Like compliance: a sum of reciprocals.
class Springs : public DesignProblem
{
public:
  explicit Springs(MPI_Comm communicator) : communicator(communicator)
  {
    int rank = 0, n_ranks = 1;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &n_ranks);
    begin = n * rank * rank / (n_ranks * n_ranks); // uneven
    end = n * (rank + 1) * (rank + 1) / (n_ranks * n_ranks);
  }
  static double weight(const std::size_t j) { return std::exp(2. * std::sin(double(j))); }
  MPI_Comm comm() const override { return communicator; }
  unsigned int n_constraints() const override { return 1; }
  void bounds(DesignVector &lower, DesignVector &upper) const override
  {
    lower.assign(end - begin, 0.);
    upper.assign(end - begin, 1.);
  }
  void evaluate(const DesignVector &x, Evaluation &e) override
  {
    std::vector<double> sums(2, 0.);
    e.objective_gradient.resize(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double w = weight(begin + k) / double(n), y = x[k] + .1;
      sums[0] += w / y;
      sums[1] += x[k] / double(n);
      e.objective_gradient[k] = -w / (y * y);
    }
    all_sum(communicator, sums);
    e.objective = sums[0];
    e.constraints = {sums[1] / .4 - 1.};
    e.constraint_gradients = {DesignVector(x.size(), 1. / (.4 * double(n)))};
  }
  static double solution(const std::size_t j, const double v)
  {
    return std::min(std::max(std::sqrt(weight(j) / v) - .1, 0.), 1.);
  }
  static double multiplier()
  {
    double low = 1e-6, high = 1e6;
    for (int step = 0; step < 200; ++step) {
      const double middle = std::sqrt(low * high);
      double mean = 0;
      for (std::size_t j = 0; j < n; ++j)
        mean += solution(j, middle) / double(n);
      (mean > .4 ? low : high) = middle;
    }
    return low;
  }

  static constexpr std::size_t n = 500;
  std::size_t begin, end;

private:
  MPI_Comm communicator;
};

TEST(OptimalityCriteriaMpi, SpringsLikeMmaAndLikeTheClosedForm)
{
  Springs problem(MPI_COMM_WORLD);
  DesignVector x(problem.end - problem.begin, .8), y = x; // the start breaks the constraint
  Watch watch(1e-7), watch_mma(1e-7);
  const auto summary = OptimalityCriteria(iterations(100)).minimize(problem, x, watch);
  const auto mma = Mma(iterations(100)).minimize(problem, y, watch_mma);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  ASSERT_EQ(summary.notes.size(), 1u);
  EXPECT_EQ(summary.notes[0].rfind("the start breaks constraint 0 by 1e+02 %", 0), 0u) << summary.notes[0];
  EXPECT_NEAR(summary.last.objective, mma.last.objective, 1e-6 * mma.last.objective);
  const double v = Springs::multiplier();
  for (std::size_t k = 0; k < x.size(); ++k)
    EXPECT_NEAR(x[k], Springs::solution(problem.begin + k, v), 1e-5);
  ASSERT_EQ(summary.last.multipliers.size(), 1u);
  EXPECT_NEAR(summary.last.multipliers[0] / .4, v, 1e-5 * v);
}

TEST(OptimalityCriteriaMpi, DoesNotDependOnTheNumberOfRanks)
{
  Springs problem(MPI_COMM_WORLD), alone(MPI_COMM_SELF);
  DesignVector x(problem.end - problem.begin, .4), y(Springs::n, .4);
  Watch watch, watch_alone;
  OptimalityCriteria(iterations(15)).minimize(problem, x, watch);
  OptimalityCriteria(iterations(15)).minimize(alone, y, watch_alone);
  for (std::size_t k = 0; k < 15; ++k) {
    EXPECT_NEAR(watch.records[k].objective, watch_alone.records[k].objective, 1e-10);
    EXPECT_LE(watch.records[k].design_change, .2 + 1e-12);
  }
  for (std::size_t k = 0; k < x.size(); ++k)
    EXPECT_NEAR(x[k], y[problem.begin + k], 1e-9);
}

TEST(OptimalityCriteria, LeavesTheLowerBoundAgain)
{
  Springs problem(MPI_COMM_SELF);
  DesignVector x(Springs::n, 0.);
  Watch watch(1e-7);
  OptimalityCriteria(iterations(100)).minimize(problem, x, watch);
  const double v = Springs::multiplier();
  for (std::size_t j = 0; j < x.size(); ++j)
    EXPECT_NEAR(x[j], Springs::solution(j, v), 1e-5);
}

TEST(OptimalityCriteria, SavedStateContinuesBitwise)
{
  Springs problem(MPI_COMM_SELF);
  DesignVector x(Springs::n, .4);
  OptimalityCriteria whole(iterations(12));
  Watch watch;
  std::vector<OptimizerState> states;
  watch.also = [&] { states.push_back(whole.state()); };
  whole.minimize(problem, x, watch);
  DesignVector y = watch.designs[7];
  OptimalityCriteria rest(iterations(12));
  rest.restore(states[7]);
  Watch second;
  rest.minimize(problem, y, second);
  EXPECT_EQ(second.records.front().iteration, 8u);
  EXPECT_EQ(y, x);
}

TEST(OptimalityCriteria, RefusesWhatItCannotDo)
{
  const auto message = [](SerialProblem problem) {
    DesignVector x(problem.lower.size(), .5);
    Watch watch;
    try {
      OptimalityCriteria(iterations(5)).minimize(problem, x, watch);
    } catch (const inputs::InputError &error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto sum = [](const double objective_slope, const double constraint_slope, const unsigned int m) {
    return SerialProblem({0., 0.}, {1., 1.}, m, [=](const DesignVector &x, Evaluation &e) {
      e.objective = 3. - x[0] + objective_slope * x[1];
      e.objective_gradient = {-1., objective_slope};
      e.constraints.assign(m, x[0] + constraint_slope * x[1] - 1.);
      e.constraint_gradients.assign(m, {1., constraint_slope});
    });
  };
  const std::string way_out = ". Way out: use 'Optimizer/Method' mma, gcmma or rol, which take any constraints and "
                              "objective.";
  EXPECT_EQ(message(sum(-1., 1., 0)),
            "The number of constraints is 0: 'Optimizer/Method = oc' has one multiplier, for one constraint" + way_out);
  EXPECT_EQ(message(sum(-1., 1., 2)),
            "The number of constraints is 2: 'Optimizer/Method = oc' has one multiplier, for one constraint" + way_out);
  EXPECT_EQ(
      message(sum(.1, 1., 1)),
      "The objective's derivative with respect to a design variable is positive: 'Optimizer/Method = oc' needs an "
      "objective that falls as every variable grows, such as compliance" +
          way_out);
  EXPECT_NE(message(sum(-1., -1., 1)).find("The constraint's derivative"), std::string::npos);
  EXPECT_EQ(message(sum(-1., 1., 1)), "no error");
}

} // namespace
} // namespace cageopt::optimizer
