// Cells by function: densities, areas and connection that are known, and refusals.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <inputs/cell_voxels.h>
#include <inputs/error.h>
#include <inputs/unit_cell.h>

namespace cageopt::inputs {
namespace {

constexpr double pi = 3.14159265358979323846;

double density(const std::vector<std::uint8_t> &solid)
{
  return std::accumulate(solid.begin(), solid.end(), 0.) / double(solid.size());
}

TEST(UnitCell, EveryCellIsPeriodicAndTakesItsDensity)
{
  for (const auto &name : UnitCell::names()) {
    SCOPED_TRACE(name);
    const auto cell = UnitCell::of(name);
    const double height[3] = {cell.quarters[0] / 4., cell.quarters[1] / 4., cell.quarters[2] / 4.};
    for (unsigned int d = 0; d < 3; ++d) {
      Point low = {.13 * height[0], .37 * height[1], .71 * height[2]}, high;
      low[d] = 0;
      high = low;
      high[d] = height[d];
      EXPECT_NEAR(cell.value(low), cell.value(high), 1e-12);
    }
    const CellVoxels voxels(cell, 32);
    for (const double wanted : {.1, .3, .5}) {
      const auto [below, above] = voxels.thresholds_around(wanted);
      EXPECT_LE(voxels.density(below), wanted * 1.0005);
      EXPECT_GE(voxels.density(above), wanted * .9995);
      auto solid = voxels.solid(voxels.threshold_for(wanted));
      EXPECT_NEAR(density(solid), wanted, .02);
      EXPECT_DOUBLE_EQ(density(solid), voxels.density(voxels.threshold_for(wanted)));
      // Balls around (1/2, 1/2, 1/2) do not touch before t = -1.
      const bool is_open = name == "skeletal_primitive" && wanted < .2;
      EXPECT_EQ(Percolation::keep_carrying(solid, voxels.size()).n_directions, is_open ? 0u : 3u) << wanted;
    }
    EXPECT_LT(voxels.face_mismatch(voxels.threshold_for(.3)), 1.6);
  }
}

TEST(UnitCell, MinimalSurfacesHaveTheirAreas)
{
  // Area of the surface f = 0 in a cell of edge 1; of the nodal approximations, within 1 % of the minimal surfaces'
  // 3.0915 (gyroid), 2.3451 (primitive), 3.8377 (diamond) (Schoen 1970; Fogden & Hyde 1992).
  for (const auto &[name, area] :
       {std::pair("gyroid", 3.0915), std::pair("primitive", 2.3451), std::pair("diamond", 3.8377)}) {
    const CellVoxels voxels(UnitCell::of(std::string("skeletal_") + name), 48);
    EXPECT_NEAR(voxels.surface_area(0.) / area, 1., .015) << name;
    EXPECT_NEAR(density(voxels.solid(0.)), .5, .01) << name;
  }
}

TEST(UnitCell, BallHasItsAreaAndCarriesNothing)
{
  UnitCell ball;
  ball.value = [](const Point &x) { return std::hypot(x[0] - .5, x[1] - .5, x[2] - .5); };
  const CellVoxels voxels(ball, 40);
  EXPECT_NEAR(voxels.surface_area(.3), 4. * pi * .09, .003);
  auto solid = voxels.solid(.3);
  const auto n_solid = std::accumulate(solid.begin(), solid.end(), std::size_t(0));
  const auto result = Percolation::keep_carrying(solid, voxels.size());
  EXPECT_EQ(result.n_removed, n_solid);
  EXPECT_EQ(result.n_directions, 0u);
  EXPECT_EQ(density(solid), 0.);
}

TEST(UnitCell, StrutsHaveTheirLength)
{
  // Of thin struts the volume is pi r^2 (length - k r), k from the joints: two radii give the length in a cell.
  const auto mean_length = [](const UnitCell &cell, const double r) {
    constexpr unsigned int n = 300000;
    unsigned int n_inside = 0;
    for (unsigned int i = 0; i < n; ++i) // Kronecker's sequence of the plastic number's powers
      n_inside += cell.value({std::fmod(i * .8191725133961645, 1.), std::fmod(i * .6710436067037893, 1.),
                              std::fmod(i * .5497004779019703, 1.)}) <= r;
    return n_inside / (n * pi * r * r);
  };
  for (const auto &[name, length] : {std::pair("bcc", 4. * std::sqrt(3.)), std::pair("octet", 12. * std::sqrt(2.))}) {
    const auto cell = UnitCell::of(name);
    EXPECT_NEAR((2. * mean_length(cell, .02) - mean_length(cell, .04)) / length, 1., .03) << name;
  }
}

TEST(UnitCell, PartsAlongOneAxisAreCounted)
{
  UnitCell bars;
  bars.value = [](const Point &x) { return std::hypot(x[0] - .5, x[1] - .5); };
  const CellVoxels voxels(bars, 16);
  auto solid = voxels.solid(.2);
  const auto result = Percolation::keep_carrying(solid, voxels.size());
  EXPECT_EQ(result.n_directions, 1u);
  EXPECT_EQ(result.n_removed, 0u);
}

std::string refusal(const std::function<void()> &action)
{
  try {
    action();
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    return error.what();
  }
  return "no refusal";
}

TEST(UnitCell, FormulasAreReadOrRefused)
{
  const auto gyroid = UnitCell::from_formula("sin(X)*cos(Y) + sin(Y)*cos(Z) + sin(Z)*cos(X)", false);
  const auto shipped = UnitCell::of("skeletal_gyroid");
  const auto sheet = UnitCell::from_formula("sin(X)*cos(Y) + sin(Y)*cos(Z) + sin(Z)*cos(X)", true);
  for (const Point &x : {Point{.1, .2, .3}, Point{.7, .4, .9}}) {
    EXPECT_NEAR(gyroid.value(x), shipped.value(x), 1e-14);
    EXPECT_NEAR(sheet.value(x), std::abs(shipped.value(x)), 1e-14);
  }
  EXPECT_NE(refusal([] { UnitCell::from_formula("sin(X", false); }).find("'--function' is 'sin(X'"), std::string::npos);
  EXPECT_NE(refusal([] { UnitCell::from_formula("sin(W)", false); }).find("'--function'"), std::string::npos);
  EXPECT_NE(refusal([] { UnitCell::from_formula("X + Y", false); }).find("differs between opposite faces"),
            std::string::npos);
  EXPECT_NE(refusal([] { UnitCell::from_formula("1/(sin(X)*0)", false); }).find("not finite"), std::string::npos);
  EXPECT_NE(refusal([] { UnitCell::of("sheet_gyriod"); }).find("did you mean 'sheet_gyroid'"), std::string::npos);
}

} // namespace
} // namespace cageopt::inputs
