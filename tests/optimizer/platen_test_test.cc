// The virtual platen test against exact moduli and, with stepped faces, a dense solution of its own.
#include <functional>

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/lac/full_matrix.h>
#include <deal.II/lac/vector.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/axial_stiffness.h>
#include <optimizer/effective_modulus.h>
#include <optimizer/effective_modulus_error.h>
#include <optimizer/platen_test.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;
using inputs::CubicStiffness;
using meshing::LatticePoint;

constexpr double unit = .5; // mm

/// What a lattice cell of the envelope is.
enum class Kind
{
  outside,
  material,
  window
};
using Shape = std::function<Kind(const LatticePoint &)>;
using Material = std::function<CubicStiffness(const LatticePoint &)>;

/// The cells of a box that `shape` keeps, shared out over the ranks in slabs, with their material.
struct Block
{
  Block(const LatticePoint &size, const Shape &shape, const Material &material, MPI_Comm comm = MPI_COMM_WORLD,
        const PlatenTest::Mode &mode = {2, 2})
  {
    std::vector<PlatenTest::Cell> all;
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i)
          if (const auto kind = shape({i, j, k}); kind != Kind::outside)
            all.push_back({{{i, j, k}, 0}, kind == Kind::window});
    int rank = 0, n_ranks = 1;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &n_ranks);
    const std::size_t begin = all.size() * rank / n_ranks, end = all.size() * (rank + 1) / n_ranks;
    for (std::size_t c = begin; c < end; ++c) {
      cells.push_back(all[c]);
      if (!all[c].is_window)
        stiffness.push_back(material(all[c].cell.corner));
    }
    test = std::make_unique<PlatenTest>(comm, cells, unit, solver_parameters(1e-12), mode);
  }
  double modulus() { return test->effective_modulus({stiffness.begin(), stiffness.end()}); }

  std::vector<PlatenTest::Cell> cells;
  std::vector<CubicStiffness> stiffness;
  std::unique_ptr<PlatenTest> test;
};

Kind filled(const LatticePoint &) { return Kind::material; }

TEST(PlatenTestMpi, UniformBlockHasItsYoungsModulus)
{
  Block isotropic({6, 5, 4}, filled, [](const LatticePoint &) { return CubicStiffness::isotropic(2000., .3); });
  EXPECT_NEAR(isotropic.modulus(), 2000., 1e-7);
  EXPECT_NEAR(isotropic.test->area(), 6 * 5 * unit * unit, 1e-12);
  EXPECT_NEAR(isotropic.test->height(), 4 * unit, 1e-12);
  EXPECT_EQ(isotropic.test->n_unknowns(), 3u * 7 * 6 * 5);

  const CubicStiffness cubic{900., 500., 400.};
  ASSERT_GT(std::abs(cubic.zener() - 1.), .5);
  Block anisotropic({4, 4, 6}, filled, [&](const LatticePoint &) { return cubic; });
  EXPECT_NEAR(anisotropic.modulus() / cubic.youngs_modulus_100(), 1., 1e-10);
}

TEST(PlatenTestMpi, CellsMayBeOfTwoSizes)
{
  // A step as wide as the large cells, whose part of the platen lies lower; one eighth of the block in small cells.
  const CubicStiffness material = CubicStiffness::isotropic(2000., 0.);
  const auto test_of = [&](const bool with_small) {
    std::vector<PlatenTest::Cell> cells;
    for (int k = 0; k < 8; k += 2)
      for (int j = 0; j < 4; j += 2)
        for (int i = 0; i < 8; i += 2) {
          if (i >= 4 && k >= 6)
            continue;
          if (!with_small || i >= 4 || k < 4) {
            cells.push_back({{{i, j, k}, 1}, false});
            continue;
          }
          for (int child = 0; child < 8; ++child)
            cells.push_back({{{i + (child & 1), j + (child >> 1 & 1), k + (child >> 2 & 1)}, 0}, false});
        }
    int rank = 0, n_ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    const std::vector<PlatenTest::Cell> own(cells.begin() + std::ptrdiff_t(cells.size() * rank / n_ranks),
                                            cells.begin() + std::ptrdiff_t(cells.size() * (rank + 1) / n_ranks));
    auto test = std::make_unique<PlatenTest>(MPI_COMM_WORLD, own, unit, solver_parameters(1e-12));
    const double modulus = test->effective_modulus(std::vector<inputs::CellStiffness>(own.size(), material));
    return std::make_pair(std::move(test), modulus);
  };
  const auto [large, large_modulus] = test_of(false);
  const auto [small, small_modulus] = test_of(true);
  EXPECT_GT(small->n_unknowns(), large->n_unknowns());
  for (const auto *test : {large.get(), small.get()}) {
    EXPECT_NEAR(test->area(), 32 * unit * unit, 1e-12);
    EXPECT_NEAR(test->height(), 7 * unit, 1e-12);
  }
  // More freedom, less energy; and more than of bars of heights 8 and 6 that slide along each other.
  EXPECT_LT(small_modulus, large_modulus);
  EXPECT_NEAR(small_modulus / large_modulus, 1., 2e-2);
  EXPECT_GT(small_modulus, 2000. * 7. * .5 * (1. / 8. + 1. / 6.));
}

TEST(PlatenTestMpi, LayersInSeriesAreTheHarmonicMean)
{
  Block block({5, 4, 6}, filled,
              [](const LatticePoint &corner) { return CubicStiffness::isotropic(corner[2] < 2 ? 500. : 3000., 0.); });
  EXPECT_NEAR(block.modulus(), 1. / (2. / 6. / 500. + 4. / 6. / 3000.), 1e-7);
}

TEST(PlatenTestMpi, PartsSideBySideAreTheArithmeticMean)
{
  Block block({6, 4, 5}, filled,
              [](const LatticePoint &corner) { return CubicStiffness::isotropic(corner[0] < 2 ? 500. : 3000., 0.); });
  EXPECT_NEAR(block.modulus(), 2. / 6. * 500. + 4. / 6. * 3000., 1e-7);
}

TEST(PlatenTestMpi, EmptyWindowCountsInTheAreaOnly)
{
  Block block(
      {6, 5, 4},
      [](const LatticePoint &c) {
        return c[0] >= 2 && c[0] < 4 && c[1] >= 1 && c[1] < 4 ? Kind::window : Kind::material;
      },
      [](const LatticePoint &) { return CubicStiffness::isotropic(2000., .3); });
  EXPECT_NEAR(block.modulus(), 2000. * (1. - 6. / 30.), 1e-7);
  EXPECT_NEAR(block.test->area(), 30. * unit * unit, 1e-12);
  EXPECT_NEAR(block.test->height(), 4 * unit, 1e-12);
}

/// F H / (A delta) by dense elimination: all corners of a box of 5 x 3 x 5 cells are unknowns, those of the upward
/// (downward) faces without a cell of the envelope beyond are prescribed.
double dense_modulus(const LatticePoint &size, const Shape &shape, const Material &material, const double height,
                     const double area, const PlatenTest::Mode &mode = {2, 2})
{
  using namespace dealii;
  const auto kind = [&](const LatticePoint &c) {
    for (unsigned int d = 0; d < 3; ++d)
      if (c[d] < 0 || c[d] >= size[d])
        return Kind::outside;
    return shape(c);
  };
  const auto number = [&](const int i, const int j, const int k) {
    return unsigned(i + (size[0] + 1) * (j + (size[1] + 1) * k));
  };
  const unsigned int n = 3 * number(size[0], size[1], size[2]) + 3;
  FullMatrix<double> matrix(n, n);
  std::vector<double> prescribed(n, 1.);
  std::vector<bool> is_fixed(n, false);
  const FE_Q<3> element(1);
  const QGauss<3> quadrature(2);
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        if (kind({i, j, k}) != Kind::material)
          continue;
        const auto c = material({i, j, k});
        unsigned int nodes[8];
        for (unsigned int v = 0; v < 8; ++v)
          nodes[v] = number(i + int(v & 1), j + int(v >> 1 & 1), k + int(v >> 2 & 1));
        for (unsigned int q = 0; q < quadrature.size(); ++q)
          for (unsigned int a = 0; a < 8; ++a)
            for (unsigned int b = 0; b < 8; ++b) {
              const auto ga = element.shape_grad(a, quadrature.point(q)) / unit,
                         gb = element.shape_grad(b, quadrature.point(q)) / unit;
              const double weight = quadrature.weight(q) * unit * unit * unit;
              for (unsigned int r = 0; r < 3; ++r)
                for (unsigned int s = 0; s < 3; ++s)
                  matrix(3 * nodes[a] + r, 3 * nodes[b] + s) +=
                      weight * (r == s ? c.c11 * ga[r] * gb[r] + c.c44 * (ga * gb - ga[r] * gb[r])
                                       : c.c12 * ga[r] * gb[s] + c.c44 * ga[s] * gb[r]);
            }
        for (unsigned int v = 0; v < 8; ++v) {
          const bool is_top = v >> mode.normal & 1;
          LatticePoint beyond = {i, j, k};
          beyond[mode.normal] += is_top ? 1 : -1;
          if (kind(beyond) != Kind::outside)
            continue;
          for (unsigned int c = 0; c < 3; ++c)
            if (mode.motion != mode.normal || c == mode.normal) {
              is_fixed[3 * nodes[v] + c] = true;
              prescribed[3 * nodes[v] + c] = is_top && c == mode.motion ? -1. : 0.;
            }
        }
      }
  const FullMatrix<double> stiffness = matrix;
  Vector<double> right_hand_side(n), u(n), force(n);
  // The three rigid motions left are held by a soft grounding, eight orders below the block.
  for (unsigned int row = 0; row < n; ++row)
    if (matrix(row, row) == 0.)
      is_fixed[row] = true, prescribed[row] = 0.;
  for (unsigned int row = 0; row < n; ++row)
    if (is_fixed[row]) {
      for (unsigned int column = 0; column < n; ++column)
        matrix(row, column) = row == column ? 1. : 0.;
      right_hand_side[row] = prescribed[row];
    } else {
      matrix(row, row) *= 1. + 1e-8;
    }
  matrix.gauss_jordan();
  matrix.vmult(u, right_hand_side);
  stiffness.vmult(force, u);
  return (u * force) * height / area;
}

/// A wedge with steps on both faces, and a window that is roofed by one layer.
Kind stepped(const LatticePoint &c)
{
  const int bottom = c[0] < 2 ? 0 : 1, top = c[0] < 3 ? 4 : 5;
  if (c[2] < bottom || c[2] >= top)
    return Kind::outside;
  return c[0] == 2 && c[1] == 1 && c[2] < 3 ? Kind::window : Kind::material;
}

TEST(PlatenTestMpi, SteppedFacesAgreeWithADenseSolution)
{
  const Material material = [](const LatticePoint &c) {
    return CubicStiffness{900. + 100. * c[0], 300. + 20. * c[1], 250. + 40. * c[2]};
  };
  Block block({5, 3, 5}, stepped, material);
  EXPECT_NEAR(block.test->area(), 5 * 3 * unit * unit, 1e-12);
  // Columns of height 4, 4, 3, 4, 4.
  EXPECT_NEAR(block.test->height(), 19. / 5. * unit, 1e-12);
  const double reference = dense_modulus({5, 3, 5}, stepped, material, 19. / 5. * unit, 15. * unit * unit);
  EXPECT_NEAR(block.modulus() / reference, 1., 1e-6);
}

TEST(PlatenTestMpi, OtherAxesHaveTheirModuli)
{
  const CubicStiffness cubic{900., 500., 400.};
  for (const unsigned int axis : {0u, 1u}) {
    Block uniform({6, 5, 4}, filled, [&](const LatticePoint &) { return cubic; }, MPI_COMM_WORLD, {axis, axis});
    EXPECT_NEAR(uniform.modulus() / cubic.youngs_modulus_100(), 1., 1e-10);
    EXPECT_NEAR(uniform.test->area(), (axis == 0 ? 5 : 6) * 4 * unit * unit, 1e-12);
    EXPECT_NEAR(uniform.test->height(), (axis == 0 ? 6 : 5) * unit, 1e-12);
    Block layers(
        {6, 6, 4}, filled,
        [&](const LatticePoint &corner) { return CubicStiffness::isotropic(corner[axis] < 2 ? 500. : 3000., 0.); },
        MPI_COMM_WORLD, {axis, axis});
    EXPECT_NEAR(layers.modulus(), 1. / (2. / 6. / 500. + 4. / 6. / 3000.), 1e-7);
  }
}

TEST(PlatenTestMpi, OtherAxesAndShearAgreeWithADenseSolution)
{
  const Material material = [](const LatticePoint &c) {
    return CubicStiffness{900. + 100. * c[0], 300. + 20. * c[1], 250. + 40. * c[2]};
  };
  for (const auto &mode : {PlatenTest::Mode{0, 0}, PlatenTest::Mode{2, 1}}) {
    Block block({5, 3, 5}, stepped, material, MPI_COMM_WORLD, mode);
    const double volume = 19. * 3. * unit * unit * unit, area = block.test->area();
    // Along x, rows at heights 0 to 4 exist in three lines of y each; along z, columns under 5 x 3 faces.
    EXPECT_NEAR(area, 15. * unit * unit, 1e-12);
    EXPECT_NEAR(block.test->height(), volume / area, 1e-12);
    const double reference = dense_modulus({5, 3, 5}, stepped, material, volume / area, area, mode);
    EXPECT_NEAR(block.modulus() / reference, 1., 1e-6);
  }
}

TEST(PlatenTestMpi, FlatBlocksInShearHaveTheShearModulus)
{
  const Material material = [](const LatticePoint &) { return CubicStiffness{900., 300., 250.}; };
  Block one_layer({6, 5, 1}, filled, material, MPI_COMM_WORLD, {2, 0});
  EXPECT_NEAR(one_layer.modulus(), 250., 1e-9); // the platens hold every node
  Block flat({20, 20, 2}, filled, material, MPI_COMM_WORLD, {2, 0});
  const double modulus = flat.modulus();
  EXPECT_LT(modulus, 249.); // the free sides take their part
  EXPECT_GT(modulus, 240.);
}

TEST(PlatenTestMpi, SensitivitiesInShearAreTheDerivatives)
{
  const Material material = [](const LatticePoint &c) {
    return CubicStiffness{900. + 100. * c[0], 300. + 20. * c[1], 250. + 40. * c[2]};
  };
  Block block({5, 3, 5}, stepped, material, MPI_COMM_WORLD, {2, 0});
  block.modulus();
  double slope = 0;
  for (const auto &entry : block.test->sensitivities())
    slope += entry[2];
  slope = sum_over_ranks(MPI_COMM_WORLD, slope);
  const auto moved = [&](const double step) {
    auto stiffness = block.stiffness;
    for (auto &entry : stiffness)
      entry.c44 += step;
    return block.test->effective_modulus({stiffness.begin(), stiffness.end()});
  };
  const double h = 1e-2;
  EXPECT_NEAR((moved(h) - moved(-h)) / (2. * h) / slope, 1., 1e-7);
}

TEST(PlatenTestMpi, SensitivitiesAreTheDerivatives)
{
  const Material material = [](const LatticePoint &c) {
    return CubicStiffness{900. + 100. * c[0], 300. + 20. * c[1], 250. + 40. * c[2]};
  };
  Block block({5, 3, 5}, stepped, material);
  const double modulus = block.modulus();
  const auto sensitivities = block.test->sensitivities();
  // E_eff is homogeneous of degree 1 in the stiffness.
  double sum = 0;
  for (std::size_t i = 0; i < sensitivities.size(); ++i)
    sum += sensitivities[i][0] * block.stiffness[i].c11 + sensitivities[i][1] * block.stiffness[i].c12 +
           sensitivities[i][2] * block.stiffness[i].c44;
  EXPECT_NEAR(sum_over_ranks(MPI_COMM_WORLD, sum) / modulus, 1., 1e-9);
  // And along a direction that is not uniform.
  const auto direction = [&](const std::size_t i) {
    const auto &c = block.cells[i].cell.corner;
    return CubicStiffness{30. * std::sin(1. + c[0] + c[1]), 20. * std::cos(2. * c[2] + c[0]),
                          10. * std::sin(3. + c[1])};
  };
  std::vector<CubicStiffness> directions;
  for (std::size_t i = 0; i < block.cells.size(); ++i)
    if (!block.cells[i].is_window)
      directions.push_back(direction(i));
  double slope = 0;
  for (std::size_t i = 0; i < directions.size(); ++i)
    slope += sensitivities[i][0] * directions[i].c11 + sensitivities[i][1] * directions[i].c12 +
             sensitivities[i][2] * directions[i].c44;
  slope = sum_over_ranks(MPI_COMM_WORLD, slope);
  const double h = 1e-3;
  const auto moved = [&](const double step) {
    auto stiffness = block.stiffness;
    for (std::size_t i = 0; i < stiffness.size(); ++i)
      stiffness[i] = stiffness[i] + step * directions[i];
    return block.test->effective_modulus({stiffness.begin(), stiffness.end()});
  };
  EXPECT_NEAR((moved(h) - moved(-h)) / (2. * h) / slope, 1., 1e-7);
}

TEST(PlatenTestMpi, DoesNotDependOnTheNumberOfRanks)
{
  const Material material = [](const LatticePoint &c) {
    return CubicStiffness::isotropic(500. + 90. * (c[0] + c[2]), .3);
  };
  Block parallel({5, 3, 5}, stepped, material), serial({5, 3, 5}, stepped, material, MPI_COMM_SELF);
  EXPECT_NEAR(parallel.modulus() / serial.modulus(), 1., 1e-10);
}

TEST(PlatenTestMpi, OnlyWindowIsRefused)
{
  EXPECT_THROW(Block(
                   {2, 2, 2}, [](const LatticePoint &) { return Kind::window; },
                   [](const LatticePoint &) { return CubicStiffness(); }),
               inputs::InputError);
}

TEST(EffectiveModulusMpi, OfTheSegmentsCage)
{
  auto domain = make_block_segment(MPI_COMM_WORLD);
  // With the frame of the same material as the design the cage is a block with a window of 4 x 4 of 12 x 12 mm.
  domain.frame = CubicStiffness::isotropic(3000., .3);
  EffectiveModulus modulus(domain, solver_parameters(1e-12));
  DesignState state;
  for (const auto region : domain.region)
    if (region == meshing::Region::design) {
      state.density.push_back(.3);
      state.stiffness.push_back(domain.frame);
    }
  EXPECT_NEAR(modulus.evaluate(state, nullptr), 3000. * (1. - 16. / 144.), 1e-6);
  EXPECT_NEAR(modulus.test().area(), 144., 1e-10);
  EXPECT_NEAR(modulus.test().height(), 8., 1e-10);

  // What shares the test is solved with it.
  AxialStiffness stiffness(modulus.shared_test());
  EffectiveModulusError error(modulus.shared_test(), 2000.);
  EXPECT_NEAR(stiffness.evaluate(state, nullptr), 3000. * (1. - 16. / 144.) * 144. / 8., 1e-5);
  StateGradient gradient, of_error;
  modulus.evaluate(state, &gradient);
  EXPECT_NEAR(error.evaluate(state, &of_error), 1. / 9., 1e-9); // (8/9 3000 - 2000) / 2000 = 1/3
  EXPECT_EQ(modulus.shared_test()->n_solves(), 1u);
  for (std::size_t i = 0; i < gradient.stiffness.size(); ++i)
    EXPECT_NEAR(of_error.stiffness[i].c11, 2. / 3. / 2000. * gradient.stiffness[i].c11, 1e-12);
  // Softer on one rank only: all solve again, and the sensitivities are new.
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0)
    for (auto &material : state.stiffness)
      material = .5 * material;
  EXPECT_LT(stiffness.evaluate(state, nullptr), 3000. * (1. - 16. / 144.) * 144. / 8. - 1.);
  StateGradient fresh;
  const double value = modulus.evaluate(state, &fresh);
  EXPECT_EQ(modulus.shared_test()->n_solves(), 2u);
  double slope = 0; // the frame's share of a function that is homogeneous of degree one is positive
  for (std::size_t i = 0; i < fresh.stiffness.size(); ++i)
    slope += inputs::dot(fresh.stiffness[i], state.stiffness[i]);
  slope = sum_over_ranks(MPI_COMM_WORLD, slope);
  EXPECT_LT(slope, value);
  EXPECT_GT(slope, 0.);
  EXPECT_THROW(EffectiveModulusError(modulus.shared_test(), 0.), inputs::InputError);
}

TEST(EffectiveModulusMpi, NamesFollowTheTest)
{
  const auto domain = make_block_segment(MPI_COMM_WORLD);
  const auto name = [&](const PlatenTest::Mode &mode) {
    return EffectiveModulus(std::make_shared<CagePlatenTest>(domain, solver_parameters(1e-6), mode)).name();
  };
  EXPECT_EQ(name({2, 2}), "effective_modulus");
  EXPECT_EQ(name({0, 0}), "effective_modulus_x");
  EXPECT_EQ(name({1, 1}), "effective_modulus_y");
  EXPECT_EQ(name({2, 0}), "effective_shear_modulus_xz");
  EXPECT_EQ(name({2, 1}), "effective_shear_modulus_yz");
}

} // namespace
} // namespace cageopt::optimizer
