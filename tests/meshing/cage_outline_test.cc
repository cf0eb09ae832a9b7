#include <cmath>

#include <gtest/gtest.h>

#include <meshing/cage_outline.h>

using namespace cageopt::meshing;

namespace {

constexpr double pi = 3.14159265358979;

struct Scan
{
  double area = 0, low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};

  explicit Scan(const CageOutline &outline)
  {
    constexpr double step = .05;
    for (double y = -35 + .5 * step; y < 35; y += step)
      for (double x = -35 + .5 * step; x < 35; x += step)
        if (outline.radius(x, y) <= 1) {
          area += step * step;
          low[0] = std::min(low[0], x);
          high[0] = std::max(high[0], x);
          low[1] = std::min(low[1], y);
          high[1] = std::max(high[1], y);
        }
  }
};

double superellipse_area(const double a, const double b, const double n)
{
  return 4 * a * b * std::pow(std::tgamma(1 + 1 / n), 2) / std::tgamma(1 + 2 / n);
}

void expect_extent(const CageOutline &outline, const Scan &scan)
{
  for (int axis = 0; axis < 2; ++axis) {
    EXPECT_NEAR(scan.high[axis], outline.half_extent(axis), .06);
    EXPECT_NEAR(scan.low[axis], -outline.half_extent(axis), .06);
  }
}

} // namespace

TEST(CageOutline, areas_and_extents_are_those_of_the_shapes)
{
  const CageOutline alif("alif", {40, 30}, 0);
  const Scan d(alif);
  EXPECT_NEAR(d.area, .5 * (superellipse_area(20, 15, 2.2) + superellipse_area(20, 15, 3.5)), 1.);
  expect_extent(alif, d);

  const CageOutline llif("llif", {50, 22}, 0);
  const Scan box(llif);
  EXPECT_NEAR(box.area, superellipse_area(25, 11, 6), 1.);
  expect_extent(llif, box);

  const CageOutline plif("plif", {10, 26}, 20);
  const Scan pair(plif);
  EXPECT_NEAR(pair.area, 2 * superellipse_area(5, 13, 6), 1.);
  EXPECT_NEAR(plif.half_extent(0), 15, 1e-12);
  expect_extent(plif, pair);
  EXPECT_GT(plif.radius(0, 0), 1);

  // A strip around an arc of radius 0.7 width, with round ends: 2 R sin(angle) + depth = width.
  const CageOutline tlif("tlif", {32, 12}, 0);
  const Scan banana(tlif);
  const double radius = .7 * 32, angle = std::asin((16. - 6) / radius);
  EXPECT_NEAR(banana.area, 2 * angle * radius * 12 + pi * 36, 1.);
  EXPECT_NEAR(tlif.half_extent(0), 16, 1e-12);
  expect_extent(tlif, banana);
  EXPECT_LT(tlif.radius(0, tlif.half_extent(1) - .1), 1); // convex to the front
  EXPECT_GT(tlif.radius(0, -tlif.half_extent(1) + .1), 1);
}

TEST(CageOutline, families_are_symmetric_left_and_right)
{
  for (const auto &family : CageOutline::families()) {
    const CageOutline outline(family, {30, 12}, 34);
    for (double y = -20; y < 20; y += 1.3)
      for (double x = 0; x < 35; x += 1.7)
        EXPECT_DOUBLE_EQ(outline.radius(x, y), outline.radius(-x, y)) << family;
  }
}

TEST(CageOutline, sizes_fall)
{
  for (const auto &family : CageOutline::families()) {
    double before = 1e9;
    for (const auto &size : CageOutline::sizes(family)) {
      EXPECT_LT(size.width * size.depth, before + 1e-9) << family << size.width << ' ' << size.depth;
      before = size.width * size.depth;
    }
  }
}

TEST(CageOutline, inserters_come_from_the_side_of_the_approach)
{
  const CageOutline llif("llif", {50, 22}, 0), tlif("tlif", {32, 12}, 0), plif("plif", {10, 26}, 20),
      alif("alif", {40, 30}, 0);
  EXPECT_TRUE(llif.in_inserter_zone(-23, 2, 8, 4));
  EXPECT_FALSE(llif.in_inserter_zone(-20, 2, 8, 4));
  EXPECT_FALSE(llif.in_inserter_zone(-23, 5, 8, 4));
  EXPECT_FALSE(llif.in_inserter_zone(23, 2, 8, 4));
  EXPECT_TRUE(tlif.in_inserter_zone(-14, -3, 8, 4));
  EXPECT_FALSE(tlif.in_inserter_zone(14, -3, 8, 4));
  for (const double side : {-1., 1.}) {
    EXPECT_TRUE(plif.in_inserter_zone(side * 12, -11, 8, 4));
    EXPECT_FALSE(plif.in_inserter_zone(side * 12, 11, 8, 4));
  }
  EXPECT_FALSE(alif.in_inserter_zone(0, 14, 8, 4));
}
