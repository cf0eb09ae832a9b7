// Gaps and overlaps between a cage's faces and endplates that are planes, where they are known exactly.

#include <gtest/gtest.h>

#include <meshing/cage_fit.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;

namespace {

constexpr double voxel = .5; // mm

/// Two blocks of 40 x 30 mm with a disc between: bone above `cranial_begin` and below `caudal_end`, mm.
Patient blocks(const double caudal_end, const double cranial_begin)
{
  const auto level = parse_level("L3/L4");
  Image<std::uint16_t> labels;
  auto &grid = labels.grid;
  grid.size = {{100, 80, 140}};
  for (unsigned int d = 0; d < 3; ++d) {
    grid.index_to_world.linear[d][d] = voxel;
    grid.index_to_world.offset[d] = -.5 * voxel * (grid.size[d] - 1);
  }
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Point p = grid.index_to_world({double(i), double(j), double(k)});
        std::uint16_t label = 0;
        if (std::abs(p[0]) < 20 && std::abs(p[1]) < 15)
          label = p[2] > cranial_begin ? level.cranial : p[2] < caudal_end ? level.caudal : level.disc;
        labels.values.push_back(label);
      }
  const Image<float> bmd{grid, std::vector<float>(labels.values.size(), 100.f)};
  return {"blocks",  "", bmd,   labels, level, Calibration::linear(1, 0, DensityMeasure::k2hpo4, "none"),
          BoneLaw(), .3, false, .0084,  .0078, {}};
}

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
