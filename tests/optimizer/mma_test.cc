// MMA against problems with known optima, alone and distributed; state, multipliers, refusals.
#include <cmath>
#include <functional>
#include <limits>

#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/mma.h>

namespace cageopt::optimizer {
namespace {

/// A problem on one process from functions.
class SerialProblem : public DesignProblem
{
public:
  using Function = std::function<void(const DesignVector &x, Evaluation &e)>;
  SerialProblem(const DesignVector &lower, const DesignVector &upper, const unsigned int m, const Function &function)
      : lower(lower), upper(upper), m(m), function(function)
  {
  }
  MPI_Comm comm() const override { return MPI_COMM_SELF; }
  unsigned int n_constraints() const override { return m; }
  void bounds(DesignVector &low, DesignVector &upp) const override
  {
    low = lower;
    upp = upper;
  }
  void evaluate(const DesignVector &x, Evaluation &e) override
  {
    e.objective_gradient.assign(x.size(), 0.);
    e.constraints.assign(m, 0.);
    e.constraint_gradients.assign(m, DesignVector(x.size(), 0.));
    function(x, e);
  }

  DesignVector lower, upper;
  const unsigned int m;
  Function function;
};

/// Stops below a KKT residual and a violation, and keeps what it saw.
class Watch : public IterationObserver
{
public:
  explicit Watch(const double kkt = 0.) : kkt(kkt) {}
  Verdict on_iteration(const IterationRecord &record, const DesignVector &design) override
  {
    records.push_back(record);
    designs.push_back(design);
    if (also)
      also();
    return record.kkt_residual < kkt && record.max_constraint_violation < 1e-8 ? Verdict::stop : Verdict::go_on;
  }
  double kkt;
  std::vector<IterationRecord> records;
  std::vector<DesignVector> designs;
  std::function<void()> also;
};

MmaParameters iterations(const unsigned int n)
{
  MmaParameters parameters;
  parameters.maximum_iterations = n;
  return parameters;
}

/// Svanberg (1987), section 5; see published-values.md 8.1.
SerialProblem five_segments(const double objective_unit = 1.)
{
  return SerialProblem(DesignVector(5, 1.), DesignVector(5, 10.), 1, [=](const DesignVector &x, Evaluation &e) {
    const double weights[] = {61, 37, 19, 7, 1};
    e.objective = 0;
    e.constraints[0] = -1.;
    for (int j = 0; j < 5; ++j) {
      e.objective += objective_unit * .0624 * x[j];
      e.objective_gradient[j] = objective_unit * .0624;
      e.constraints[0] += weights[j] / std::pow(x[j], 3);
      e.constraint_gradients[0][j] = -3. * weights[j] / std::pow(x[j], 4);
    }
  });
}
const double five_segments_x[] = {6.01601589, 5.30917386, 4.49432957, 3.50147497, 2.15266533};

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

TEST(Mma, HockSchittkowski43RosenSuzuki)
{
  SerialProblem problem(DesignVector(4, -5.), DesignVector(4, 5.), 3, [](const DesignVector &x, Evaluation &e) {
    e.objective =
        x[0] * x[0] + x[1] * x[1] + 2 * x[2] * x[2] + x[3] * x[3] - 5 * x[0] - 5 * x[1] - 21 * x[2] + 7 * x[3];
    e.objective_gradient = {2 * x[0] - 5, 2 * x[1] - 5, 4 * x[2] - 21, 2 * x[3] + 7};
    e.constraints = {x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3] + x[0] - x[1] + x[2] - x[3] - 8,
                     x[0] * x[0] + 2 * x[1] * x[1] + x[2] * x[2] + 2 * x[3] * x[3] - x[0] - x[3] - 10,
                     2 * x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 2 * x[0] - x[1] - x[3] - 5};
    e.constraint_gradients = {{2 * x[0] + 1, 2 * x[1] - 1, 2 * x[2] + 1, 2 * x[3] - 1},
                              {2 * x[0] - 1, 4 * x[1], 2 * x[2], 4 * x[3] - 1},
                              {4 * x[0] + 2, 2 * x[1] - 1, 2 * x[2], -1}};
  });
  DesignVector x(4, 0.);
  Watch watch(1e-7);
  const auto summary = Mma(iterations(200)).minimize(problem, x, watch);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  EXPECT_NEAR(summary.last.objective, -44., 1e-6);
  const double optimum[] = {0, 1, 2, -1};
  for (int j = 0; j < 4; ++j)
    EXPECT_NEAR(x[j], optimum[j], 1e-4);
}

TEST(Mma, HockSchittkowski76AtABound)
{
  SerialProblem problem(DesignVector(4, 0.), DesignVector(4, 5.), 3, [](const DesignVector &x, Evaluation &e) {
    e.objective = x[0] * x[0] + .5 * x[1] * x[1] + x[2] * x[2] + .5 * x[3] * x[3] - x[0] * x[2] + x[2] * x[3] - x[0] -
                  3 * x[1] + x[2] - x[3];
    e.objective_gradient = {2 * x[0] - x[2] - 1, x[1] - 3, 2 * x[2] - x[0] + x[3] + 1, x[3] + x[2] - 1};
    e.constraints = {x[0] + 2 * x[1] + x[2] + x[3] - 5, 3 * x[0] + x[1] + 2 * x[2] - x[3] - 4, 1.5 - x[1] - 4 * x[2]};
    e.constraint_gradients = {{1, 2, 1, 1}, {3, 1, 2, -1}, {0, -1, -4, 0}};
  });
  DesignVector x(4, .5);
  Watch watch(1e-7);
  const auto summary = Mma(iterations(200)).minimize(problem, x, watch);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  EXPECT_NEAR(summary.last.objective, -103. / 22., 1e-6);
  const double optimum[] = {3. / 11., 23. / 11., 0., 6. / 11.};
  for (int j = 0; j < 4; ++j)
    EXPECT_NEAR(x[j], optimum[j], 1e-4);
}

TEST(Mma, HockSchittkowski100)
{
  SerialProblem problem(DesignVector(7, -10.), DesignVector(7, 10.), 4, [](const DesignVector &v, Evaluation &e) {
    const double a = v[0], b = v[1], c = v[2], d = v[3], f = v[4], g = v[5], h = v[6];
    e.objective = std::pow(a - 10, 2) + 5 * std::pow(b - 12, 2) + std::pow(c, 4) + 3 * std::pow(d - 11, 2) +
                  10 * std::pow(f, 6) + 7 * g * g + std::pow(h, 4) - 4 * g * h - 10 * g - 8 * h;
    e.objective_gradient = {2 * (a - 10),
                            10 * (b - 12),
                            4 * c * c * c,
                            6 * (d - 11),
                            60 * std::pow(f, 5),
                            14 * g - 4 * h - 10,
                            4 * h * h * h - 4 * g - 8};
    e.constraints = {2 * a * a + 3 * std::pow(b, 4) + c + 4 * d * d + 5 * f - 127,
                     7 * a + 3 * b + 10 * c * c + d - f - 282, 23 * a + b * b + 6 * g * g - 8 * h - 196,
                     4 * a * a + b * b - 3 * a * b + 2 * c * c + 5 * g - 11 * h};
    e.constraint_gradients = {{4 * a, 12 * b * b * b, 1, 8 * d, 5, 0, 0},
                              {7, 3, 20 * c, 1, -1, 0, 0},
                              {23, 2 * b, 0, 0, 0, 12 * g, -8},
                              {8 * a - 3 * b, 2 * b - 3 * a, 4 * c, 0, 0, 5, -11}};
    const double scale[] = {127, 282, 196, 10};
    for (int i = 0; i < 4; ++i) {
      e.constraints[i] /= scale[i];
      for (auto &value : e.constraint_gradients[i])
        value /= scale[i];
    }
  });
  DesignVector x{1, 2, 0, 4, 0, 1, 1};
  Watch watch(1e-6);
  const auto summary = Mma(iterations(500)).minimize(problem, x, watch);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  EXPECT_NEAR(summary.last.objective, 680.6300573, 1e-6 * 680.63);
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
  std::vector<MmaState> states;
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
  MmaState wrong = states.back();
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

/// min sum_j w_j (x_j - c_j)^2 / (2n) + 1 on [0, 1]^n, optionally with mean(x) <= V. With the multiplier v of the mean,
/// x_j = clamp(c_j - v / w_j); v by bisection.
class Quadratic : public DesignProblem
{
public:
  Quadratic(MPI_Comm communicator, const std::size_t first, const std::size_t n_owned, const std::size_t n,
            const double volume)
      : communicator(communicator), first(first), n_owned(n_owned), n(n), volume(volume)
  {
  }
  static double weight(const std::size_t j) { return 1.5 + std::sin(double(j)); }
  static double center(const std::size_t j) { return .5 + .8 * std::cos(3. * double(j)); }

  MPI_Comm comm() const override { return communicator; }
  unsigned int n_constraints() const override { return volume < 1. ? 1 : 0; }
  void bounds(DesignVector &lower, DesignVector &upper) const override
  {
    lower.assign(n_owned, 0.);
    upper.assign(n_owned, 1.);
  }
  void evaluate(const DesignVector &x, Evaluation &e) override
  {
    double sums[2] = {0, 0};
    e.objective_gradient.resize(n_owned);
    for (std::size_t k = 0; k < n_owned; ++k) {
      const double away = x[k] - center(first + k), w = weight(first + k);
      sums[0] += .5 * w * away * away / double(n);
      sums[1] += x[k] / double(n);
      e.objective_gradient[k] = w * away / double(n);
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, communicator);
    e.objective = 1. + sums[0];
    e.constraints.assign(n_constraints(), sums[1] / volume - 1.);
    e.constraint_gradients.assign(n_constraints(), DesignVector(n_owned, 1. / double(n) / volume));
  }

  double solution(const std::size_t j, const double v) const
  {
    return std::min(std::max(center(j) - v / weight(j), 0.), 1.);
  }
  double multiplier() const
  {
    if (volume >= 1.)
      return 0.;
    double low = 0., high = 10.;
    for (int step = 0; step < 100; ++step) {
      const double middle = .5 * (low + high);
      double mean = 0;
      for (std::size_t j = 0; j < n; ++j)
        mean += solution(j, middle) / double(n);
      (mean > volume ? low : high) = middle;
    }
    return low;
  }
  double optimum() const
  {
    const double v = multiplier();
    double value = 1.;
    for (std::size_t j = 0; j < n; ++j)
      value += .5 * weight(j) * std::pow(solution(j, v) - center(j), 2) / double(n);
    return value;
  }

private:
  MPI_Comm communicator;
  std::size_t first, n_owned, n;
  double volume;
};

/// Uneven split: rank r gets a share r (so rank 0 of several is empty) or r + 1.
void run_quadratic(const std::size_t n, const double volume, const bool empty_rank, const double tolerance = 1e-6)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const std::size_t extra = empty_rank && n_ranks > 1 ? 0 : 1;
  const auto begin_of = [&](const std::size_t r) {
    const auto shares = [&](const std::size_t k) { return k * (k - 1) / 2 + extra * k; };
    return r == 0 ? 0 : n * shares(r) / shares(n_ranks);
  };
  const std::size_t begin = begin_of(rank), n_owned = begin_of(rank + 1) - begin;

  auto parameters = iterations(100);
  parameters.subproblem_tolerance = 1e-11;
  Quadratic problem(MPI_COMM_WORLD, begin, n_owned, n, volume), serial(MPI_COMM_SELF, 0, n, n, volume);
  DesignVector x(n_owned, .5), x_serial(n, .5);
  Watch watch(tolerance), watch_serial(tolerance);
  const auto summary = Mma(parameters).minimize(problem, x, watch);
  const auto reference = Mma(parameters).minimize(serial, x_serial, watch_serial);

  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  EXPECT_EQ(summary.last.iteration, reference.last.iteration);
  EXPECT_NEAR(summary.last.objective, problem.optimum(), 1e-10);
  const double v = problem.multiplier();
  ASSERT_EQ(watch.records.size(), watch_serial.records.size());
  for (std::size_t k = 0; k < watch.records.size(); ++k)
    EXPECT_NEAR(watch.records[k].objective, watch_serial.records[k].objective, 1e-10);
  for (std::size_t k = 0; k < n_owned; ++k) {
    EXPECT_NEAR(x[k], problem.solution(begin + k, v), 1e-5);
    EXPECT_NEAR(x[k], x_serial[begin + k], 1e-8);
  }
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
