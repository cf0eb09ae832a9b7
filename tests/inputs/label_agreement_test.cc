#include <gtest/gtest.h>

#include <inputs/label_agreement.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

namespace {

/// Voxels of 1 x 2 x 3 mm.
Image<std::uint16_t> empty_map()
{
  Image<std::uint16_t> map;
  map.grid.size = {{30, 20, 15}};
  for (int axis = 0; axis < 3; ++axis)
    map.grid.index_to_world.linear[axis][axis] = axis + 1;
  map.values.assign(map.grid.n_voxels(), 0);
  return map;
}

void fill(Image<std::uint16_t> &map, const std::uint16_t label, const std::array<int, 3> &low,
          const std::array<int, 3> &high)
{
  for (int k = low[2]; k < high[2]; ++k)
    for (int j = low[1]; j < high[1]; ++j)
      for (int i = low[0]; i < high[0]; ++i)
        map.values[i + 30 * (j + 20 * k)] = label;
}

} // namespace

TEST(LabelAgreement, of_a_box_and_the_same_box_moved)
{
  auto one = empty_map(), other = empty_map();
  fill(one, 22, {{5, 5, 5}}, {{15, 15, 10}});
  fill(other, 22, {{7, 5, 5}}, {{17, 15, 10}}); // 2 voxels, 2 mm, along x
  fill(one, 99, {{0, 0, 0}}, {{2, 2, 2}});      // in one only
  const auto rows = label_agreement(one, other);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].label, 22);
  EXPECT_FALSE(rows[0].is_cut);
  EXPECT_DOUBLE_EQ(rows[0].volume, 10 * 10 * 5 * 6.);
  EXPECT_DOUBLE_EQ(rows[0].dice, 2 * 8 * 10 * 5 / (2. * 10 * 10 * 5));
  // The voxels of 2 of 10 layers along x stick out. Of the layer at 2 mm all 50 are on the surface and as far from the
  // other's first layer; of that at 1 mm those on the rim, 26, 1 mm. On the other side the same; the end layer that
  // faces inwards has 24 voxels inside, 2 mm from the other's end layer.
  EXPECT_FLOAT_EQ(static_cast<float>(rows[0].largest_distance), 2.f);
  const int n_surface = 10 * 10 * 5 - 8 * 8 * 3;
  EXPECT_NEAR(rows[0].mean_distance, (50 * 2 + 26 * 1 + 24 * 2.) / n_surface, 1e-6);
  EXPECT_FLOAT_EQ(static_cast<float>(rows[0].distance_95), 2.f);
}

TEST(LabelAgreement, counts_voxels_in_millimetres_along_each_axis)
{
  for (int axis = 0; axis < 3; ++axis) {
    auto one = empty_map(), other = empty_map();
    std::array<int, 3> low = {{5, 5, 5}}, high = {{15, 15, 10}};
    fill(one, 22, low, high);
    ++low[axis];
    ++high[axis];
    fill(other, 22, low, high);
    EXPECT_FLOAT_EQ(static_cast<float>(label_agreement(one, other).front().largest_distance), 1.f + float(axis));
  }
}

TEST(LabelAgreement, is_perfect_with_itself_and_knows_what_is_cut)
{
  auto map = empty_map();
  fill(map, 22, {{0, 5, 5}}, {{15, 15, 10}});
  const auto rows = label_agreement(map, map);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(rows[0].is_cut);
  EXPECT_EQ(rows[0].dice, 1.);
  EXPECT_EQ(rows[0].largest_distance, 0.);
}

TEST(LabelAgreement, needs_one_grid)
{
  auto other = empty_map();
  other.grid.index_to_world.offset[1] = 1;
  expect_parts(bad_input_message([&] { label_agreement(empty_map(), other); }), {"grid", "voxels are compared"});
}
