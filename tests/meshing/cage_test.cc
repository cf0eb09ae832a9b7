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

TEST(Cage, RotationTurnsFootprintWindowAndBlock)
{
  CageParameters parameters;
  parameters.width = 30.;
  parameters.depth = 20.;
  parameters.inserter_width = 6.;
  const Cage straight(parameters, endplates());
  parameters.rotation = 20.;
  const Cage turned(parameters, endplates());
  EXPECT_NEAR(turned.width(), 30., .5);
  EXPECT_NEAR(turned.depth(), 20., .5);
  const double c = std::cos(20. * 3.14159265358979 / 180.), s = std::sin(20. * 3.14159265358979 / 180.);
  int n = 0, n_different = 0;
  for (double v = -11; v < 11; v += .25)
    for (double u = -16; u < 16; u += .25) {
      const double x = endplates().centroid_x(), y = endplates().centroid_y();
      // Counter-clockwise: the front turns to the left, -x.
      const auto before = straight.part_at(middle_of_disc(x + u, y + v)),
                 after = turned.part_at(middle_of_disc(x + c * u - s * v, y + s * u + c * v));
      n += before != CagePart::none;
      n_different += before != after;
    }
  EXPECT_LT(n_different, .06 * n); // nodes of the grid along the borders
}

TEST(Cage, FlatFacesHaveTheStatedHeightAndLordosis)
{
  CageParameters parameters;
  parameters.width = 28.;
  parameters.depth = 20.;
  parameters.faces = "flat";
  parameters.height = 9.;
  parameters.lordosis = 8.;
  const Cage cage(parameters, endplates());
  EXPECT_NEAR(cage.mean_height(), 9., 1e-6);
  const double x = endplates().centroid_x(), y = endplates().centroid_y();
  const auto height = [&](const double dx, const double dy) {
    return cage.upper(x + dx, y + dy) - cage.lower(x + dx, y + dy);
  };
  const double slope = std::tan(4. * 3.14159265358979 / 180.);
  EXPECT_NEAR(height(0, 5) - height(0, -5), 20. * slope, 1e-9);
  EXPECT_NEAR(height(6, 0), height(-6, 0), 1e-9);
  const auto at = [&](const double dx, const double dy, const double share) {
    return Point{x + dx, y + dy, cage.lower(x + dx, y + dy) + share * height(dx, dy)};
  };
  for (const double share : {.01, .99})
    EXPECT_NE(cage.part_at(at(4, 7, share)), CagePart::none);
  for (const double share : {-.01, 1.01}) {
    EXPECT_EQ(cage.part_at(at(4, 7, share)), CagePart::none);
    EXPECT_EQ(cage.part_at(at(4, 7, share), 2.), CagePart::none); // gaps are left as they are
  }
  // Without a stated height as high as the disc space on average, in its middle.
  parameters.height = 0;
  const Cage automatic(parameters, endplates());
  double n = 0, sum = 0, middle = 0;
  scan(automatic, [&](const double px, const double py, const CagePart) {
    if (!automatic.covers(px, py))
      return;
    n += 1;
    sum += endplates().upper(px, py) - endplates().lower(px, py);
    middle += .5 * (endplates().upper(px, py) + endplates().lower(px, py));
  });
  EXPECT_NEAR(automatic.mean_height(), sum / n, .02);
  EXPECT_NEAR(.5 * (automatic.lower(x, y) + automatic.upper(x, y)), middle / n, .02);
}

TEST(Cage, StrutsStandEvenlyInTheWall)
{
  CageParameters parameters;
  parameters.inserter_width = 0.;
  parameters.window_share = .4;
  parameters.struts = 8;
  parameters.strut_diameter = 2.5;
  for (const std::string family : {"alif", "plif"}) {
    parameters.family = family;
    parameters.strut_diameter = family == "alif" ? 2.5 : 1.5;
    const Cage cage(parameters, endplates());
    const int n_struts = family == "alif" ? 8 : 16;
    ASSERT_EQ(int(cage.struts().size()), n_struts);
    double area = 0;
    const double sample = scan(cage, [&](const double x, const double y, const CagePart part) {
      area += part == CagePart::frame;
      if (part != CagePart::frame)
        return;
      for (const double share : {.01, .99}) { // they bridge the endplates
        const double z = cage.lower(x, y) + share * (cage.upper(x, y) - cage.lower(x, y));
        EXPECT_EQ(cage.part_at({x, y, z}), CagePart::frame);
      }
    });
    const double section = 3.14159265358979 * .25 * std::pow(parameters.strut_diameter, 2);
    EXPECT_NEAR(area * sample / (n_struts * section), 1., .04) << family;
    // Symmetric as the wall is, within the voxels of the endplates, and evenly spaced along it.
    double sum = 0;
    for (const auto &axis : cage.struts()) {
      sum += axis[0] - endplates().centroid_x();
      const double wall = cage.distance_inside(axis[0], axis[1]);
      EXPECT_NEAR(wall, cage.distance_inside(cage.struts()[0][0], cage.struts()[0][1]), .1);
      double nearest = 1e30;
      for (const auto &other : cage.struts())
        if (&other != &axis)
          nearest = std::min(nearest, std::hypot(other[0] - axis[0], other[1] - axis[1]));
      EXPECT_GT(nearest, 1.5 * parameters.strut_diameter);
    }
    EXPECT_NEAR(sum / n_struts, 0., .3) << family;
  }
  parameters.family = "alif";
  parameters.strut_height_share = .5;
  const Cage cage(parameters, endplates());
  const auto &axis = cage.struts()[3];
  const double lower = cage.lower(axis[0], axis[1]), height = cage.upper(axis[0], axis[1]) - lower;
  EXPECT_EQ(cage.part_at({axis[0], axis[1], lower + .26 * height}), CagePart::frame);
  EXPECT_EQ(cage.part_at({axis[0], axis[1], lower + .24 * height}), CagePart::design);

  const auto free = parameters.all_design();
  free.check();
  const Cage without(free, endplates());
  scan(without,
       [](double, double, const CagePart part) { EXPECT_TRUE(part == CagePart::none || part == CagePart::design); });
}

TEST(Cage, RefusesEntriesThatWouldDoNothingOrHarm)
{
  CageParameters parameters;
  parameters.height = 10.;
  expect_refused(parameters, "conforming faces have the height and the lordosis of the disc space");
  parameters.height = 0.;
  parameters.lordosis = 6.;
  expect_refused(parameters, "'Cage/Lordosis' is 6.0 degrees");
  parameters.faces = "flat";
  parameters.height = 4.;
  parameters.lordosis = 25.;
  expect_refused(parameters, "at its lowest edge");
  parameters.height = 40.;
  parameters.lordosis = 0.;
  expect_refused(parameters, "lie in the disc space, the rest in the bodies");
  parameters = CageParameters();
  parameters.strut_diameter = 3.;
  expect_refused(parameters, "there are none");
  parameters.struts = 4;
  parameters.strut_diameter = 9.;
  expect_refused(parameters, "the graft window leaves a wall of");
  parameters.struts = 60;
  parameters.strut_diameter = 3.;
  expect_refused(parameters, "has no place for them");
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
