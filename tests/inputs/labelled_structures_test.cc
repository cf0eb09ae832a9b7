#include <gtest/gtest.h>

#include <inputs/labelled_structures.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

namespace {

struct Box
{
  std::uint16_t label;
  std::array<int, 3> low, high; ///< voxels, inclusive
};

/// 40 x 50 x 70 voxels of 1 mm; bodies of 30 x 30 x 20 voxels (18 cm3), the disc between them, posterior elements
/// behind.
const std::vector<Box> segment = {{22, {{5, 15, 40}}, {{34, 44, 59}}},
                                  {222, {{5, 15, 30}}, {{34, 44, 39}}},
                                  {23, {{5, 15, 10}}, {{34, 44, 29}}},
                                  {122, {{10, 2, 40}}, {{29, 14, 50}}}};

Image<std::uint16_t> drawn(const std::vector<Box> &boxes)
{
  Image<std::uint16_t> labels;
  labels.grid.size = {{40, 50, 70}};
  labels.values.assign(labels.grid.n_voxels(), 0);
  for (const Box &box : boxes)
    for (int k = box.low[2]; k <= box.high[2]; ++k)
      for (int j = box.low[1]; j <= box.high[1]; ++j)
        for (int i = box.low[0]; i <= box.high[0]; ++i)
          labels.values[std::size_t(i + 40 * (j + 50 * k))] = box.label;
  return labels;
}

LabelledStructures with(const Box &further)
{
  auto boxes = segment;
  boxes.push_back(further);
  return LabelledStructures(drawn(boxes), parse_level("L3/L4"));
}

} // namespace

TEST(LabelledStructures, counts_volumes_and_centres)
{
  auto labels = drawn(segment);
  labels.grid.index_to_world.linear = {{{0, -2, 0}, {1, 0, 0}, {0, 0, .5}}}; // 1 mm3 each, turned and stretched
  labels.grid.index_to_world.offset = {7, 8, 9};
  const LabelledStructures found(labels, parse_level("L3/L4"));
  ASSERT_EQ(found.structures().size(), 4u);
  const auto &cranial = found.structures()[0];
  EXPECT_EQ(cranial.name, "body L3");
  EXPECT_EQ(cranial.n_voxels, 18000u);
  EXPECT_EQ(cranial.n_pieces, 1u);
  EXPECT_DOUBLE_EQ(cranial.volume, 18000.);
  EXPECT_DOUBLE_EQ(cranial.centre[0], 7 - 2 * 29.5);
  EXPECT_DOUBLE_EQ(cranial.centre[1], 8 + 19.5);
  EXPECT_DOUBLE_EQ(cranial.centre[2], 9 + .5 * 49.5);
  EXPECT_EQ(found.summary(), "body L3 18.0 cm3, disc L3/L4 9.0 cm3, body L4 18.0 cm3, posterior elements L3 2.9 cm3");
  EXPECT_EQ(found.n_touching_faces(), 0u);
}

TEST(LabelledStructures, a_sound_map_raises_no_warning)
{
  const LabelledStructures found(drawn(segment), parse_level("L3/L4"));
  EXPECT_NO_THROW(found.check());
  EXPECT_TRUE(found.warnings().empty());
}

TEST(LabelledStructures, islands_are_told)
{
  const auto warnings = with({22, {{1, 1, 62}}, {{5, 10, 63}}}).warnings(); // 100 voxels
  ASSERT_EQ(warnings.size(), 1u);
  expect_parts(warnings.front(), {"body L3 (label 22)", "2 pieces", "0.6 %"});
  EXPECT_TRUE(with({22, {{1, 1, 62}}, {{1, 1, 63}}}).warnings().empty()); // two voxels are noise
}

TEST(LabelledStructures, bodies_that_touch_are_told)
{
  const auto found = with({23, {{5, 15, 30}}, {{6, 17, 39}}}); // a bridge of 2 x 3 voxels through the disc
  EXPECT_EQ(found.n_touching_faces(), 6u);
  ASSERT_EQ(found.warnings().size(), 1u);
  expect_parts(found.warnings().front(), {"body L3", "body L4", "6 voxel faces"});
}

TEST(LabelledStructures, a_cut_body_is_told)
{
  const auto warnings = with({23, {{5, 15, 0}}, {{34, 44, 9}}}).warnings();
  ASSERT_EQ(warnings.size(), 1u);
  expect_parts(warnings.front(), {"body L4 (label 23)", "cut by the border", "900 of its 27000"});
}

TEST(LabelledStructures, unusual_volumes_are_told_and_impossible_ones_refused)
{
  auto labels = drawn(segment);
  const auto scaled = [&](const double factor) {
    for (int axis = 0; axis < 3; ++axis)
      labels.grid.index_to_world.linear[axis] = {0, 0, 0}, labels.grid.index_to_world.linear[axis][axis] = factor;
    return LabelledStructures(labels, parse_level("L3/L4"));
  };
  const auto small = scaled(.8); // 9.2 cm3
  EXPECT_NO_THROW(small.check());
  ASSERT_EQ(small.warnings().size(), 2u);
  expect_parts(small.warnings()[1], {"body L4", "9.2 cm3", "12 to 80 cm3"});
  expect_parts(bad_input_message([&] { scaled(1e-3).check(); }), {"volume of body L3", "1.8e-08 cm3", "voxel size"});
  expect_parts(bad_input_message([&] { scaled(10).check(); }), {"volume of body L3", "1.8e+04 cm3", "voxel size"});
}

TEST(LabelledStructures, wrong_directions_are_refused)
{
  auto labels = drawn(segment);
  labels.grid.index_to_world.linear[2] = {0, 0, -1};
  expect_parts(bad_input_message([&] { LabelledStructures(labels, parse_level("L3/L4")).check(); }),
               {"order of body L3 (label 22)", "-49.5, -34.5 and -19.5 mm", "header"});
  labels = drawn(segment);
  labels.grid.index_to_world.linear[1] = {0, -1, 0};
  expect_parts(bad_input_message([&] { LabelledStructures(labels, parse_level("L3/L4")).check(); }),
               {"posterior elements L3 (label 122)", "21.5 mm in front of body L3"});
}

TEST(LabelledStructures, absent_labels_are_refused)
{
  expect_parts(bad_input_message([] { LabelledStructures(drawn(segment), parse_level("L4/L5")).check(); }),
               {"Label 223", "disc of L4/L5", "absent", "holds 22, 23, 122, 222"});
  expect_parts(bad_input_message([] { LabelledStructures(drawn({}), parse_level("L3/L4")).check(); }),
               {"Label 22", "all zero"});
}
