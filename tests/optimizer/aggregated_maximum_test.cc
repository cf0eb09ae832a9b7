// The scaled p-norm against its formula, and derivatives of principal values also where these coincide.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <optimizer/aggregated_maximum.h>
#include <optimizer/principal_state.h>
#include <optimizer/strain_field.h>

namespace cageopt::optimizer {
namespace {

const std::vector<double> numbers = {.3, 0., 2.5, .1, 2.4, -7., 1., .05, 2.45};

/// The value with these numbers shared out over the ranks.
double value_of(AggregatedMaximum &maximum, const std::vector<double> &values, const bool adapt)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  maximum.start();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (int(i) % n_ranks == rank)
      maximum.add(values[i]);
  return maximum.finish(adapt);
}

double norm(const std::vector<double> &values, const double p)
{
  double sum = 0;
  for (const double value : values)
    sum += value > 0 ? std::pow(value, p) : 0.;
  return std::pow(sum, 1. / p);
}

TEST(AggregatedMaximumMpi, IsTheMaximumAndWhenFrozenTheScaledNorm)
{
  constexpr double p = 6;
  AggregatedMaximum maximum(MPI_COMM_WORLD, p);
  EXPECT_EQ(value_of(maximum, numbers, true), 2.5);
  const double scale = 2.5 / norm(numbers, p);
  auto others = numbers;
  others[4] = 3.1;
  EXPECT_EQ(value_of(maximum, others, false), 3.1); // a look that adapts nothing
  maximum.freeze(true);
  EXPECT_NEAR(value_of(maximum, others, true), scale * norm(others, p), 1e-14);
  EXPECT_NEAR(value_of(maximum, numbers, true), 2.5, 1e-14);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double h = 1e-5, slope = maximum.slope(numbers[i]);
    auto up = numbers, down = numbers;
    up[i] += h;
    down[i] -= h;
    EXPECT_NEAR((norm(up, p) - norm(down, p)) / (2. * h) * scale, slope, 1e-9);
  }
  maximum.freeze(false);
  EXPECT_EQ(value_of(maximum, others, true), 3.1);
  maximum.freeze(true);
  EXPECT_NEAR(value_of(maximum, numbers, true), 3.1 / norm(others, p) * norm(numbers, p), 1e-14);
}

TEST(AggregatedMaximumMpi, OfNothingIsZero)
{
  AggregatedMaximum maximum(MPI_COMM_WORLD, 8.);
  maximum.freeze(true);
  EXPECT_EQ(value_of(maximum, {0., -1.}, true), 0.);
  EXPECT_EQ(maximum.slope(0.), 0.);
  EXPECT_NEAR(value_of(maximum, numbers, true), 2.5, 1e-14); // the first that says anything sets the scale
}

TEST(PrincipalStates, SumsOfPowersHaveTheirDerivatives)
{
  // sum of lambda^3 = tr t^3, whose derivative 3 t^2 knows no principal values.
  std::vector<std::array<double, 6>> tensors = {{1., 1., 1., 0., 0., 0.},
                                                {1., 1., 4., 0., 0., 0.},
                                                {2., 2., 2., 1., 1., 1.},
                                                {0., 0., 0., 0., 0., 0.},
                                                {1., 1. + 1e-12, 3., 1e-13, 0., 0.}};
  for (int k = 0; k < 50; ++k) {
    std::array<double, 6> tensor;
    for (int i = 0; i < 6; ++i)
      tensor[i] = 1e-3 * std::sin(1. + 7.3 * k + 2.1 * i * i);
    tensors.push_back(tensor);
  }
  for (const auto &t : tensors) {
    const double m[3][3] = {{t[0], t[3], t[5]}, {t[3], t[1], t[4]}, {t[5], t[4], t[2]}};
    const unsigned int index[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}};
    const auto states = principal_states(t);
    const auto values = principal_values(t);
    double scale = 1e-300;
    for (const double entry : t)
      scale = std::max(scale, std::abs(entry));
    for (unsigned int k = 0; k < 3; ++k)
      EXPECT_NEAR(states[k].value, values[2 - k], 1e-7 * scale);
    for (unsigned int e = 0; e < 6; ++e) {
      double sum = 0, expected = 0;
      for (const auto &state : states)
        sum += 3. * state.value * state.value * state.derivative[e];
      for (unsigned int i = 0; i < 3; ++i)
        expected += 3. * m[index[e][0]][i] * m[i][index[e][1]];
      EXPECT_NEAR(sum, (e < 3 ? 1. : 2.) * expected, 1e-11 * scale * scale);
    }
  }
}

} // namespace
} // namespace cageopt::optimizer
