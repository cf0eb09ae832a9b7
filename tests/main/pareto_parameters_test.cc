// The lists of subsection Pareto.
#include <gtest/gtest.h>

#include <inputs/error.h>
#include <main/pareto_parameters.h>

namespace cageopt {
namespace {

TEST(ParetoParameters, ReadsListsFalling)
{
  ParetoParameters pareto;
  pareto.modulus_tolerances = "0.02, 0.5,0.1";
  EXPECT_EQ(pareto.tolerance_list(), (std::vector<double>{.5, .1, .02}));
  pareto.footprints = "large: 0.85; narrow: 24 x 20";
  const auto footprints = pareto.footprint_list();
  ASSERT_EQ(footprints.size(), 2u);
  meshing::CageParameters cage;
  footprints[1].apply(cage);
  EXPECT_EQ(cage.width, 24.);
  EXPECT_EQ(cage.depth, 20.);
  footprints[0].apply(cage);
  EXPECT_EQ(cage.endplate_coverage, .85);
  EXPECT_EQ(cage.width, 0.);
}

TEST(ParetoParameters, ReadsFamilies)
{
  ParetoParameters pareto;
  pareto.footprints = "banana: tlif; side: llif 45 x 22; front: alif 0.7";
  const auto footprints = pareto.footprint_list();
  ASSERT_EQ(footprints.size(), 3u);
  meshing::CageParameters cage;
  cage.width = cage.depth = 20;
  footprints[0].apply(cage);
  EXPECT_EQ(cage.family, "tlif");
  EXPECT_EQ(cage.width, 0.);
  footprints[1].apply(cage);
  EXPECT_EQ(cage.family, "llif");
  EXPECT_EQ(cage.depth, 22.);
  footprints[2].apply(cage);
  EXPECT_EQ(cage.family, "alif");
  EXPECT_EQ(cage.width, 0.);
  EXPECT_EQ(cage.endplate_coverage, .7);
}

TEST(ParetoParameters, AFamilyTakesThePlaceOfASurface)
{
  ParetoParameters pareto;
  meshing::CageParameters stated;
  stated.family = "surface";
  stated.envelope_file = "cage.stl";
  stated.faces = "own";
  stated.struts = 6;
  EXPECT_NO_THROW(stated.check());
  pareto.footprints = "banana: tlif; front: 0.6";
  for (const auto &footprint : pareto.footprint_list()) {
    auto cage = stated;
    footprint.apply(cage);
    EXPECT_NO_THROW(cage.check()) << footprint.name;
    EXPECT_EQ(cage.faces, "conforming");
    EXPECT_EQ(cage.struts, 6u);
    EXPECT_TRUE(cage.files().empty());
  }
}

TEST(ParetoParameters, RefusesWhatItCannotRead)
{
  for (const char *text : {"large", "large: much", "large: 1.5", "narrow: 24 by 20", "narrow: 24 x", "side: tlif 0.7",
                           "side: xlif", "side: llif 45", ""}) {
    ParetoParameters pareto;
    pareto.footprints = text;
    EXPECT_THROW(pareto.check(), inputs::InputError) << text;
  }
  ParetoParameters pareto;
  pareto.overstrain_shares = "1, 1.2";
  EXPECT_THROW(pareto.check(), inputs::InputError);
  pareto.overstrain_shares = "";
  EXPECT_THROW(pareto.check(), inputs::InputError);
}

} // namespace
} // namespace cageopt
