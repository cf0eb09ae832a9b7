// Contours of a cone: circles, and rings with a hole.

#include <cmath>

#include <gtest/gtest.h>

#include <meshing/level_contours.h>

using namespace cageopt::meshing;

TEST(LevelContours, AConeHasCircles)
{
  constexpr int n_x = 80, n_y = 70;
  std::vector<float> field;
  for (int j = 0; j < n_y; ++j)
    for (int i = 0; i < n_x; ++i)
      field.push_back(static_cast<float>(25. - std::hypot(i - 38.3, j - 34.7)));
  const auto contours = level_contours(field, n_x, n_y, 5.);
  ASSERT_EQ(contours.size(), 1u);
  EXPECT_NEAR(length(contours[0]), 2 * 3.14159265 * 20., .2);
  EXPECT_NEAR(signed_area(contours[0]), 3.14159265 * 400., 2.);
  const auto at = point_along(contours[0], .25 * length(contours[0])), first = contours[0].front();
  EXPECT_NEAR((at[0] - 38.3) * (first[0] - 38.3) + (at[1] - 34.7) * (first[1] - 34.7), 0., 5.);
  EXPECT_NEAR(std::hypot(at[0] - 38.3, at[1] - 34.7), 20., .05);
}

TEST(LevelContours, AHoleRunsClockwiseAndSaddlesAreCutAlike)
{
  constexpr int n = 80;
  std::vector<float> ring, saddle(16, -1.f);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i)
      ring.push_back(static_cast<float>(6. - std::abs(std::hypot(i - 40., j - 40.) - 20.)));
  double area = 0;
  const auto contours = level_contours(ring, n, n, 1.);
  ASSERT_EQ(contours.size(), 2u);
  for (const auto &contour : contours)
    area += signed_area(contour);
  EXPECT_NEAR(area, 3.14159265 * (25. * 25. - 15. * 15.), 3.);
  saddle[1 + 4 * 1] = saddle[2 + 4 * 2] = 1.f;
  EXPECT_EQ(level_contours(saddle, 4, 4, 0.).size(), 2u);
}
