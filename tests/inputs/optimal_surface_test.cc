#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <inputs/icosphere.h>
#include <inputs/optimal_surface.h>

using namespace cageopt::inputs;

namespace {

float cost_of(const SurfaceProblem &problem, const std::vector<int> &levels)
{
  float sum = 0;
  for (std::size_t column = 0; column < levels.size(); ++column)
    sum += problem.costs[levels[column] + problem.n_levels * column];
  return sum;
}

bool is_allowed(const SurfaceProblem &problem, const std::vector<int> &levels)
{
  return std::all_of(problem.neighbours.begin(), problem.neighbours.end(), [&](const auto &pair) {
    return std::abs(levels[pair[0]] - levels[pair[1]]) <= problem.largest_step;
  });
}

float least_cost(const SurfaceProblem &problem, const int n_columns)
{
  std::vector<int> levels(n_columns, 0);
  float least = 1e30f;
  for (;;) {
    if (is_allowed(problem, levels))
      least = std::min(least, cost_of(problem, levels));
    int column = 0;
    while (column < n_columns && ++levels[column] == problem.n_levels)
      levels[column++] = 0;
    if (column == n_columns)
      return least;
  }
}

} // namespace

TEST(OptimalSurface, is_the_best_of_all)
{
  std::mt19937 random(1);
  std::uniform_int_distribution<int> cost(-1000, 1000);
  const int n_columns = 6;
  for (int largest_step = 0; largest_step <= 2; ++largest_step)
    for (int sample = 0; sample < 20; ++sample) {
      SurfaceProblem problem;
      problem.n_levels = 5;
      problem.largest_step = largest_step;
      problem.neighbours = {{{0, 1}}, {{1, 2}}, {{3, 4}}, {{4, 5}}, {{0, 3}}, {{1, 4}}, {{2, 5}}};
      for (int node = 0; node < n_columns * problem.n_levels; ++node)
        problem.costs.push_back(.001f * float(cost(random)));
      const auto levels = optimal_surface(problem);
      ASSERT_EQ(levels.size(), std::size_t(n_columns));
      EXPECT_TRUE(is_allowed(problem, levels));
      EXPECT_NEAR(cost_of(problem, levels), least_cost(problem, n_columns), 1e-5);
    }
}

TEST(OptimalSurface, bridges_columns_without_an_edge)
{
  SurfaceProblem problem;
  problem.n_levels = 20;
  problem.costs.assign(11 * 20, 0.f);
  for (int column = 0; column < 11; ++column) {
    if (column > 0)
      problem.neighbours.push_back({{column - 1, column}});
    if (column < 3 || column > 7)
      problem.costs[7 + 20 * column] = -1;
    else
      problem.costs[19 + 20 * column] = -.2f; // out of reach of neighbours on the edge
  }
  const auto levels = optimal_surface(problem);
  for (int column = 0; column < 11; ++column)
    EXPECT_NEAR(levels[column], 7, column < 3 || column > 7 ? 0 : 3);
}

TEST(Icosphere, is_a_closed_even_sphere)
{
  for (int halvings = 0; halvings <= 3; ++halvings) {
    const Icosphere sphere(halvings);
    const std::size_t n = 10 * (std::size_t(1) << (2 * halvings)) + 2;
    EXPECT_EQ(sphere.directions().size(), n);
    EXPECT_EQ(sphere.triangles().size(), 2 * n - 4); // Euler
    EXPECT_EQ(sphere.edges().size(), 3 * n - 6);
    double sum = 0;
    for (const double angle : sphere.solid_angles())
      sum += angle;
    EXPECT_NEAR(sum, 1, 1e-12);
    const auto [least, most] = std::minmax_element(sphere.solid_angles().begin(), sphere.solid_angles().end());
    EXPECT_LT(*most / *least, 1.6);
    for (const Point &direction : sphere.directions())
      EXPECT_NEAR(norm(direction), 1, 1e-12);
    const TriangleSurface surface("sphere", sphere.directions(), sphere.triangles()); // throws unless closed
    EXPECT_TRUE(surface.warnings().empty());                                          // none: outward
    if (halvings > 0) {
      const auto coarser = Icosphere(halvings - 1).directions();
      EXPECT_TRUE(std::equal(coarser.begin(), coarser.end(), sphere.directions().begin()));
    }
  }
}
