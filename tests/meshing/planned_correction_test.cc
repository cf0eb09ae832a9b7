// The cranial vertebra moved as planned: where it arrives, what it weighs, and what is refused.

#include <cmath>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/design_frame.h>
#include <meshing/endplate_surfaces.h>
#include <meshing/planned_correction.h>
#include <tests/meshing/phantom_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

/// Of a body: volume (mm3), centre (RAS mm) and mean density.
struct Body
{
  double volume = 0, density = 0;
  Point centre{{0, 0, 0}};
};

Body body_of(const Patient &patient, const std::uint16_t label)
{
  Body body;
  double n = 0;
  std::size_t voxel = 0;
  const auto &size = patient.labels.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i, ++voxel)
        if (patient.labels.values[voxel] == label) {
          n += 1;
          body.density += patient.bmd.values[voxel];
          body.centre = body.centre + patient.labels.grid.index_to_world({double(i), double(j), double(k)});
        }
  body.volume = n * std::abs(patient.labels.grid.index_to_world.determinant());
  body.density /= n;
  body.centre = (1. / n) * body.centre;
  return body;
}

double height_of(const Patient &patient, const DesignFrame &frame)
{
  const EndplateSurfaces surfaces(patient, frame.design_to_world);
  return surfaces.upper_plane().a - surfaces.lower_plane().a;
}

} // namespace

TEST(PlannedCorrection, MovesTheCranialVertebraAsPlanned)
{
  const Patient &before = coarse_patient();
  const DesignFrame frame = DesignFrame::fit(before);
  for (const CorrectionParameters &plan : {CorrectionParameters{2., 6., 0.}, CorrectionParameters{3., -4., -3.}}) {
    SCOPED_TRACE(::testing::Message() << plan.height << ' ' << plan.lordosis << ' ' << plan.coronal);
    const PlannedCorrection correction(before, plan, MPI_COMM_WORLD);
    const Patient &after = correction.corrected();
    const DesignFrame corrected = DesignFrame::fit(after);
    EXPECT_NEAR(corrected.lordosis - frame.lordosis, plan.lordosis, .4);
    // Both endplates' planes turn with their bodies about the old centre.
    EXPECT_NEAR(height_of(after, corrected) - height_of(before, frame), plan.height, .25);

    const Body was = body_of(before, before.level.cranial), is = body_of(after, after.level.cranial);
    const Point arrived = correction.motion()(was.centre);
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_NEAR(is.centre[axis], arrived[axis], .2);
    // Voxels at convex edges lose corners, and mineral with them.
    EXPECT_NEAR(is.volume / was.volume, 1., 5e-3);
    EXPECT_NEAR(is.density / was.density, 1., 1.5e-2);
    EXPECT_NEAR(correction.motion().determinant(), 1., 1e-12);

    const Body kept = body_of(after, after.level.caudal), caudal = body_of(before, before.level.caudal);
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_NEAR(kept.centre[axis], caudal.centre[axis], .02);
    EXPECT_NEAR(kept.volume / caudal.volume, 1., 5e-3);
    EXPECT_NEAR(kept.density / caudal.density, 1., 5e-3);
    const double disc = body_of(before, before.level.disc).volume;
    EXPECT_NEAR(body_of(after, after.level.disc).volume, disc + plan.height * 1500., .2 * disc); // mm2 of endplate
    EXPECT_EQ(after.resolution(), before.resolution());
  }
}

TEST(PlannedCorrection, TiltsToTheRightAndOpensInFront)
{
  // Towards the right is +x, towards the front +y of the design frame.
  const Patient &before = coarse_patient();
  const Affine world_to_design = DesignFrame::fit(before).design_to_world.inverse();
  const Point was = world_to_design(body_of(before, before.level.cranial).centre);
  const auto arrives = [&](const CorrectionParameters &plan) {
    const PlannedCorrection correction(before, plan, MPI_COMM_WORLD);
    return world_to_design(body_of(correction.corrected(), before.level.cranial).centre) - was;
  };
  EXPECT_GT(arrives({2., 0., 5.})[0], 1.);
  EXPECT_LT(arrives({2., 5., 0.})[1], -1.); // the body above turns backwards
}

TEST(PlannedCorrection, RefusesBodiesThatOverlap)
{
  for (const CorrectionParameters &plan : {CorrectionParameters{-9., 0., 0.}, CorrectionParameters{0., 25., 0.}})
    try {
      PlannedCorrection(coarse_patient(), plan, MPI_COMM_WORLD);
      FAIL() << plan.height << ' ' << plan.lordosis;
    } catch (const InputError &error) {
      EXPECT_NE(std::string(error.what()).find("the bodies overlap in"), std::string::npos);
    }
}
