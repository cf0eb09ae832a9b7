// Gaps and overlaps between a cage's faces and endplates that are planes, where they are known exactly.

#include <cmath>

#include <gtest/gtest.h>

#include <meshing/cage_fit.h>
#include <tests/meshing/block_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

CageParameters small_cage()
{
  CageParameters parameters;
  parameters.width = 24;
  parameters.depth = 18;
  parameters.window_share = .2;
  return parameters;
}

} // namespace

TEST(CageFit, PlanesThatTheCageWasMadeForLeaveNothing)
{
  const auto patient = blocks(-5, 5);
  const EndplateSurfaces surfaces(patient, Affine());
  const Cage cage(small_cage(), surfaces);
  const CageFit fit(cage, surfaces, patient, Affine());
  for (const auto &face : {fit.caudal, fit.cranial}) {
    EXPECT_NEAR(face.gap_volume, 0., 1e-3 * cage.footprint_area());
    EXPECT_NEAR(face.overlap_volume, 0., 1e-3 * cage.footprint_area());
    EXPECT_EQ(face.open_area, 0.);
  }
  for (const double height : {fit.smallest_height, fit.largest_height, fit.anterior_height, fit.posterior_height})
    EXPECT_NEAR(height, 10., 2e-3);
}

TEST(CageFit, GapAndOverlapAreAreaTimesTheShiftOfAPlane)
{
  const auto made_for = blocks(-5, 5);
  const EndplateSurfaces surfaces(made_for, Affine());
  const Cage cage(small_cage(), surfaces);
  // The caudal endplate 1.5 mm lower, and the cranial one 0.5 mm lower.
  const CageFit fit(cage, surfaces, blocks(-6.5, 4.5), Affine());
  const double area = cage.footprint_area();
  EXPECT_GT(area, 300.);
  EXPECT_NEAR(fit.caudal.gap_volume, 1.5 * area, 1e-3 * area);
  EXPECT_NEAR(fit.caudal.largest_gap, 1.5, 1e-3);
  EXPECT_NEAR(fit.caudal.overlap_volume, 0., 1e-9);
  EXPECT_NEAR(fit.cranial.overlap_volume, .5 * area, 1e-3 * area);
  EXPECT_NEAR(fit.cranial.largest_overlap, .5, 1e-3);
  EXPECT_NEAR(fit.cranial.gap_volume, 0., 1e-9);
  EXPECT_EQ(fit.caudal.open_area + fit.cranial.open_area, 0.);
}

TEST(CageFit, BoneOutOfReachIsOpenAreaAndNoGap)
{
  const auto made_for = blocks(-5, 5);
  const EndplateSurfaces surfaces(made_for, Affine());
  const Cage cage(small_cage(), surfaces);
  const CageFit fit(cage, surfaces, blocks(-5 - CageFit::reach - 2, 5), Affine());
  EXPECT_NEAR(fit.caudal.open_area, cage.footprint_area(), 1e-9);
  EXPECT_EQ(fit.caudal.gap_volume, 0.);
  EXPECT_EQ(fit.cranial.open_area, 0.);
}

TEST(CageFit, FlatFacesCutBoneAndLeaveGaps)
{
  const auto patient = blocks(-5, 5);
  const EndplateSurfaces surfaces(patient, Affine());
  auto parameters = small_cage();
  parameters.faces = "flat";
  parameters.height = 12.;
  const Cage high(parameters, surfaces);
  const CageFit too_high(high, surfaces, patient, Affine());
  parameters.height = 9.;
  const Cage low(parameters, surfaces);
  const CageFit too_low(low, surfaces, patient, Affine());
  parameters.height = 0.;
  parameters.lordosis = 10.;
  const Cage wedge(parameters, surfaces);
  const CageFit wedged(wedge, surfaces, patient, Affine());
  const double area = high.footprint_area();
  // A wedge in a space between parallel planes: what it cuts in front is what it leaves behind.
  double moment = 0;
  for (double y = -16; y < 16; y += .125)
    for (double x = -21; x < 21; x += .125)
      if (wedge.covers(x, y))
        moment += .125 * .125 * std::max(0., wedge.upper(x, y) - 5.);
  EXPECT_GT(moment, 50.);
  for (const int side : {0, 1}) {
    const auto face = [&](const CageFit &fit) { return side == 0 ? fit.caudal : fit.cranial; };
    EXPECT_NEAR(face(too_high).overlap_volume, area, 2e-3 * area);
    EXPECT_EQ(face(too_high).gap_volume, 0.);
    EXPECT_NEAR(face(too_low).gap_volume, .5 * area, 2e-3 * area);
    EXPECT_NEAR(face(too_low).overlap_volume, 0., 1e-9);
    EXPECT_NEAR(face(wedged).overlap_volume, moment, .02 * moment);
    EXPECT_NEAR(face(wedged).gap_volume, moment, .02 * moment);
  }
  EXPECT_NEAR(wedged.anterior_height - wedged.posterior_height, 2 * 18 * std::tan(5 * 3.14159265 / 180), .15);
  EXPECT_NEAR(wedge.mean_height(), 10., 2e-3);
}
