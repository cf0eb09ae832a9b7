#include <gtest/gtest.h>

#include <inputs/level_labels.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

TEST(Level, verse_numbers)
{
  const LevelLabels level = parse_level("L3/L4");
  EXPECT_EQ(level.cranial, 22);
  EXPECT_EQ(level.disc, 222);
  EXPECT_EQ(level.caudal, 23);
  EXPECT_EQ(level.cranial_posterior, 122);
  EXPECT_EQ(level.caudal_posterior, 123);
  EXPECT_EQ(parse_level("L3/4").name, "L3/L4");
  EXPECT_EQ(parse_level("T12/L1").cranial, 19);
  EXPECT_EQ(parse_level("T12/L1").caudal, 20);
  EXPECT_EQ(parse_level("L5/S1").disc, 224);
  EXPECT_EQ(parse_level("L5/S1").caudal, 26);
  EXPECT_EQ(parse_level("T11/12").disc, 218);
  EXPECT_EQ(parse_level("C5/C6").cranial, 5);
  EXPECT_EQ(parse_level("C5/C6").caudal_posterior, 106);
  EXPECT_EQ(parse_level("C7/T1").disc, 207);
  EXPECT_EQ(parse_level("C7/T1").caudal, 8);
}

TEST(Level, unknown_levels_and_numbers_are_refused)
{
  expect_parts(bad_input_message([] { parse_level("L3-L4"); }), {"'L3-L4'", "did you mean 'L3/L4'?"});
  expect_parts(bad_input_message([] { parse_level("L3/L5"); }), {"'L3/L5'", "the levels are C2/C3 to L5/S1"});
  expect_parts(bad_input_message([] { parse_level("L5/1"); }), {"'L5/1'"});
  expect_parts(bad_input_message([] { parse_level("C1/C2"); }), {"'C1/C2'"}); // no disc
  EXPECT_EQ(parse_level("L3/L4", "1, 7, 2").disc, 7);
  EXPECT_EQ(parse_level("L3/L4", "1, 7, 2").cranial_posterior, 0);
  EXPECT_EQ(parse_level("L3/L4", "1, 7, 2, 11, 12").caudal_posterior, 12);
  for (const char *numbers : {"1, 2", "1, 2, x", "1, 2, 2", "0, 1, 2", "1, 2, 70000", "1, 2, 3, 4"})
    expect_parts(bad_input_message([&] { parse_level("L3/L4", numbers); }), {numbers, "3 or 5 different"});
}

TEST(Level, names_of_vertebrae)
{
  EXPECT_EQ(vertebra_name(22), "L3");
  EXPECT_EQ(vertebra_name(8), "T1");
  EXPECT_EQ(vertebra_name(222), "");
}
