#include <map>

#include <gtest/gtest.h>

#include <inputs/load_library.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

namespace {

using Wrench = std::array<double, 6>;

std::vector<LoadCase> cases_of(const std::string &set)
{
  LoadParameters parameters;
  parameters.set = set;
  return load_cases(parameters);
}

std::map<std::string, LoadCase> by_name(const std::vector<LoadCase> &cases)
{
  std::map<std::string, LoadCase> result;
  for (const LoadCase &load : cases)
    result.emplace(load.name, load);
  return result;
}

std::vector<LoadCase> custom(const std::string &text, const std::array<double, 3> &point = {{0, 0, 0}})
{
  LoadParameters parameters;
  parameters.set = "custom";
  parameters.custom_cases = text;
  parameters.moment_point = point;
  return load_cases(parameters);
}

} // namespace

// Signs: design.md section 2. Weights: published-values.md 7.2.
TEST(LoadCase, default_set)
{
  const auto cases = by_name(cases_of("default_400N_7.5Nm"));
  ASSERT_EQ(cases.size(), 6u);
  EXPECT_EQ(cases.at("flexion").wrench, (Wrench{{0, 0, -400, -7500, 0, 0}}));
  EXPECT_EQ(cases.at("extension").wrench, (Wrench{{0, 0, -400, 7500, 0, 0}}));
  EXPECT_EQ(cases.at("right bending").wrench, (Wrench{{0, 0, -400, 0, 7500, 0}}));
  EXPECT_EQ(cases.at("left bending").wrench, (Wrench{{0, 0, -400, 0, -7500, 0}}));
  EXPECT_EQ(cases.at("left axial rotation").wrench, (Wrench{{0, 0, -400, 0, 0, 7500}}));
  EXPECT_EQ(cases.at("right axial rotation").wrench, (Wrench{{0, 0, -400, 0, 0, -7500}}));
  EXPECT_NEAR(cases.at("flexion").weight, 0.215, 1e-12);
  EXPECT_NEAR(cases.at("extension").weight, 0.215, 1e-12);
  EXPECT_NEAR(cases.at("left bending").weight, 0.165, 1e-12);
  EXPECT_NEAR(cases.at("right axial rotation").weight, 0.12, 1e-12);
}

TEST(LoadCase, other_sets)
{
  const auto alternative = by_name(cases_of("alternative_500N_10Nm"));
  EXPECT_EQ(alternative.at("flexion").wrench, (Wrench{{0, 0, -500, -10000, 0, 0}}));
  const auto combined = by_name(cases_of("combined_modes"));
  ASSERT_EQ(combined.size(), 7u);
  EXPECT_EQ(combined.at("flexion").wrench, (Wrench{{0, 0, -1175, -7500, 0, 0}}));
  EXPECT_EQ(combined.at("extension").wrench, (Wrench{{0, 0, -500, 7500, 0, 0}}));
  EXPECT_EQ(combined.at("left bending").wrench, (Wrench{{0, 0, -700, 0, -7800, 0}}));
  EXPECT_EQ(combined.at("left axial rotation").wrench, (Wrench{{0, 0, -720, 0, 0, 5500}}));
  EXPECT_EQ(combined.at("standing").wrench, (Wrench{{0, 0, -500, 0, 0, 0}}));
  EXPECT_EQ(cases_of("compression_1000N").at(0).wrench, (Wrench{{0, 0, -1000, 0, 0, 0}}));
  EXPECT_EQ(cases_of("compression_2000N").at(0).wrench, (Wrench{{0, 0, -2000, 0, 0, 0}}));
}

TEST(LoadCase, weights_of_every_set_add_up_to_one_and_every_case_is_cited)
{
  for (const LoadSet &set : load_library()) {
    LoadParameters parameters;
    parameters.set = set.name;
    parameters.body_weight = set.is_share ? 80 : 0;
    double total = 0;
    for (const LoadCase &load : load_cases(parameters)) {
      total += load.weight;
      const auto mark = load.citation.find_last_of('[');
      ASSERT_NE(mark, std::string::npos) << set.name << ": " << load.citation;
      EXPECT_NE(std::string("ABCR").find(load.citation[mark + 1]), std::string::npos) << load.citation;
    }
    EXPECT_NEAR(total, 1., 1e-12) << set.name;
    EXPECT_NE(describe_load_library().find(set.name + (set.is_share ? "   shares" : "")), std::string::npos);
  }
}

// published-values.md 7.1: forces at k = 1.5, and shares of body weight.
TEST(LoadCase, daily_activities)
{
  const auto pressure = by_name(cases_of("daily_activities_disc_pressure"));
  const std::map<std::string, double> published = {{"standing", 600},
                                                   {"standing flexed", 1320},
                                                   {"sitting", 552},
                                                   {"lifting 20kg round back", 2760},
                                                   {"lifting 20kg bent knees", 2040}};
  for (const auto &[name, force] : published)
    EXPECT_NEAR(pressure.at(name).wrench[2], -force, 1e-9) << name;
  EXPECT_EQ(pressure.size(), 11u);
  EXPECT_NEAR(cases_of("disc_pressure_lifting_20kg_round_back").at(0).wrench[2], -2760, 1e-9);
  EXPECT_EQ(cases_of("spinal_load_sitting").at(0).wrench, (Wrench{{0, 0, -996, 0, 0, 0}}));
  EXPECT_EQ(by_name(cases_of("daily_activities_implant")).at("daily maximum").wrench[2], -1650);
}

TEST(LoadCase, body_weight)
{
  LoadParameters parameters;
  parameters.set = "disc_pressure_standing";
  parameters.body_weight = 105;
  EXPECT_NEAR(load_cases(parameters).at(0).wrench[2], -900, 1e-9);
  EXPECT_NE(load_cases(parameters).at(0).citation.find("for 105 kg"), std::string::npos);
  parameters.set = "daily_activities_joint_force";
  parameters.body_weight = 60; // 588.399 N
  EXPECT_NEAR(by_name(load_cases(parameters)).at("extension 15deg").wrench[2], -2.04 * 588.399, 1e-6);
  parameters.set = "implant_gait_stairs_up";
  EXPECT_NEAR(load_cases(parameters).at(0).wrench[2], -.39 / 1.71 * 2.65 * 588.399, 1e-6);

  const auto refused = [](const std::string &set, const double mass, const double preload = -1) {
    LoadParameters stated;
    stated.set = set;
    stated.body_weight = mass;
    stated.follower_preload = preload;
    stated.custom_cases = set == "custom" ? "a: 0, 0, -1, 0, 0, 0, 1" : "";
    return bad_input_message([&] { stated.check(); });
  };
  expect_parts(refused("implant_gait_walking", 0), {"'Loads/Body weight'", "not stated", "shares of body weight"});
  expect_parts(refused("default_400N_7.5Nm", 70), {"'Loads/Body weight' is 70 kg", "do not depend on it"});
  expect_parts(refused("spinal_load_prone", 70), {"do not depend on it"});
  expect_parts(refused("custom", 70), {"'Loads/Body weight'", "library sets only"});
  expect_parts(refused("disc_pressure_standing", 70, 400), {"'Loads/Follower preload'", "would replace"});
}

TEST(LoadCase, follower_preload_replaces_the_compression)
{
  LoadParameters parameters;
  parameters.follower_preload = 250;
  for (const LoadCase &load : load_cases(parameters))
    EXPECT_EQ(load.wrench[2], -250);
  parameters.follower_preload = 0; // pure moments
  EXPECT_EQ(load_cases(parameters).front().wrench, (Wrench{{0, 0, 0, -7500, 0, 0}}));
}

// -400 N in z, 5 mm to the right of the disc centre and 20 mm in front, bends right (+M_y) and into flexion (-M_x).
TEST(LoadCase, custom_cases_are_moved_to_the_disc_centre)
{
  const auto cases = custom("off centre: 0, 0, -400, 0, 0, 1.5, 3; shear: 10, 20, 0, 0, 0, 0, 1;", {{5, 20, 7}});
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].name, "off centre");
  EXPECT_EQ(cases[0].wrench, (Wrench{{0, 0, -400, -8000, 2000, 1500}}));
  EXPECT_EQ(cases[1].wrench, (Wrench{{10, 20, 0, -140, 70, -100}}));
  EXPECT_DOUBLE_EQ(cases[0].weight, 0.75);
  EXPECT_DOUBLE_EQ(cases[1].weight, 0.25);
}

TEST(LoadCase, bad_input_is_refused)
{
  expect_parts(bad_input_message([] { cases_of("default_400N_7Nm"); }),
               {"'Loads/Set'", "did you mean 'default_400N_7.5Nm'"});
  expect_parts(bad_input_message([] { custom("rest: 0, 0, 0, 0, 0, 0, 1"); }), {"'rest'", "zero", "nothing to solve"});
  expect_parts(bad_input_message([] { custom("a: 0, 0, -1, 0, 0, 0, 0"); }), {"weight", "'a'", "positive"});
  expect_parts(bad_input_message([] { custom("a: 0, 0, -1, 0, 0, 0, -2"); }), {"weight", "positive"});
  expect_parts(bad_input_message([] { custom("a: 0, 0, -1, 0, 0, 0"); }), {"6 numbers instead of 7", "N and moments"});
  expect_parts(bad_input_message([] { custom("a: 0, 0, -1 N, 0, 0, 0, 1"); }), {"'-1 N' is not a number"});
  expect_parts(bad_input_message([] { custom("0, 0, -1, 0, 0, 0, 1"); }), {"no name"});
  expect_parts(bad_input_message([] { custom("a: 0,0,-1,0,0,0,1; a: 0,0,-2,0,0,0,1"); }), {"unique"});
  expect_parts(bad_input_message([] { custom(""); }), {"empty"});
  LoadParameters parameters;
  parameters.set = "compression_1000N";
  parameters.follower_preload = 0;
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'compression'", "zero"});
  parameters = LoadParameters();
  parameters.custom_cases = "a: 0,0,-1,0,0,0,1";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"only with the set 'custom'"});
  parameters = LoadParameters();
  parameters.moment_point = {{0, 0, 1}};
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Loads/Moment point'"});
}
