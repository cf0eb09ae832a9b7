#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <inputs/distance_transform.h>

using namespace cageopt::inputs;

TEST(DistanceTransform, agrees_with_the_nearest_of_all_marked_nodes)
{
  const std::array<int, 3> n = {{9, 7, 6}};
  const Point spacing = {.7, 1.3, 2.1};
  std::mt19937 random(3);
  std::vector<std::uint8_t> marked(9 * 7 * 6);
  for (auto &mark : marked)
    mark = random() % 25 == 0;
  std::vector<Point> places;
  const auto place = [&](const std::size_t i) {
    return Point{spacing[0] * double(i % 9), spacing[1] * double(i / 9 % 7), spacing[2] * double(i / 63)};
  };
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (marked[i])
      places.push_back(place(i));
  ASSERT_GT(places.size(), 5u);
  const auto distance = distance_transform(n, marked, spacing);
  for (std::size_t i = 0; i < marked.size(); ++i) {
    double least = 1e9;
    for (const Point &other : places)
      least = std::min(least, norm(place(i) - other));
    ASSERT_NEAR(distance[i], least, 1e-5) << i;
  }
}

TEST(DistanceTransform, is_huge_where_nothing_is_marked)
{
  for (const float value : distance_transform({{3, 2, 2}}, std::vector<std::uint8_t>(12, 0)))
    EXPECT_GT(value, 1e5);
}
