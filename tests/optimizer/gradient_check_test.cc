// Central differences find correct gradients correct and wrong ones wrong, alike on any number of ranks.
#include <cmath>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/gradient_check.h>

namespace cageopt::optimizer {
namespace {

/// f = sum (w_j exp(x_j) + x_j^3), g = (sum x_j^2) / n - 1, h = 0 x: variables over [-1, 3], w_j = 1 + j.
class Smooth : public DesignProblem
{
public:
  Smooth(const std::size_t first, const std::size_t n_owned, const std::size_t n) : first(first), n_owned(n_owned), n(n)
  {
  }
  MPI_Comm comm() const override { return MPI_COMM_WORLD; }
  unsigned int n_constraints() const override { return 2; }
  void bounds(DesignVector &lower, DesignVector &upper) const override
  {
    lower.assign(n_owned, -1.);
    upper.assign(n_owned, 3.);
  }
  void evaluate(const DesignVector &x, Evaluation &evaluation) override
  {
    double sums[2] = {0, 0};
    evaluation.objective_gradient.resize(n_owned);
    evaluation.constraint_gradients.assign(2, DesignVector(n_owned, 0.));
    for (std::size_t j = 0; j < n_owned; ++j) {
      const double weight = 1. + double(first + j);
      sums[0] += weight * std::exp(x[j]) + x[j] * x[j] * x[j];
      sums[1] += x[j] * x[j] / double(n);
      evaluation.objective_gradient[j] = (weight * std::exp(x[j]) + 3. * x[j] * x[j]) * objective_error;
      evaluation.constraint_gradients[0][j] = 2. * x[j] / double(n);
      if (first + j == wrong_variable)
        evaluation.constraint_gradients[0][j] *= -1.;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm());
    evaluation.objective = sums[0];
    evaluation.constraints = {sums[1] - 1., -1.};
  }

  double objective_error = 1.;
  std::size_t wrong_variable = std::size_t(-1);

private:
  const std::size_t first, n_owned, n;
};

/// Rank 0 of several owns nothing.
Smooth distributed_smooth(DesignVector &x, const std::size_t n)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const std::size_t begin = n_ranks == 1 ? 0 : rank == 0 ? 0 : n * (rank - 1) / (n_ranks - 1);
  const std::size_t end = n_ranks == 1 ? n : rank == 0 ? 0 : n * rank / (n_ranks - 1);
  x.resize(end - begin);
  for (std::size_t j = 0; j < x.size(); ++j)
    x[j] = .5 + .4 * std::sin(double(begin + j));
  return Smooth(begin, x.size(), n);
}

TEST(GradientCheckMpi, CorrectGradientsPass)
{
  DesignVector x;
  auto problem = distributed_smooth(x, 41);
  GradientCheckOptions options;
  options.names = {"sum of exponentials"};
  options.tolerances = {1e-8, 1e-8, 1e-8};
  const auto table = check_gradients(problem, x, options);
  ASSERT_EQ(table.size(), 6u * 3u);
  EXPECT_EQ(table[0].function, "sum of exponentials");
  EXPECT_EQ(table[2].function, "constraint 1");
  EXPECT_LT(worst_relative_error(table), 1e-8) << to_text(table);
  EXPECT_EQ(to_text(table).find("WRONG"), std::string::npos);
}

TEST(GradientCheckMpi, DirectionsDoNotDependOnTheNumberOfRanks)
{
  DesignVector x;
  auto problem = distributed_smooth(x, 41);
  const auto table = check_gradients(problem, x);
  // The same on one process, whatever the number of ranks of this test.
  DesignVector x_whole(41);
  for (std::size_t j = 0; j < 41; ++j)
    x_whole[j] = .5 + .4 * std::sin(double(j));
  class OneProcess : public DesignProblem
  {
  public:
    MPI_Comm comm() const override { return MPI_COMM_SELF; }
    unsigned int n_constraints() const override { return 0; }
    void bounds(DesignVector &lower, DesignVector &upper) const override
    {
      lower.assign(41, -1.);
      upper.assign(41, 3.);
    }
    void evaluate(const DesignVector &x, Evaluation &evaluation) override
    {
      evaluation.objective = 0;
      evaluation.objective_gradient.resize(41);
      for (std::size_t j = 0; j < 41; ++j) {
        evaluation.objective += (1. + double(j)) * std::exp(x[j]) + x[j] * x[j] * x[j];
        evaluation.objective_gradient[j] = (1. + double(j)) * std::exp(x[j]) + 3. * x[j] * x[j];
      }
    }
  } serial;
  const auto reference = check_gradients(serial, x_whole);
  ASSERT_EQ(3 * reference.size(), table.size());
  for (std::size_t row = 0; row < reference.size(); ++row) {
    EXPECT_EQ(table[3 * row].direction, reference[row].direction);
    EXPECT_NEAR(table[3 * row].analytic, reference[row].analytic, 1e-10 * std::abs(reference[row].analytic));
  }
}

TEST(GradientCheckMpi, WrongGradientsAreFlagged)
{
  DesignVector x;
  auto problem = distributed_smooth(x, 41);
  problem.objective_error = 1. + 1e-4;
  const auto table = check_gradients(problem, x);
  for (const auto &row : table)
    if (row.function == "objective")
      EXPECT_NEAR(row.relative_error, 1e-4, 1e-6);
    else
      EXPECT_LT(row.relative_error, 1e-8);
  EXPECT_NE(to_text(table).find("WRONG"), std::string::npos);
}

TEST(GradientCheckMpi, OneWrongComponentIsSeenByRandomDirections)
{
  DesignVector x;
  auto problem = distributed_smooth(x, 41);
  problem.wrong_variable = 17;
  double worst_random = 0;
  for (const auto &row : check_gradients(problem, x)) {
    if (row.function == "constraint 0" && row.direction.find("random") == 0)
      worst_random = std::max(worst_random, row.relative_error);
    if (row.function != "constraint 0") {
      EXPECT_LT(row.relative_error, 1e-8);
    }
  }
  EXPECT_GT(worst_random, 1e-3);
}

TEST(GradientCheck, NoRoomIsRefused)
{
  Smooth problem(0, 3, 3);
  EXPECT_THROW(check_gradients(problem, {-1., 3., -1.}), inputs::InputError);
}

TEST(GradientCheck, VariablesAtBoundsStayWithinThem)
{
  class Guarded : public Smooth
  {
  public:
    using Smooth::Smooth;
    void evaluate(const DesignVector &x, Evaluation &evaluation) override
    {
      for (const double value : x)
        ASSERT_TRUE(value >= -1. && value <= 3.);
      Smooth::evaluate(x, evaluation);
    }
  } problem(0, 4, 4);
  EXPECT_LT(worst_relative_error(check_gradients(problem, {-1., 3., .2, 1.4})), 1e-8);
}

} // namespace
} // namespace cageopt::optimizer
