// Constraints as text, and the names of responses.
#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/goal.h>
#include <optimizer/response_catalogue.h>

namespace cageopt::optimizer {
namespace {

std::string refusal(const std::string &constraints)
{
  GoalParameters goal;
  goal.stated_constraints = constraints;
  try {
    goal.check();
  } catch (const inputs::InputError &error) {
    return error.what();
  }
  return "";
}

TEST(Goal, ReadsConstraints)
{
  GoalParameters goal;
  goal.stated_constraints = "axial_stiffness >= 11828; volume_fraction <= 0.3;";
  const auto constraints = goal.constraints();
  ASSERT_EQ(constraints.size(), 2u);
  EXPECT_EQ(constraints[0].response, "axial_stiffness");
  EXPECT_FALSE(constraints[0].is_upper);
  EXPECT_EQ(constraints[0].bound, 11828.);
  EXPECT_TRUE(constraints[1].is_upper);
  EXPECT_TRUE(GoalParameters().constraints().empty());
}

TEST(Goal, WithoutLatticeKeepsWhatAnyMaterialHas)
{
  GoalParameters goal;
  goal.stated_constraints = "axial_stiffness >= 11828.25; cage_stress <= 1; grayness <= 0.1; bone_overstrain <= 2";
  const auto constraints = goal.without_lattice().constraints();
  ASSERT_EQ(constraints.size(), 2u);
  EXPECT_EQ(constraints[0].response, "axial_stiffness");
  EXPECT_FALSE(constraints[0].is_upper);
  EXPECT_EQ(constraints[0].bound, 11828.25);
  EXPECT_EQ(constraints[1].response, "bone_overstrain");
  EXPECT_TRUE(constraints[1].is_upper);
}

TEST(Goal, RefusesWhatIsNoConstraint)
{
  EXPECT_EQ(refusal("volume_fraction <= 0.3"), "");
  EXPECT_NE(refusal("volume_fraction < 0.3").find("name <= value"), std::string::npos);
  EXPECT_NE(refusal("volume_fraction <= much").find("name <= value"), std::string::npos);
  EXPECT_NE(refusal("volume_fracton <= 0.3").find("did you mean 'volume_fraction'"), std::string::npos);
  EXPECT_NE(refusal("volume_fraction <= 0.3; volume_fraction >= 0.4").find("exclude each other"), std::string::npos);
  EXPECT_NE(refusal("volume_fraction <= 0.3; volume_fraction <= 0.4").find("twice"), std::string::npos);
  GoalParameters goal;
  goal.objective = "strain_mismach_intact";
  EXPECT_THROW(goal.check(), inputs::InputError);
}

TEST(ResponseCatalogue, DescribesEveryName)
{
  for (const auto &name : ResponseCatalogue::names())
    EXPECT_NE(ResponseCatalogue::description().find(name + " ["), std::string::npos);
  EXPECT_FALSE(ResponseCatalogue::needs_patient("compliance"));
  EXPECT_TRUE(ResponseCatalogue::needs_patient("bone_overstrain"));
}

} // namespace
} // namespace cageopt::optimizer
