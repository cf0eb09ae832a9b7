// Footprint, window, frame and the surfaces that touch the endplates.

#include <cmath>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cage.h>
#include <meshing/design_frame.h>
#include <tests/meshing/phantom_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

const EndplateSurfaces &endplates()
{
  static const EndplateSurfaces surfaces(coarse_patient(), DesignFrame::fit(coarse_patient()).design_to_world);
  return surfaces;
}

Point middle_of_disc(const double x, const double y)
{
  return {x, y, .5 * (endplates().lower(x, y) + endplates().upper(x, y))};
}

/// Calls action(x, y, part at mid-height) all over the endplates; returns the area of a sample.
template <typename Action>
double scan(const Cage &cage, const Action &action)
{
  constexpr double step = .2;
  for (double y = -25.; y < 25.; y += step)
    for (double x = -30.; x < 30.; x += step)
      if (endplates().covers(x, y))
        action(x, y, cage.part_at(middle_of_disc(x, y)));
  return step * step;
}

double nominal_area(const CageOutline &outline)
{
  double area = 0;
  for (double y = -35; y < 35; y += .25)
    for (double x = -35; x < 35; x += .25)
      area += outline.radius(x, y) <= 1 ? .0625 : 0.;
  return area;
}

/// Of the outline `shift` mm in front of the endplates' centroid.
double area_over_endplates(const CageOutline &outline, const double shift)
{
  double area = 0;
  for (double y = -35; y < 35; y += .25)
    for (double x = -35; x < 35; x += .25)
      if (outline.radius(x, y) <= 1 &&
          endplates().covers(endplates().centroid_x() + x, endplates().centroid_y() + shift + y))
        area += .0625;
  return area;
}

void expect_refused(const CageParameters &parameters, const std::string &words)
{
  try {
    const Cage cage(parameters, endplates());
    FAIL() << "accepted; expected: " << words;
  } catch (const InputError &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Way out"), std::string::npos);
  }
}

} // namespace

TEST(Cage, CoversWhatWasAsked)
{
  for (const double coverage : {.4, .6, .85})
    for (const double window : {0., .2, .4}) {
      CageParameters parameters;
      parameters.endplate_coverage = coverage;
      parameters.window_share = window;
      const Cage cage(parameters, endplates());
      double footprint = 0, opening = 0;
      const double sample = scan(cage, [&](double, double, const CagePart part) {
        footprint += part != CagePart::none;
        opening += part == CagePart::window;
      });
      EXPECT_NEAR(footprint * sample / endplates().area(), coverage, .01 * coverage);
      EXPECT_NEAR(cage.coverage(), coverage, .01 * coverage);
      EXPECT_NEAR(opening / footprint, window, .01);
      EXPECT_NEAR(cage.window_area() / cage.footprint_area(), window, .01);
    }
}

TEST(Cage, ConformsToBothEndplates)
{
  const Cage cage(CageParameters(), endplates());
  double volume = 0;
  const double sample = scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part == CagePart::none)
      return;
    const double lower = endplates().lower(x, y), upper = endplates().upper(x, y);
    for (const double z : {lower + 1e-3, upper - 1e-3})
      EXPECT_NE(cage.part_at({x, y, z}), CagePart::none) << x << " " << y;
    for (const double z : {lower - .01, upper + .01}) {
      EXPECT_EQ(cage.part_at({x, y, z}), CagePart::none);
      EXPECT_NE(cage.part_at({x, y, z}, .02), CagePart::none);
    }
    volume += upper - lower;
  });
  EXPECT_NEAR(cage.envelope_volume() / (volume * sample), 1., .01);
  EXPECT_NEAR(cage.mean_height(), cage.envelope_volume() / cage.footprint_area(), 1e-12);
}

TEST(Cage, LabelsBeginWithinHalfAVoxelOfTheEnvelope)
{
  const auto &patient = coarse_patient();
  const auto design_to_world = DesignFrame::fit(patient).design_to_world;
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * design_to_world;
  const Cage cage(CageParameters(), endplates());
  const double half_voxel = .5 * coarse_phantom().voxel_in_plane;
  double squares = 0;
  int n = 0;
  scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part == CagePart::none)
      return;
    const auto first = [&](const std::uint16_t label, const double begin, const double step) {
      double z = begin;
      while (nearest(patient.labels, design_to_index({x, y, z})) != label && std::abs(z) < 20.)
        z += step;
      return z;
    };
    for (const double gap :
         {first(22, 0., .05) - endplates().upper(x, y), endplates().lower(x, y) - first(23, 0., -.05)}) {
      squares += gap * gap;
      ++n;
    }
  });
  EXPECT_LT(std::sqrt(squares / n), half_voxel);
}

TEST(Cage, FrameIsARingThatTouchesNoEndplate)
{
  CageParameters parameters;
  parameters.inserter_width = 0.;
  parameters.frame_thickness = 2.;
  parameters.frame_height_share = .3;
  const Cage cage(parameters, endplates());
  double ring = 0;
  std::array<int, 36> sectors{};
  const double sample = scan(cage, [&](const double x, const double y, const CagePart part) {
    const double lower = endplates().lower(x, y), upper = endplates().upper(x, y);
    const double middle = .5 * (lower + upper), half = .15 * (upper - lower);
    if (part == CagePart::frame) {
      ring += 1;
      ++sectors[static_cast<int>((std::atan2(y, x) + 3.14159265358979) / 6.2831853071796 * 36) % 36];
      EXPECT_EQ(cage.part_at({x, y, middle + .99 * half}), CagePart::frame);
      EXPECT_EQ(cage.part_at({x, y, middle + 1.01 * half}), CagePart::design);
      EXPECT_EQ(cage.part_at({x, y, middle - 1.01 * half}), CagePart::design);
    }
    EXPECT_NE(cage.part_at({x, y, lower + 1e-3}), CagePart::frame);
    EXPECT_NE(cage.part_at({x, y, upper - 1e-3}), CagePart::frame);
  });
  for (const int n : sectors)
    EXPECT_GT(n, 0);
  // Perimeter of the ellipse of the cage's size (Ramanujan) times the thickness, measured at the ring's middle.
  const double a = .5 * cage.width() - 1., b = .5 * cage.depth() - 1.;
  const double perimeter = 3.14159265358979 * (3. * (a + b) - std::sqrt((3. * a + b) * (a + 3. * b)));
  EXPECT_NEAR(ring * sample / (2. * perimeter), 1., .12); // a D is a little longer around than an ellipse

  parameters.frame_thickness = 0.;
  const Cage without(parameters, endplates());
  scan(without, [](double, double, const CagePart part) { EXPECT_NE(part, CagePart::frame); });
}

TEST(Cage, InserterBlockSitsInTheAnteriorWall)
{
  CageParameters parameters;
  parameters.inserter_width = 9.;
  parameters.inserter_depth = 4.;
  parameters.frame_thickness = 0.;
  const Cage cage(parameters, endplates());
  double block = 0, front = -1e30;
  scan(cage, [&](double, const double y, const CagePart part) {
    front = part == CagePart::none ? front : std::max(front, y);
  });
  const double sample = scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part != CagePart::frame)
      return;
    block += 1;
    EXPECT_LT(std::abs(x - endplates().centroid_x()), 4.6);
    EXPECT_GT(y, front - 6.);
    const double lower = endplates().lower(x, y), upper = endplates().upper(x, y);
    EXPECT_EQ(cage.part_at({x, y, lower + 1e-3}), CagePart::design);
    EXPECT_EQ(cage.part_at({x, y, upper - 1e-3}), CagePart::design);
  });
  EXPECT_NEAR(block * sample, 9. * 4., 3.);
}

TEST(Cage, WindowIsCentral)
{
  const Cage cage(CageParameters(), endplates());
  double sums[2][3] = {};
  scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part == CagePart::none)
      return;
    for (const int which : {0, 1})
      if (which == 0 || part == CagePart::window) {
        sums[which][0] += 1;
        sums[which][1] += x;
        sums[which][2] += y;
      }
  });
  for (const int d : {1, 2})
    EXPECT_NEAR(sums[1][d] / sums[1][0], sums[0][d] / sums[0][0], .7);
}

TEST(Cage, TakesAnExplicitSizeAndPlace)
{
  CageParameters parameters;
  parameters.width = 30.;
  parameters.depth = 22.;
  parameters.offset_right = 2.;
  parameters.offset_anterior = 1.5;
  const Cage cage(parameters, endplates());
  EXPECT_NEAR(cage.width(), 30., .3);
  EXPECT_NEAR(cage.depth(), 22., .3);
  double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
  scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part == CagePart::none)
      return;
    low[0] = std::min(low[0], x);
    low[1] = std::min(low[1], y);
    high[0] = std::max(high[0], x);
    high[1] = std::max(high[1], y);
  });
  EXPECT_NEAR(.5 * (low[0] + high[0]), endplates().centroid_x() + 2., .3);
  EXPECT_NEAR(.5 * (low[1] + high[1]), endplates().centroid_y() + 1.5, .3);
  EXPECT_NEAR(high[0] - low[0], 30., .5);
  EXPECT_NEAR(high[1] - low[1], 22., .5);
}

TEST(Cage, KeepsTheRimMargin)
{
  CageParameters parameters;
  parameters.rim_margin = 3.;
  parameters.endplate_coverage = .6;
  const Cage cage(parameters, endplates());
  scan(cage, [&](const double x, const double y, const CagePart part) {
    if (part == CagePart::none)
      return;
    for (int sector = 0; sector < 12; ++sector)
      EXPECT_TRUE(endplates().covers(x + 2.5 * std::cos(sector * .5236), y + 2.5 * std::sin(sector * .5236)));
  });
}

TEST(Cage, FamiliesLieOverTheEndplatesInTheirLargestSize)
{
  for (const std::string family : {"llif", "tlif", "plif"}) {
    CageParameters parameters;
    parameters.family = family;
    parameters.inserter_width = 6.;
    const Cage cage(parameters, endplates());
    double footprint = 0, opening = 0, block = 0, sum_x = 0, sum_y = 0, block_x = 0, block_y = 0;
    const double sample = scan(cage, [&](const double x, const double y, const CagePart part) {
      footprint += part != CagePart::none;
      opening += part == CagePart::window;
      block += part == CagePart::frame;
      sum_x += part != CagePart::none ? x : 0;
      sum_y += part != CagePart::none ? y : 0;
      block_x += part == CagePart::frame ? x : 0;
      block_y += part == CagePart::frame ? y : 0;
    });
    EXPECT_NEAR(footprint * sample, cage.footprint_area(), .01 * cage.footprint_area()) << family;
    EXPECT_NEAR(opening / footprint, parameters.window_share, .02) << family;
    ASSERT_GT(block, 0) << family;
    const double x = sum_x / footprint - endplates().centroid_x(), y = sum_y / footprint - endplates().centroid_y();
    EXPECT_NEAR(x, 0, .5) << family;
    if (family == "tlif")
      EXPECT_GT(y, 3.); // on the anterior rim
    else
      EXPECT_LT(std::abs(y), 3.) << family;
    if (family == "plif") {
      EXPECT_LT(block_y / block, endplates().centroid_y() - 6);
      EXPECT_EQ(cage.part_at(middle_of_disc(endplates().centroid_x(), endplates().centroid_y())), CagePart::none);
    } else
      EXPECT_LT(block_x / block, endplates().centroid_x() - 12) << family;
    // A larger size of the catalogue loses more than 2 % wherever it is put.
    for (const auto &size : CageOutline::sizes(family)) {
      const CageOutline larger(family, size, parameters.pair_distance);
      if (nominal_area(larger) < 1.03 * cage.footprint_area())
        break; // the chosen one, or as large
      for (double shift = -14; shift <= 14; shift += 2)
        EXPECT_LT(area_over_endplates(larger, shift), .995 * nominal_area(larger))
            << family << ' ' << size.width << " x " << size.depth;
    }
  }
}

TEST(Cage, OffsetsMoveAFamilyFromWhereItFits)
{
  const auto middle_y = [](const double offset) {
    CageParameters parameters;
    parameters.family = "tlif";
    parameters.width = 30.;
    parameters.depth = 10.;
    parameters.inserter_width = 0.;
    parameters.offset_anterior = offset;
    const Cage cage(parameters, endplates());
    double sum = 0, n = 0;
    scan(cage, [&](double, const double y, const CagePart part) {
      sum += part != CagePart::none ? y : 0;
      n += part != CagePart::none;
    });
    EXPECT_NEAR(cage.width(), 30., .6);
    return sum / n;
  };
  EXPECT_NEAR(middle_y(0.) - middle_y(-4.), 4., .1);
}

TEST(Cage, FamiliesThatDoNotFitAreRefused)
{
  CageParameters parameters;
  parameters.family = "llif";
  parameters.rim_margin = 8.;
  expect_refused(parameters, "98 % of its smallest size, 40.0 x 18.0 mm, lie over the disc space");
  parameters.rim_margin = 1.;
  parameters.width = 70.;
  parameters.depth = 30.;
  expect_refused(parameters, "nine tenths of it lie over");
  parameters = CageParameters();
  parameters.family = "tlif";
  parameters.inserter_depth = 20.;
  parameters.window_share = .7;
  expect_refused(parameters, "the inserter's block leaves");
  parameters = CageParameters();
  parameters.family = "tlif";
  parameters.offset_anterior = 12.;
  expect_refused(parameters, "more than a tenth of it lies outside the disc space");
  parameters.width = 12.;
  parameters.depth = 26.;
  expect_refused(parameters, "thinner than 0.7 of its width");
  parameters.family = "plif";
  parameters.width = 11.;
  parameters.pair_distance = 9.;
  expect_refused(parameters, "would be one");
}

TEST(Cage, RefusesWhatDoesNotFit)
{
  CageParameters too_large;
  too_large.width = 60.;
  too_large.depth = 45.;
  expect_refused(too_large, "outside the disc space");

  CageParameters misplaced;
  misplaced.width = 30.;
  misplaced.depth = 22.;
  misplaced.offset_anterior = 20.;
  expect_refused(misplaced, "outside the disc space");

  CageParameters outside;
  outside.offset_right = 30.;
  outside.endplate_coverage = .95;
  expect_refused(outside, "'Cage/Endplate coverage'");

  CageParameters half_given;
  half_given.width = 30.;
  expect_refused(half_given, "a size needs both");

  CageParameters thin;
  thin.inserter_width = 0.;
  thin.window_share = .8;
  thin.frame_thickness = 6.;
  expect_refused(thin, "thinner than 'Cage/Frame thickness'");

  CageParameters margin;
  margin.rim_margin = 10.;
  margin.width = 20.;
  margin.depth = 14.;
  margin.offset_right = 18.;
  expect_refused(margin, "outside the disc space");
}
