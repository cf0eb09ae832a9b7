// Where a cage stands: found on bone whose strength is known, and on a tilted, lordotic, scoliotic disc.

#include <cmath>
#include <iostream>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cage_fit.h>
#include <meshing/cage_support.h>
#include <meshing/design_frame.h>
#include <tests/meshing/block_patient.h>
#include <tests/meshing/phantom_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

const Patient &even_blocks()
{
  static const Patient patient = blocks(-5, 5);
  return patient;
}

const EndplateSurfaces &flat_endplates()
{
  static const EndplateSurfaces surfaces(even_blocks(), Affine());
  return surfaces;
}

CageParameters strongest(const double width, const double depth, const double window)
{
  CageParameters parameters;
  parameters.placement = "strongest";
  parameters.width = width;
  parameters.depth = depth;
  parameters.window_share = window;
  parameters.inserter_width = 0;
  return parameters;
}

double bump(const double x, const double y, const double x_0, const double y_0)
{
  return std::exp(-.02 * (std::pow(x - x_0, 2) + std::pow(y - y_0, 2)));
}

/// The D is not symmetric in y, so that a symmetric bump is not under its middle but near its centroid.
std::array<double, 2> footprint_centroid(const Cage &cage)
{
  double n = 0, x_sum = 0, y_sum = 0;
  for (double y = -16; y < 16; y += .1)
    for (double x = -21; x < 21; x += .1)
      if (cage.covers(x, y)) {
        n += 1;
        x_sum += x;
        y_sum += y;
      }
  return {{x_sum / n, y_sum / n}};
}

} // namespace

TEST(CagePlacement, FindsTheStrongSpot)
{
  const Cage cage(strongest(14, 10, 0), flat_endplates(),
                  [](int, const double x, const double y) { return 1. + 5. * bump(x, y, 6., -3.); });
  const auto found = footprint_centroid(cage);
  EXPECT_NEAR(found[0], 6., .3);
  EXPECT_NEAR(found[1], -3., .6);
}

TEST(CagePlacement, TheWeakerEndplateDecides)
{
  const Cage cage(strongest(14, 10, 0), flat_endplates(), [](const int side, const double x, const double y) {
    return side == 0 ? .1 + .5 * bump(x, y, -7., 4.) : 10. + 50. * bump(x, y, 6., -3.);
  });
  const auto found = footprint_centroid(cage);
  EXPECT_NEAR(found[0], -7., .3);
  EXPECT_NEAR(found[1], 4., .6);
}

TEST(CagePlacement, EvenBoneLeavesTheCageInTheMiddle)
{
  for (const std::string family : {"alif", "plif"}) {
    auto parameters = strongest(family == "alif" ? 20 : 9, family == "alif" ? 14 : 22, .3);
    parameters.family = family;
    const Cage cage(parameters, flat_endplates(), [](int, double, double) { return 3.; });
    EXPECT_NEAR(cage.centre()[0], flat_endplates().centroid_x(), 1e-9) << family;
    EXPECT_NEAR(cage.centre()[1], flat_endplates().centroid_y(), 1e-9) << family;
  }
}

TEST(CagePlacement, NoOtherPlaceCarriesMore)
{
  const auto strength = [](const int side, const double x, const double y) {
    return 2. + std::sin(.31 * x + side) * std::cos(.43 * y - .5 * side) + .02 * x * (side == 0 ? 1 : -.5);
  };
  auto parameters = strongest(16, 12, .3);
  const auto force = [&](const Cage &cage) {
    double sums[2] = {0, 0};
    for (double y = -15; y < 15; y += .25)
      for (double x = -20; x < 20; x += .25)
        if (cage.part_at({x, y, 0}) == CagePart::design)
          for (const int side : {0, 1})
            sums[side] += .25 * .25 * strength(side, x, y);
    return std::min(sums[0], sums[1]);
  };
  const double best = force(Cage(parameters, flat_endplates(), strength));
  parameters.placement = "centred";
  double best_of_scan = 0;
  for (double right = -12; right <= 12; right += 2.)
    for (double anterior = -9; anterior <= 9; anterior += 1.5) {
      parameters.offset_right = right;
      parameters.offset_anterior = anterior;
      try {
        const Cage cage(parameters, flat_endplates());
        if (cage.footprint_area() > .98 * 16 * 12 * .8)
          best_of_scan = std::max(best_of_scan, force(cage));
      } catch (const Error &) { // over the rim
      }
    }
  EXPECT_GT(best_of_scan, 100.);
  EXPECT_GT(best, .997 * best_of_scan);
}

TEST(CagePlacement, ALargeCageByCoverageStaysOverTheEndplates)
{
  auto parameters = strongest(0, 0, .4);
  const Cage cage(parameters, flat_endplates(), [](int, const double x, double) { return 2. + .05 * x; });
  EXPECT_NEAR(cage.coverage(), .85, .01);
  parameters.endplate_coverage = .4;
  const Cage small(parameters, flat_endplates(), [](int, const double x, double) { return 2. + .05 * x; });
  EXPECT_NEAR(small.coverage(), .4, .01);
  // As far to the strong side as the rim margin lets it.
  double right = -1e30;
  for (double x = 0; x < 21; x += .05)
    for (double y = -14; y < 14; y += .5)
      if (small.covers(x, y))
        right = std::max(right, x);
  EXPECT_NEAR(right, 20. - parameters.rim_margin, 1.);
}

TEST(EndplateLayer, HasTheDensityOfTheBoneBesideTheDisc)
{
  const auto patient = blocks(-5, 5, [](const Point &p) {
    return static_cast<float>(p[2] > 0 ? 300 + 4 * p[0] : 150 - 3 * p[1] + (p[2] < -6.5 ? 1000 : 0));
  });
  const EndplateSurfaces surfaces(patient, Affine());
  const EndplateLayer layer(patient, surfaces, Affine());
  EXPECT_DOUBLE_EQ(EndplateLayer::thickness(patient), 1.25);
  for (double x = -17; x < 18; x += 5)
    for (double y = -12; y < 13; y += 4) {
      EXPECT_NEAR(layer.density(0, x, y), 150 - 3 * y, 1.6);
      EXPECT_NEAR(layer.density(1, x, y), 300 + 4 * x, 2.1);
      EXPECT_NEAR(layer.yield_stress(1, x, y),
                  .0084 * patient.youngs_modulus(static_cast<float>(layer.density(1, x, y))), 1e-9);
    }
  EXPECT_NEAR(layer.mean_density(0), 150, 1.);
  EXPECT_NEAR(layer.mean_density(1), 300, 1.);
  EXPECT_TRUE(std::isnan(layer.density(0, 22, 0)));
  EXPECT_EQ(layer.yield_stress(0, 22, 0), 0.);
}

TEST(EndplateLayer, RimIsWhatLiesOutside70PercentOfTheDiameter)
{
  const EndplateLayer layer(even_blocks(), flat_endplates(), Affine());
  double n = 0, n_rim = 0;
  for (double y = -14.9; y < 15; y += .1)
    for (double x = -19.9; x < 20; x += .1) {
      ++n;
      n_rim += layer.in_rim(x, y);
    }
  EXPECT_NEAR(n_rim / n, 1 - .49, .02);
  EXPECT_FALSE(layer.in_rim(13.5, 0));
  EXPECT_TRUE(layer.in_rim(14.5, 0));
  EXPECT_FALSE(layer.in_rim(21, 0));
}

TEST(CageSupport, IsKnownForCagesInTheMiddleAndOnTheRim)
{
  const EndplateLayer layer(even_blocks(), flat_endplates(), Affine());
  CageParameters parameters;
  parameters.width = 20;
  parameters.depth = 14;
  parameters.inserter_width = 0;
  const Cage central(parameters, flat_endplates());
  const CageSupport in_middle(central, flat_endplates(), layer);
  EXPECT_EQ(in_middle.rim_share, 0);
  EXPECT_EQ(in_middle.rim_edge_share, 0);
  EXPECT_NEAR(in_middle.rim_share_of_endplates, .51, .02);
  EXPECT_NEAR(in_middle.bearing_area, central.footprint_area() - central.window_area(), 3.);
  const double stress = .0084 * even_blocks().youngs_modulus(100.f);
  for (const int side : {0, 1}) {
    EXPECT_NEAR(in_middle.density[side], 100, 1e-3);
    EXPECT_NEAR(in_middle.yield_force[side], stress * in_middle.bearing_area, 1e-3 * stress * in_middle.bearing_area);
  }
  parameters.width = parameters.depth = 0;
  parameters.endplate_coverage = .85;
  const Cage wide(parameters, flat_endplates());
  const CageSupport on_rim(wide, flat_endplates(), layer);
  EXPECT_GT(on_rim.rim_edge_share, .99);
  EXPECT_GT(on_rim.rim_share, .6);
}

// 15 degrees in the sagittal, 12 in the coronal and 10 in the axial plane, as in a scoliotic spine, 14 degrees of
// lordosis.
TEST(CagePlacement, FollowsATiltedLordoticScolioticDisc)
{
  PhantomParameters parameters;
  parameters.voxel_in_plane = parameters.voxel_slice = 1.;
  parameters.tilt = {{15., 12., 10.}};
  parameters.lordosis = 14.;
  parameters.disc_height = 9.;
  const Phantom phantom(parameters);
  const auto patient = phantom_patient(phantom);
  const auto frame = DesignFrame::fit(patient);
  const auto &truth = phantom.truth();
  const auto axis = [](const Affine &motion, const int d) {
    return Point{motion.linear[0][d], motion.linear[1][d], motion.linear[2][d]};
  };
  const auto degrees_between = [](const Point &a, const Point &b) {
    return std::acos(std::min(1., dot(a, b) / norm(a) / norm(b))) * 180 / 3.14159265358979;
  };
  EXPECT_GT(degrees_between(axis(truth.design_to_world, 2), {0, 0, 1}), 15.); // it is tilted
  EXPECT_LT(degrees_between(axis(frame.design_to_world, 2), axis(truth.design_to_world, 2)), 1.);
  EXPECT_LT(degrees_between(axis(frame.design_to_world, 1), axis(truth.design_to_world, 1)), 3.);
  EXPECT_LT(norm(frame.design_to_world.offset - truth.design_to_world.offset), 1.);
  EXPECT_NEAR(frame.lordosis, 14., 1.5);

  const EndplateSurfaces surfaces(patient, frame.design_to_world);
  const EndplateLayer layer(patient, surfaces, frame.design_to_world);
  const FaceStrength strength = [&](const int side, const double x, const double y) {
    return layer.yield_stress(side, x, y);
  };
  for (const std::string family : {"alif", "llif", "tlif", "plif"})
    for (const std::string placement : {"centred", "strongest"}) {
      if (placement == "strongest" && family != "plif")
        continue; // the search takes a second
      CageParameters given;
      given.family = family;
      given.placement = placement;
      const Cage cage(given, surfaces, strength);
      const CageFit fit(cage, surfaces, patient, frame.design_to_world);
      const CageSupport support(cage, surfaces, layer);
      const double half_voxel = .5 * parameters.voxel_in_plane;
      for (const auto *face : {&fit.caudal, &fit.cranial}) {
        EXPECT_LT((face->gap_volume + face->overlap_volume) / cage.footprint_area(), half_voxel) << family;
        EXPECT_EQ(face->open_area, 0) << family;
        std::cout << family << ' ' << placement << (face == &fit.caudal ? " caudal" : " cranial") << ": gap "
                  << face->gap_volume << " (largest " << face->largest_gap << " mm), overlap " << face->overlap_volume
                  << " mm3 (largest " << face->largest_overlap << " mm) on " << cage.footprint_area() << " mm2\n";
      }
      const bool stands_in_front = family == "tlif";
      EXPECT_GT(fit.anterior_height, fit.posterior_height + (stands_in_front ? .5 : 2.)) << family;
      std::cout << "  at " << cage.centre()[0] << ", " << cage.centre()[1] << "; on the rim " << support.rim_share
                << ", yields at " << support.yield_force[0] << " and " << support.yield_force[1] << " N\n";
    }
}
