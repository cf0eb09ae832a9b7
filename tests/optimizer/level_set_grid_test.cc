// Shares of cut cells against closed forms, and what keeps a level set function a distance, against known distances.
#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cantilever_domain.h>
#include <meshing/forest.h>
#include <optimizer/boundary_refinement.h>
#include <optimizer/cut_cell.h>
#include <optimizer/level_set_grid.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using Corners = std::array<double, 8>;

template <typename Function>
Corners corners_of(const Function &function)
{
  Corners values;
  for (unsigned int v = 0; v < 8; ++v)
    values[v] = function(v & 1, v >> 1 & 1, v >> 2 & 1);
  return values;
}

/// Share of the unit cube below the plane a x + b y + c z = d, a, b, c > 0: inclusion and exclusion of corners.
double share_below(const double a, const double b, const double c, const double d)
{
  double sum = 0;
  for (unsigned int v = 0; v < 8; ++v) {
    const double rest = d - a * (v & 1) - b * (v >> 1 & 1) - c * (v >> 2 & 1);
    const int parity = (v & 1) + (v >> 1 & 1) + (v >> 2 & 1);
    sum += (parity % 2 ? -1. : 1.) * std::pow(std::max(0., rest), 3);
  }
  return sum / (6. * a * b * c);
}

TEST(CutCell, PlanesAreExact)
{
  for (const double d : {.05, .3, .7, 1.1, 1.49, 1.6}) {
    const auto values = corners_of([&](double x, double y, double z) { return d - .4 * x - .25 * y - z; });
    EXPECT_NEAR(CutCell::of(values).share, share_below(.4, .25, 1., d), 1e-13) << d;
    auto opposite = values;
    for (double &value : opposite)
      value = -value;
    EXPECT_NEAR(CutCell::of(opposite).share, 1. - share_below(.4, .25, 1., d), 1e-13) << d;
  }
  EXPECT_DOUBLE_EQ(CutCell::of(corners_of([](double x, double, double) { return x - .25; })).share, .75);
}

TEST(CutCell, DerivativesAreExact)
{
  std::mt19937 random(7);
  std::uniform_real_distribution<double> number(-1., 1.);
  for (int sample = 0; sample < 200; ++sample) {
    Corners values;
    for (double &value : values)
      value = number(random);
    const auto cut = CutCell::of(values);
    for (unsigned int v = 0; v < 8; ++v) {
      const double h = 1e-5;
      auto above = values, below = values;
      above[v] += h;
      below[v] -= h;
      // The third derivative may jump, which leaves an error of h^2.
      EXPECT_NEAR((CutCell::of(above).share - CutCell::of(below).share) / (2. * h), cut.derivative[v], 1e-6);
    }
  }
}

TEST(CutCell, ZerosAtCornersAreNoTrouble)
{
  const auto cut = CutCell::of(corners_of([](double x, double, double) { return x; }));
  EXPECT_DOUBLE_EQ(cut.share, 1.);
  for (const double derivative : cut.derivative)
    EXPECT_TRUE(std::isfinite(derivative));
  EXPECT_EQ(CutCell::of(Corners{}).share, 0.);
}

template <typename Function>
DesignVector field_on(const LevelSetGrid &grid, const Function &function)
{
  DesignVector values;
  for (std::uint32_t node = 0; node < grid.n_nodes(); ++node)
    values.push_back(function(grid.position(node)));
  return values;
}

/// The box of the cantilever, 2 x 1 x 1 in cells of 1/16.
struct Box
{
  explicit Box(MPI_Comm comm = MPI_COMM_WORLD) : domain(meshing::make_cantilever_domain({16}, comm))
  {
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
      cells.push_back(cell);
    grid = std::make_unique<LevelSetGrid>(domain, cells, .2);
  }
  template <typename Function>
  DesignVector field(const Function &function) const
  {
    return field_on(*grid, function);
  }
  double material(const DesignVector &phi) const
  {
    const auto local = grid->with_ghosts(phi);
    double sum = 0;
    for (std::uint32_t cell = 0; cell < grid->mesh().n_cells(); ++cell) {
      Corners values;
      for (unsigned int v = 0; v < 8; ++v)
        values[v] = local[grid->mesh().nodes_of(cell)[v]];
      sum += std::pow(grid->edge(), 3) * CutCell::of(values).share;
    }
    return test::sum_over_ranks(domain.mesh.comm(), sum);
  }
  double inner(const DesignVector &a, const DesignVector &b) const
  {
    double sum = 0;
    for (std::size_t i = 0; i < grid->n_nodes(); ++i)
      sum += a[i] * b[i];
    return test::sum_over_ranks(domain.mesh.comm(), sum);
  }

  meshing::DesignDomain domain;
  std::vector<std::uint32_t> cells;
  std::unique_ptr<LevelSetGrid> grid;
};

double sphere(const inputs::Point &p, const double radius)
{
  return radius - std::hypot(p[0] - .93, p[1] - .48, p[2] - .53);
}

TEST(LevelSetGridMpi, VolumeOfASphereIsOfSecondOrder)
{
  const Box box;
  const auto error = [&](const double radius) { // relative; chords cut something off
    const double exact = 4. / 3. * std::acos(-1.) * std::pow(radius, 3);
    return 1. - box.material(box.field([&](const auto &p) { return sphere(p, radius); })) / exact;
  };
  EXPECT_NEAR(error(.2) / error(.4), 4., .4);
  EXPECT_LT(error(.4), .015);
}

TEST(LevelSetGridMpi, RedistancingGivesTheDistance)
{
  const Box box;
  const double edge = box.grid->edge();
  auto phi = box.field([](const auto &p) { return 3. * sphere(p, .35); });
  box.grid->redistance(phi);
  double near = 0, far = 0;
  for (std::uint32_t node = 0; node < box.grid->n_nodes(); ++node) {
    const double exact = sphere(box.grid->position(node), .35);
    auto &worst = std::abs(exact) < .5 * edge ? near : far;
    if (exact < .3) // not at the centre, where the distance has no gradient
      worst = std::max(worst, std::abs(phi[node] - std::clamp(exact, -box.grid->band(), box.grid->band())));
  }
  EXPECT_LT(near, .05 * edge);
  EXPECT_LT(far, .6 * edge);
}

TEST(LevelSetGridMpi, RedistancingKeepsTheSurfaceOfADistortedFunction)
{
  const Box box;
  const double edge = box.grid->edge();
  auto phi = box.field(
      [](const auto &p) { return sphere(p, .35) * (3. + 2. * std::sin(9. * p[0]) * std::cos(7. * p[1] + p[2])); });
  box.grid->redistance(phi);
  const auto local = box.grid->with_ghosts(phi);
  int n_crossings = 0;
  for (std::uint32_t cell = 0; cell < box.grid->mesh().n_cells(); ++cell)
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int axis = 0; axis < 3; ++axis) {
        const auto node = box.grid->mesh().nodes_of(cell)[v];
        const double a = local[node], b = local[box.grid->mesh().nodes_of(cell)[v ^ (1u << axis)]];
        if ((v >> axis & 1) || (a > 0) == (b > 0))
          continue;
        auto crossing = box.grid->position(node);
        crossing[axis] += edge * a / (a - b);
        EXPECT_LT(std::abs(sphere(crossing, .35)), .1 * edge);
        ++n_crossings;
      }
  EXPECT_GT(test::sum_over_ranks(MPI_COMM_WORLD, n_crossings), 100);
}

TEST(LevelSetGridMpi, SlackLeavesSharesAlone)
{
  const Box box;
  auto phi = box.field([](const auto &p) { return sphere(p, .35) * (1.05 + .1 * std::sin(9. * p[0])); });
  const double before = box.material(phi);
  box.grid->redistance(phi, 1.5);
  EXPECT_NEAR(box.material(phi), before, 1e-14);
}

TEST(LevelSetGridMpi, ASphereGrowsAsFarAsItIsMoved)
{
  const Box box;
  const double edge = box.grid->edge();
  auto phi = box.field([](const auto &p) { return sphere(p, .15); });
  const int n_steps = 8;
  for (int step = 0; step < n_steps; ++step) {
    for (double &value : phi)
      value += .4 * edge;
    box.grid->redistance(phi);
  }
  const double expected = .15 + n_steps * .4 * edge;
  EXPECT_NEAR(std::cbrt(box.material(phi) * 3. / (4. * std::acos(-1.))), expected, .2 * edge);
}

TEST(LevelSetGridMpi, RanksDoNotMatter)
{
  const Box box, alone(MPI_COMM_SELF);
  const auto distorted = [](const inputs::Point &p) { return sphere(p, .3) * (2. + std::sin(11. * p[0] + 5. * p[2])); };
  auto phi = box.field(distorted), expected = alone.field(distorted);
  box.grid->redistance(phi);
  alone.grid->redistance(expected);
  const auto smooth = box.grid->extended(phi), expected_smooth = alone.grid->extended(expected);
  std::map<std::array<long, 3>, std::uint32_t> by_position;
  const auto key = [&](const LevelSetGrid &grid, const std::uint32_t node) {
    const auto p = grid.position(node);
    return std::array<long, 3>{std::lround(p[0] / grid.edge()), std::lround(p[1] / grid.edge()),
                               std::lround(p[2] / grid.edge())};
  };
  for (std::uint32_t node = 0; node < alone.grid->n_nodes(); ++node)
    by_position[key(*alone.grid, node)] = node;
  for (std::uint32_t node = 0; node < box.grid->n_nodes(); ++node) {
    const auto other = by_position.at(key(*box.grid, node));
    ASSERT_NEAR(phi[node], expected[other], 1e-12);
    ASSERT_NEAR(smooth[node], expected_smooth[other], 1e-10);
  }
}

TEST(LevelSetGridMpi, VelocityExtensionIsSymmetricPositiveAndBounded)
{
  const Box box;
  const auto a = box.field([](const auto &p) { return std::sin(40. * p[0] + 3. * p[1]) * p[2]; });
  const auto b = box.field([](const auto &p) { return std::abs(p[0] - 1.) < .1 ? 1. : -.2 * p[1]; });
  const auto of_a = box.grid->regularised(a), of_b = box.grid->regularised(b);
  EXPECT_NEAR(box.inner(a, of_b), box.inner(b, of_a), 1e-9 * std::abs(box.inner(a, of_a)));
  EXPECT_GT(box.inner(a, of_a), 0.);
  const auto spread = box.grid->extended(b);
  for (const double value : spread) {
    EXPECT_LE(value, 1. + 1e-10);
    EXPECT_GE(value, -.2 - 1e-10);
  }
  for (const double value : box.grid->extended(DesignVector(box.grid->n_nodes(), 2.5)))
    EXPECT_NEAR(value, 2.5, 1e-9);
}

/// The unit cube in cells of 1/32 within a tenth of a sphere, and of 1/16 elsewhere.
struct TwoSizes
{
  TwoSizes()
      : domain(meshing::OctreeMesh(MPI_COMM_WORLD, meshing::make_forest_leaves(
                                                       MPI_COMM_WORLD, {16, 16, 16}, 1,
                                                       [](const meshing::OctreeCell &) { return true; },
                                                       [](const meshing::OctreeCell &cell) {
                                                         inputs::Point centre;
                                                         for (unsigned int d = 0; d < 3; ++d)
                                                           centre[d] = (cell.corner[d] + .5 * cell.edge()) / 32.;
                                                         return std::abs(distance(centre)) < .1 ? 0u : 1u;
                                                       })))
  {
    domain.unit = 1. / 32.;
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
      cells.push_back(cell);
    grid = std::make_unique<LevelSetGrid>(domain, cells, .1);
  }
  static double distance(const inputs::Point &p) { return .31 - std::hypot(p[0] - .5, p[1] - .5, p[2] - .5); }
  template <typename Function>
  DesignVector field(const Function &function) const
  {
    return field_on(*grid, function);
  }

  meshing::DesignDomain domain;
  std::vector<std::uint32_t> cells;
  std::unique_ptr<LevelSetGrid> grid;
};

TEST(LevelSetGridMpi, CellsOfTwoSizesGiveTheDistance)
{
  const TwoSizes mesh;
  const auto &grid = *mesh.grid;
  ASSERT_GT(grid.mesh().hanging_nodes().size(), 0u);
  EXPECT_EQ(grid.edge(), 1. / 32.);
  EXPECT_EQ(grid.band(), 6. / 16.);
  EXPECT_NEAR(grid.total_volume(), 1., 1e-12);
  auto phi = mesh.field([](const auto &p) { return TwoSizes::distance(p) * (2. + std::sin(9. * p[0])); });
  grid.redistance(phi);
  for (int repetition = 0; repetition < 2; ++repetition) {
    double fine = 0, far = 0; // largest errors beside the surface, and where cells are wide
    for (std::uint32_t node = 0; node < grid.n_nodes(); ++node) {
      const double exact = std::clamp(TwoSizes::distance(grid.position(node)), -grid.band(), grid.band());
      double &error = std::abs(exact) < .1 ? fine : far;
      error = std::max(error, std::abs(phi[node] - exact));
    }
    EXPECT_LT(fine, .5 / 32.);
    EXPECT_LT(far, 1. / 16.);
    grid.redistance(phi); // a distance stays one
  }
}

TEST(LevelSetGridMpi, CellsOfTwoSizesHaveTheirDerivatives)
{
  const TwoSizes mesh;
  const auto &grid = *mesh.grid;
  const auto law = make_stiffness_law(test::simp_law(), ".", MPI_COMM_WORLD);
  const LevelSetParametrisation parametrisation(grid, nullptr, *law, inputs::CubicStiffness::isotropic(1., .3), .5);
  auto x =
      mesh.field([](const auto &p) { return .05 + .2 * std::sin(7. * p[0] + 1.) * std::cos(6. * p[1] - 4. * p[2]); });
  x.resize(parametrisation.n_variables(), 0.);
  DesignVector direction(x.size(), 0.); // a bump that covers cells of both sizes
  for (std::uint32_t node = 0; node < grid.n_nodes(); ++node) {
    const auto p = grid.position(node);
    direction[node] = std::exp(-20. * (std::pow(p[0] - .4, 2) + std::pow(p[1] - .2, 2) + std::pow(p[2] - .3, 2)));
  }
  // f = the moment of the material about a skew plane
  const auto weight = [&](const std::uint32_t cell) {
    const auto p = mesh.domain.cell_centre(cell);
    return grid.volume(cell) * (1. + p[0] - 2. * p[1] + .5 * p[2]);
  };
  const auto value = [&](const double step) {
    DesignVector shifted = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      shifted[i] += step * direction[i];
    const auto state = parametrisation.state(shifted);
    double sum = 0;
    for (std::uint32_t cell = 0; cell < grid.mesh().n_cells(); ++cell)
      sum += weight(cell) * state.share[cell];
    return test::sum_over_ranks(MPI_COMM_WORLD, sum);
  };
  StateGradient gradient;
  for (std::uint32_t cell = 0; cell < grid.mesh().n_cells(); ++cell)
    gradient.share.push_back(weight(cell));
  const auto derivative = parametrisation.pull_back(parametrisation.state(x), gradient);
  double analytic = 0;
  for (std::size_t i = 0; i < grid.n_nodes(); ++i)
    analytic += derivative[i] * direction[i];
  analytic = test::sum_over_ranks(MPI_COMM_WORLD, analytic);
  ASSERT_GT(std::abs(analytic), .01);
  EXPECT_NEAR((value(1e-6) - value(-1e-6)) / 2e-6 / analytic, 1., 1e-6);
}

TEST(LevelSetGridMpi, OnlyCellsAtTheSurfaceAreMarked)
{
  const TwoSizes mesh;
  const auto &grid = *mesh.grid;
  const auto phi = mesh.field(TwoSizes::distance);
  EXPECT_TRUE(marks_at_boundary(grid, phi, grid.edge()).empty()); // they are fine already
  const auto marks = marks_at_boundary(grid, phi, .5 * grid.edge());
  const double n_in_layer = 4. * std::acos(-1.) * std::pow(.31, 2) * std::pow(32., 2); // cells per cell of thickness
  EXPECT_GT(double(marks.size()), 1. * n_in_layer);
  EXPECT_LT(double(marks.size()), 2. * n_in_layer);
  for (const auto &mark : marks) {
    inputs::Point centre;
    for (unsigned int d = 0; d < 3; ++d)
      centre[d] = mark.corner[d] + .5 * mark.edge;
    EXPECT_LT(std::abs(TwoSizes::distance(centre)), mark.edge);
  }
}

} // namespace
} // namespace cageopt::optimizer
