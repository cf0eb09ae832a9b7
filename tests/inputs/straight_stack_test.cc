#include <gtest/gtest.h>

#include <inputs/straight_stack.h>

using namespace cageopt::inputs;

namespace {

double linear(const Point &place) { return 2 + .3 * place[0] - 1.7 * place[1] + .9 * place[2]; }

/// A stack of oblique slices, sheared along both axes, whose value is a linear function of the place.
Image<float> sheared()
{
  Image<float> image;
  image.grid.size = {{12, 9, 7}};
  image.grid.index_to_world.linear = {{{.6 * .8, 0, .3}, {0, 1.2, -.5}, {.6 * .6, 0, 2}}};
  image.grid.index_to_world.offset = {5, -6, 7};
  for (int k = 0; k < 7; ++k)
    for (int j = 0; j < 9; ++j)
      for (int i = 0; i < 12; ++i)
        image.values.push_back(float(linear(image.grid.index_to_world({double(i), double(j), double(k)}))));
  return image;
}

} // namespace

TEST(StraightStack, values_stay_at_their_places)
{
  const auto old = sheared();
  EXPECT_GT(stack_shear(old.grid), 10.);
  const auto image = straight_stack(old);
  EXPECT_NEAR(stack_shear(image.grid), 0., 1e-9);
  const auto to_old = old.grid.index_to_world.inverse();
  float lowest = old.values.front();
  for (const float value : old.values)
    lowest = std::min(lowest, value);
  int n_inside = 0, n_outside = 0;
  for (int k = 0; k < image.grid.size[2]; ++k)
    for (int j = 0; j < image.grid.size[1]; ++j)
      for (int i = 0; i < image.grid.size[0]; ++i) {
        const Point place = image.grid.index_to_world({double(i), double(j), double(k)}), index = to_old(place);
        EXPECT_NEAR(index[2], k, 1e-9); // slices stay where they are
        const bool is_inside = index[0] > -1e-9 && index[0] < 11 + 1e-9 && index[1] > -1e-9 && index[1] < 8 + 1e-9;
        EXPECT_NEAR(image(i, j, k), is_inside ? linear(place) : lowest, 1e-4) << i << ' ' << j << ' ' << k;
        ++(is_inside ? n_inside : n_outside);
      }
  EXPECT_GT(n_inside, 7 * 11 * 8 - 1); // all but a pixel's width of each slice
  EXPECT_GT(n_outside, 100);
}

TEST(StraightStack, a_straight_stack_stays)
{
  auto image = sheared();
  image.grid.index_to_world.linear = {{{.6, 0, 0}, {0, 1.2, 0}, {0, 0, 2}}};
  const auto same = straight_stack(image);
  EXPECT_TRUE(same.grid.matches(image.grid, 1e-9));
  for (std::size_t i = 0; i < image.values.size(); ++i)
    EXPECT_FLOAT_EQ(same.values[i], image.values[i]);
}
