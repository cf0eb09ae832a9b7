// The fitted frame and the endplates' height maps against the built-in patient's truth.

#include <cmath>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <inputs/phantom.h>
#include <inputs/phantom_anatomy.h>
#include <meshing/design_frame.h>
#include <meshing/endplate_surfaces.h>
#include <tests/meshing/phantom_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

constexpr double degree = 3.14159265358979323846 / 180.;

double angle_between(const Point &a, const Point &b) { return std::acos(std::min(1., dot(a, b))) / degree; }

Point column(const Affine &affine, const int axis)
{
  return {affine.linear[0][axis], affine.linear[1][axis], affine.linear[2][axis]};
}

/// Extreme height along the design z axis at (x, y) of one endplate of the analytic anatomy.
double true_height(const PhantomAnatomy &anatomy, const std::uint16_t label, const double x, const double y)
{
  const double direction = label == 22 ? 1. : -1.; // from the disc into the body
  double outside = 0, inside = direction * 12.;
  for (int iteration = 0; iteration < 40; ++iteration) {
    const double middle = .5 * (outside + inside);
    (anatomy.at({x, y, middle}).label == label ? inside : outside) = middle;
  }
  return .5 * (inside + outside);
}

} // namespace

TEST(DesignFrame, IsThatOfThePhantomForSeveralTilts)
{
  for (const auto &tilt : {std::array<double, 3>{{0., 0., 0.}}, std::array<double, 3>{{7., 4., 2.}},
                           std::array<double, 3>{{15., -10., 12.}}}) {
    auto parameters = coarse_phantom();
    parameters.voxel_in_plane = parameters.voxel_slice = 1.;
    parameters.tilt = tilt;
    const Phantom phantom(parameters);
    const auto frame = DesignFrame::fit(phantom_patient(phantom));
    const auto &truth = phantom.truth().design_to_world;
    EXPECT_LT(norm(frame.design_to_world.offset - truth.offset), .5) << tilt[0];
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_LT(angle_between(column(frame.design_to_world, axis), column(truth, axis)), 1.) << tilt[0] << " " << axis;
    EXPECT_NEAR(frame.lordosis, parameters.lordosis, 1.) << tilt[0];
    for (const double angle : frame.endplate_tilt)
      EXPECT_NEAR(angle, .5 * parameters.lordosis, .5) << tilt[0];
    EXPECT_NEAR(frame.design_to_world.determinant(), 1., 1e-12);
  }
}

TEST(DesignFrame, SeesTheLordosis)
{
  for (const double lordosis : {0., 14.}) {
    auto parameters = coarse_phantom();
    parameters.lordosis = lordosis;
    parameters.disc_height = 10.;
    EXPECT_NEAR(DesignFrame::fit(phantom_patient(Phantom(parameters))).lordosis, lordosis, 1.);
  }
}

TEST(DesignFrame, DoesWithoutPosteriorElements)
{
  auto patient = coarse_patient();
  const auto with = DesignFrame::fit(patient).design_to_world;
  for (auto &label : patient.labels.values)
    if (label == 122 || label == 123)
      label = 0;
  const auto without = DesignFrame::fit(patient).design_to_world;
  // Anterior is then the image's y axis, which the tilt of 2 degrees about z turns away.
  EXPECT_LT(angle_between(column(with, 2), column(without, 2)), .2);
  EXPECT_NEAR(angle_between(column(with, 1), column(without, 1)), 2., .7);
}

TEST(DesignFrame, RefusesBodiesThatDoNotFaceEachOther)
{
  const auto expect_refused = [](const Patient &patient, const std::string &words) {
    try {
      DesignFrame::fit(patient);
      ADD_FAILURE() << "accepted; expected: " << words;
    } catch (const InputError &error) {
      EXPECT_EQ(error.code, ExitCode::bad_input);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("Way out"), std::string::npos);
    }
  };
  auto apart = coarse_patient();
  const auto &grid = apart.labels.grid;
  const auto to_design = DesignFrame::fit(apart).design_to_world.inverse() * grid.index_to_world;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        auto &label = apart.labels.values[i + grid.size[0] * (j + std::size_t(grid.size[1]) * k)];
        if (label == apart.level.caudal && to_design({double(i), double(j), double(k)})[2] > -27.)
          label = 0;
      }
  expect_refused(apart, "must face each other");

  auto upside_down = coarse_patient();
  std::swap(upside_down.level.cranial, upside_down.level.caudal);
  expect_refused(upside_down, "must be cranial");
}

TEST(EndplateSurfaces, FollowTheConcaveEndplates)
{
  const auto parameters = coarse_phantom();
  const Phantom phantom(parameters);
  const EndplateSurfaces surfaces(coarse_patient(), phantom.truth().design_to_world);
  const PhantomAnatomy anatomy(parameters.lordosis * degree, parameters.disc_height, parameters.cortical_thickness,
                               parameters.endplate_thickness);
  double squares[2] = {0, 0}, largest = 0;
  int n = 0;
  for (double y = -11.; y <= 11.; y += 2.)
    for (double x = -15.; x <= 15.; x += 2.) {
      ASSERT_TRUE(surfaces.covers(x, y)) << x << " " << y;
      const double lower = surfaces.lower(x, y) - true_height(anatomy, 23, x, y);
      const double upper = surfaces.upper(x, y) - true_height(anatomy, 22, x, y);
      squares[0] += lower * lower;
      squares[1] += upper * upper;
      largest = std::max({largest, std::abs(lower), std::abs(upper)});
      ++n;
    }
  // Voxels of 1.4 mm: a fifth of one in the mean, half of one anywhere.
  EXPECT_LT(std::sqrt(squares[0] / n), .28);
  EXPECT_LT(std::sqrt(squares[1] / n), .28);
  EXPECT_LT(largest, .8);

  // Depth of the dish: the centre against places near the rim on either side.
  const auto depth = [&](const bool upper) {
    const auto height = [&](const double x) { return upper ? surfaces.upper(x, 0) : surfaces.lower(x, 0); };
    const double rim = .5 * (height(-19.) + height(19.));
    return upper ? height(0) - rim : rim - height(0);
  };
  const auto true_depth = [&](const std::uint16_t label) {
    const double rim = .5 * (true_height(anatomy, label, -19., 0) + true_height(anatomy, label, 19., 0));
    return std::abs(true_height(anatomy, label, 0, 0) - rim);
  };
  EXPECT_NEAR(depth(true), true_depth(22), .5);
  EXPECT_NEAR(depth(false), true_depth(23), .5);
  EXPECT_GT(true_depth(22), 2.);
}

TEST(EndplateSurfaces, PlanesAndOverlapAreThoseOfThePhantom)
{
  const auto parameters = coarse_phantom();
  const Phantom phantom(parameters);
  const auto &truth = phantom.truth();
  const EndplateSurfaces surfaces(coarse_patient(), truth.design_to_world);
  const Affine to_design = truth.design_to_world.inverse();
  Affine rotation = to_design;
  rotation.offset = {0, 0, 0};
  EXPECT_LT(angle_between(surfaces.upper_plane().normal(), rotation(truth.cranial_endplate.normal)), .7);
  EXPECT_LT(angle_between(surfaces.lower_plane().normal(), rotation(truth.caudal_endplate.normal)), .7);
  EXPECT_NEAR(surfaces.upper_plane().a, to_design(truth.cranial_endplate.centre)[2], .3);
  EXPECT_NEAR(surfaces.lower_plane().a, to_design(truth.caudal_endplate.centre)[2], .3);
  const PhantomAnatomy anatomy(parameters.lordosis * degree, parameters.disc_height, parameters.cortical_thickness,
                               parameters.endplate_thickness);
  EXPECT_NEAR(surfaces.area() / anatomy.vertebra(PhantomAnatomy::l3).outline_area(), 1., .05);
  EXPECT_NEAR(surfaces.width(), anatomy.vertebra(PhantomAnatomy::l3).dimensions().width, 2.);
  EXPECT_FALSE(surfaces.covers(0, 40));
}

// Wedges of which everything is known: thickness t - s y above the inclined face z = g/2 + s y, s the tangent of half
// the lordosis, so that the centre is at y = -s d^2 / (12 t), z = ((g/2 + t)^2 - g^2/4 - s^2 d^2 / 12) / (2 t).
TEST(DesignFrame, SeesTestBlocks)
{
  PatientParameters parameters;
  parameters.source = "blocks";
  parameters.blocks.youngs_modulus = 1;
  for (const double lordosis : {0., 8.}) {
    parameters.blocks.lordosis = lordosis;
    const auto &given = parameters.blocks;
    const Patient patient = read_patient(parameters, "", MPI_COMM_WORLD);
    const double s = std::tan(.5 * lordosis * degree), t = given.thickness, g = given.gap, d = given.depth;
    const double y = -s * d * d / (12 * t), z = (std::pow(.5 * g + t, 2) - .25 * g * g - s * s * d * d / 12) / (2 * t);
    const auto centres = body_centres(patient);
    EXPECT_NEAR(centres.cranial[0], 0, 1e-9);
    EXPECT_NEAR(centres.cranial[1], y, .02);
    EXPECT_NEAR(centres.cranial[2], z, .02);
    EXPECT_NEAR(centres.caudal[1], centres.cranial[1], 1e-9);
    EXPECT_NEAR(centres.caudal[2], -centres.cranial[2], 1e-9);
    const auto frame = DesignFrame::fit(patient);
    EXPECT_NEAR(frame.lordosis, lordosis, .25); // from steps of voxels of 0.5 mm
    EXPECT_LT(norm(frame.design_to_world.offset), .1);
    EXPECT_LT(angle_between(column(frame.design_to_world, 2), {0, 0, 1}), .05);
  }
}
