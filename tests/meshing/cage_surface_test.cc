// Cages whose envelope is a closed surface: what they hold, where they are refused, and what the files' axes mean.

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cage_fit.h>
#include <tests/inputs/sample_surfaces.h>
#include <tests/meshing/block_patient.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

/// Blocks 40 x 30 mm with a disc from -5 to 5 mm.
const EndplateSurfaces &endplates()
{
  static const Patient patient = blocks(-5, 5);
  static const EndplateSurfaces surfaces(patient, Affine());
  return surfaces;
}

CageParameters from_surface(const std::string &faces)
{
  CageParameters parameters;
  parameters.family = "surface";
  parameters.envelope_file = "sample.stl";
  parameters.faces = faces;
  parameters.inserter_width = 0;
  parameters.window_share = 0;
  return parameters;
}

double volume_of(const Cage &cage, const CagePart part, const double step = .2)
{
  double n = 0;
  for (double z = -12; z < 12; z += step)
    for (double y = -16; y < 16; y += step)
      for (double x = -21; x < 21; x += step)
        n += cage.part_at({x + .01, y + .02, z + .03}) == part;
  return n * step * step * step;
}

void expect_refused(const CageParameters &parameters, const CageSurfaces &surfaces, const std::string &words)
{
  try {
    const Cage cage(parameters, endplates(), {}, surfaces);
    FAIL() << "accepted; expected: " << words;
  } catch (const InputError &error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Way out"), std::string::npos);
  }
}

} // namespace

TEST(CageSurface, OwnFacesAreThoseOfTheSurface)
{
  CageSurfaces surfaces;
  surfaces.envelope = torus(9., 3.5).surface();
  const Cage cage(from_surface("own"), endplates(), {}, surfaces);
  const double volume = surfaces.envelope->volume();
  EXPECT_NEAR(cage.envelope_volume(), volume, .01 * volume);
  EXPECT_NEAR(volume_of(cage, CagePart::design), volume, .02 * volume);
  EXPECT_EQ(cage.part_at({0, 0, 0}), CagePart::none); // the hole
  EXPECT_NE(cage.part_at({9, 0, 3}), CagePart::none);
  EXPECT_EQ(cage.part_at({9, 0, 4}), CagePart::none);
  EXPECT_EQ(cage.part_at({9, 0, 4}, 3.), CagePart::none); // gaps stay
  EXPECT_NEAR(cage.footprint_area(), 3.14159265 * (12.5 * 12.5 - 5.5 * 5.5), 4.);
  EXPECT_NEAR(cage.upper(9, 0), 3.5, .15);
  EXPECT_NEAR(cage.lower(0, 9), -3.5, .15);
  EXPECT_NEAR(cage.width(), 25., .5);
}

TEST(CageSurface, ConformingFacesReachTheEndplatesOverItsOutline)
{
  CageSurfaces surfaces;
  surfaces.envelope = box({-12, -8, -4}, {14, 9, 4}).surface();
  const Cage cage(from_surface("conforming"), endplates(), {}, surfaces);
  EXPECT_NEAR(cage.footprint_area(), 26 * 17, .02 * 26 * 17);
  EXPECT_NEAR(cage.mean_height(), 10., .01);
  EXPECT_NE(cage.part_at({0, 0, 4.9}), CagePart::none);
  const CageFit fit(cage, endplates(), blocks(-5, 5), Affine());
  EXPECT_NEAR(fit.cranial.gap_volume + fit.cranial.overlap_volume, 0., 1.);
  const Cage own(from_surface("own"), endplates(), {}, surfaces);
  const CageFit gaps(own, endplates(), blocks(-5, 5), Affine());
  EXPECT_NEAR(gaps.cranial.gap_volume, 26 * 17, .15 * 26 * 17); // 1 mm, on nodes 0.25 mm apart
}

TEST(CageSurface, WindowIsThatOfItsSurfaceOrAShare)
{
  CageSurfaces surfaces;
  surfaces.envelope = box({-12, -8, -4}, {12, 8, 4}).surface();
  auto parameters = from_surface("own");
  parameters.window_share = .3;
  const Cage by_share(parameters, endplates(), {}, surfaces);
  EXPECT_NEAR(by_share.window_area() / by_share.footprint_area(), .3, .02);
  EXPECT_EQ(by_share.part_at({0, 0, 3}), CagePart::window);
  surfaces.window = box({-2, -4, -9}, {7, 4, 9}).surface();
  parameters.window_share = CageParameters().window_share;
  parameters.window_file = "window.stl";
  parameters.frame_thickness = 2.;
  const Cage by_surface(parameters, endplates(), {}, surfaces);
  EXPECT_NEAR(by_surface.window_area(), 9 * 8, 4.);
  EXPECT_EQ(by_surface.part_at({6.5, 3.5, -3}), CagePart::window);
  EXPECT_EQ(by_surface.part_at({-3, 0, 0}), CagePart::design);
  EXPECT_EQ(by_surface.part_at({-11.5, 0, 0}), CagePart::frame);
  EXPECT_EQ(by_surface.part_at({6.5, 3.5, -4.5}), CagePart::none);
  EXPECT_NEAR(volume_of(by_surface, CagePart::window), 9 * 8 * 8, .05 * 9 * 8 * 8);
}

TEST(CageSurface, RefusesWhatIsNotInTheDiscSpace)
{
  const auto parameters = from_surface("own");
  CageSurfaces surfaces;
  surfaces.envelope = box({-12, -8, 6}, {12, 8, 14}).surface();
  expect_refused(parameters, surfaces, "of its 3");
  expect_refused(parameters, surfaces, "above or below it in the bodies");
  surfaces.envelope = box({18, -8, -4}, {44, 8, 4}).surface();
  expect_refused(parameters, surfaces, "beside it");
  surfaces.envelope = box({180, -8, -4}, {206, 8, 4}).surface();
  expect_refused(parameters, surfaces, "206.0 mm from the centre of the disc space");
  surfaces.envelope = box({-25, -8, -4}, {25, 8, 4}).surface();
  expect_refused(from_surface("conforming"), surfaces, "more than a tenth of its outline");
  auto two = box({-12, -8, -4}, {4, 8, 4});
  two.append(box({-4, -8, -4}, {12, 8, 4}));
  surfaces.envelope = two.surface();
  expect_refused(parameters, surfaces, "crosses itself");
  surfaces.envelope = box({-12, -8, -4}, {12, 8, 4}).surface();
  surfaces.window = box({14, -4, -9}, {17, 4, 9}).surface();
  auto with_window = parameters;
  with_window.window_file = "window.stl";
  with_window.window_share = CageParameters().window_share;
  expect_refused(with_window, surfaces, "nowhere over the cage's footprint");
}

TEST(CageSurface, RefusesEntriesThatWouldBeIgnored)
{
  const auto refused = [](const std::function<void(CageParameters &)> &change, const std::string &words) {
    auto parameters = from_surface("own");
    change(parameters);
    try {
      parameters.check();
      FAIL() << "accepted; expected: " << words;
    } catch (const InputError &error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused([](auto &p) { p.envelope_file = ""; }, "'Cage/Envelope file' is empty");
  refused([](auto &p) { p.width = p.depth = 20; }, "'Cage/Width'");
  refused([](auto &p) { p.endplate_coverage = .7; }, "'Cage/Endplate coverage'");
  refused([](auto &p) { p.faces = "flat"; }, "has faces of its own");
  refused([](auto &p) { p.placement = "strongest"; }, "stands where its coordinates say");
  refused([](auto &p) { p.rim_margin = 2; }, "the surface is taken as it is");
  refused([](auto &p) { p.window_file = "w.stl"; }, "'Cage/Window file' is the window");
  refused([](auto &p) { p.envelope_axes = "RAX"; }, "'Cage/Envelope axes'");
  refused(
      [](auto &p) {
        p.envelope_axes = "LPS";
        p.rotation = 5;
      },
      "'Cage/Rotation'");
  refused([](auto &p) { p.family = "alif"; }, "which has no surface");
  refused(
      [](auto &p) {
        p.family = "alif";
        p.envelope_file = "";
      },
      "'Cage/Faces' is 'own'");
  const auto as_family = from_surface("own").of_family("llif");
  EXPECT_NO_THROW(as_family.check());
  EXPECT_EQ(as_family.faces, "conforming");
  EXPECT_EQ(from_surface("own").files(), std::vector<std::string>{"sample.stl"});
  EXPECT_TRUE(as_family.files().empty());
}

TEST(CageSurface, FilesStandWhereTheirAxesSay)
{
  const auto folder = std::filesystem::path(testing::TempDir());
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const auto sample = box({1, 2, 3}, {5, 8, 6});
  if (rank == 0) {
    std::ofstream file(folder / "cage_surface_test.stl");
    file << "solid box\n";
    for (const auto &face : sample.faces) {
      file << "facet normal 0 0 0\nouter loop\n";
      for (const auto corner : face)
        file << "vertex " << sample.corners[corner][0] << ' ' << sample.corners[corner][1] << ' '
             << sample.corners[corner][2] << '\n';
      file << "endloop\nendfacet\n";
    }
    file << "endsolid box\n";
  }
  MPI_Barrier(MPI_COMM_WORLD);
  auto parameters = from_surface("own");
  parameters.envelope_file = "cage_surface_test.stl";
  parameters.data_directory = folder.string();
  Affine design_to_world;
  design_to_world.offset = {10, 20, 30};
  const auto expect_box = [&](const Point &low, const Point &high) {
    const auto surfaces = CageSurfaces::read(parameters, design_to_world, MPI_COMM_WORLD);
    ASSERT_TRUE(surfaces.envelope);
    const auto found = surfaces.envelope->box();
    for (int d = 0; d < 3; ++d) {
      EXPECT_NEAR(found[0][d], low[d], 1e-6);
      EXPECT_NEAR(found[1][d], high[d], 1e-6);
    }
    EXPECT_NEAR(surfaces.envelope->volume(), 4 * 6 * 3, 1e-4);
  };
  expect_box({1, 2, 3}, {5, 8, 6});
  parameters.envelope_axes = "RAS";
  expect_box({-9, -18, -27}, {-5, -12, -24});
  parameters.envelope_axes = "LPS";
  expect_box({-15, -28, -27}, {-11, -22, -24});
  parameters.envelope_axes = "design";
  parameters.rotation = 90; // x becomes y
  parameters.offset_right = 1;
  parameters.offset_anterior = -2;
  expect_box({-7, -1, 3}, {-1, 3, 6});
  parameters.envelope_file = "absent.stl";
  EXPECT_THROW(CageSurfaces::read(parameters, design_to_world, MPI_COMM_WORLD), Error);
}
