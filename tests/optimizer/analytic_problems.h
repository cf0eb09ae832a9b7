#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <optimizer/design_problem.h>
#include <optimizer/mma_parameters.h>

namespace cageopt::optimizer::test {

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

inline MmaParameters iterations(const unsigned int n)
{
  MmaParameters parameters;
  parameters.maximum_iterations = n;
  return parameters;
}

/// Svanberg (1987), section 5; see published-values.md 8.1.
inline SerialProblem five_segments(const double objective_unit = 1.)
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
constexpr double five_segments_x[] = {6.01601589, 5.30917386, 4.49432957, 3.50147497, 2.15266533};

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

/// Minimises the quadratic on all ranks and, with `alone`, on each; compares both with the closed form. Uneven split:
/// rank r gets a share r (so rank 0 of several is empty) or r + 1.
inline void compare_with_closed_form(Optimizer &&together, Optimizer &&alone, const std::size_t n, const double volume,
                                     const bool empty_rank, const double tolerance, const double accuracy = 1e-10)
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

  Quadratic problem(MPI_COMM_WORLD, begin, n_owned, n, volume), serial(MPI_COMM_SELF, 0, n, n, volume);
  DesignVector x(n_owned, .5), x_serial(n, .5);
  Watch watch(tolerance), watch_serial(tolerance);
  const auto summary = together.minimize(problem, x, watch);
  const auto reference = alone.minimize(serial, x_serial, watch_serial);

  EXPECT_TRUE(summary.stopped_by_observer) << summary.last.kkt_residual;
  EXPECT_EQ(summary.last.iteration, reference.last.iteration);
  EXPECT_NEAR(summary.last.objective, problem.optimum(), accuracy);
  const double v = problem.multiplier();
  ASSERT_EQ(watch.records.size(), watch_serial.records.size());
  for (std::size_t k = 0; k < watch.records.size(); ++k)
    EXPECT_NEAR(watch.records[k].objective, watch_serial.records[k].objective, accuracy);
  for (std::size_t k = 0; k < n_owned; ++k) {
    EXPECT_NEAR(x[k], problem.solution(begin + k, v), 1e-5);
    EXPECT_NEAR(x[k], x_serial[begin + k], 1e-8);
  }
}

} // namespace cageopt::optimizer::test
