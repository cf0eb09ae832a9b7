#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include <inputs/nearest_triangle.h>
#include <inputs/patient.h>
#include <inputs/surface_axes.h>
#include <inputs/surface_file.h>
#include <inputs/surface_labels.h>
#include <inputs/vertebra_split.h>
#include <inputs/voxels_inside.h>
#include <tests/inputs/sample_surfaces.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using namespace cageopt::tests;

namespace {

constexpr double pi = 3.14159265358979323846;
const std::string data = CAGEOPT_SOURCE_DIR "/../shared/data";

ImageGrid grid_of(const std::array<int, 3> &size, const Point &spacing, const Point &first)
{
  ImageGrid grid;
  grid.size = size;
  for (int axis = 0; axis < 3; ++axis)
    grid.index_to_world.linear[axis][axis] = spacing[axis];
  grid.index_to_world.offset = first;
  return grid;
}

/// How often a surface runs around a point: the sum of the triangles' solid angles over 4 pi. Van Oosterom & Strackee
/// 1983, IEEE Trans Biomed Eng.
double winding_number(const TriangleSurface &surface, const Point &point)
{
  double sum = 0;
  for (const auto &triangle : surface.triangles()) {
    const Point a = surface.points()[triangle[0]] - point, b = surface.points()[triangle[1]] - point,
                c = surface.points()[triangle[2]] - point;
    sum += 2. * std::atan2(dot(a, cross(b, c)), norm(a) * norm(b) * norm(c) + dot(a, b) * norm(c) +
                                                    dot(b, c) * norm(a) + dot(c, a) * norm(b));
  }
  return sum / (4. * pi);
}

void expect_exact(const TriangleSurface &surface, const ImageGrid &grid, const std::string &what)
{
  const VoxelsInside inside = voxels_inside(surface, grid);
  const NearestTriangle nearest(surface);
  std::vector<char> is_inside(grid.n_voxels(), 0);
  for (const std::size_t voxel : inside.voxels)
    is_inside[voxel] = 1;
  std::size_t voxel = 0, n_wrong = 0, n_on_surface = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i, ++voxel) {
        const Point point = grid.index_to_world({double(i), double(j), double(k)});
        const bool on_surface = nearest.find(point, 1e-4).has_value(); // may be either
        const double times = on_surface ? 0. : winding_number(surface, point);
        n_on_surface += on_surface;
        n_wrong += !on_surface && (std::lround(times) == 1) != (is_inside[voxel] == 1);
      }
  EXPECT_EQ(n_wrong, 0u) << what << ", " << n_on_surface << " voxels on the surface";
  EXPECT_EQ(inside.n_beyond, 0u) << what;
  EXPECT_EQ(inside.n_doubtful, 0u) << what;
  EXPECT_GT(inside.voxels.size(), 0u) << what;
}

LabelledSurface named(const std::uint16_t label, const Soup &soup, const std::string &name)
{
  return {label, soup.surface(name)};
}

Soup moved(Soup soup, const Affine &by)
{
  soup.move(by);
  return soup;
}

Affine shift(const Point &by)
{
  Affine result;
  result.offset = by;
  return result;
}

/// L3 and L4, tilted against each other like a lumbar segment, 8 mm apart in the middle.
const Affine of_l3 = motion(.1, {1, 0, 0}, {3, 5, 117}), of_l4 = motion(-.1, {1, .2, 0}, {3, 5, 83});

std::vector<LabelledSurface> segment()
{
  return {named(22, moved(vertebra(), of_l3), "L3.stl"), named(23, moved(vertebra(), of_l4), "L4.stl")};
}

const ImageGrid segment_grid = grid_of({{114, 102, 60}}, {1, 1, 1.5}, {-54, -70, 56});

std::map<std::uint16_t, std::size_t> counts(const Image<std::uint16_t> &labels)
{
  std::map<std::uint16_t, std::size_t> n;
  for (const std::uint16_t label : labels.values)
    ++n[label];
  return n;
}

std::string refusal(const std::vector<LabelledSurface> &surfaces, const ImageGrid &grid = segment_grid)
{
  std::vector<std::string> warnings;
  return bad_input_message([&] { label_map(surfaces, parse_level("L3/L4"), grid, warnings); });
}

double dice(const Image<std::uint16_t> &a, const Image<std::uint16_t> &b, const std::uint16_t label)
{
  double both = 0, sum = 0;
  for (std::size_t voxel = 0; voxel < a.values.size(); ++voxel) {
    both += a.values[voxel] == label && b.values[voxel] == label;
    sum += (a.values[voxel] == label) + (b.values[voxel] == label);
  }
  return 2. * both / sum;
}

} // namespace

TEST(VoxelsInside, are_those_the_surface_runs_around_once)
{
  const ImageGrid grid = grid_of({{32, 31, 30}}, {1, 1, 1}, {-16, -15, -15});
  expect_exact(torus(10, 4, 24).surface(), grid, "torus, corners and edges on rows of voxels");
  expect_exact(sphere(9, 3).surface(), grid, "sphere, corners and edges on rows of voxels");
  expect_exact(box({-5, -6, -7}, {5, 6, 7}).surface(), grid, "box, faces on voxels");
  expect_exact(shuffled(torus(10, 4, 24), 5).surface(), grid, "shuffled torus");
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(-1., 1.);
  for (int round = 0; round < 4; ++round) {
    const auto any = [&] { return Point{uniform(random), uniform(random), uniform(random)}; };
    const Affine by = motion(3 * uniform(random), any(), any());
    expect_exact(moved(torus(9, 3.5, 24), by).surface(), grid, "torus");
    expect_exact(moved(sphere(9, 3), by).surface(), grid, "sphere");
    expect_exact(moved(box({-5, -6, -7}, {5, 6, 7}), by).surface(), grid, "box");
    expect_exact(moved(box({-8, -8, -.3}, {8, 8, .3}), by).surface(), grid, "plate thinner than a voxel");
  }
}

TEST(VoxelsInside, of_grids_that_are_turned_mirrored_and_of_long_voxels)
{
  ImageGrid grid = grid_of({{40, 22, 14}}, {1, 1, 1}, {0, 0, 0});
  grid.index_to_world = motion(.9, {1, 3, 2}, {100, -50, 800});
  const double edges[3] = {.7, -1.2, 2.};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      grid.index_to_world.linear[row][column] *= edges[column];
  const Point middle = grid.index_to_world({19.5, 10.5, 6.5});
  expect_exact(moved(torus(7, 3), motion(.4, {0, 1, 1}, middle)).surface(), grid, "torus");
}

TEST(VoxelsInside, fill_the_volume_of_the_surface)
{
  const ImageGrid grid = grid_of({{70, 70, 70}}, {.5, .5, .5}, {-17.5, -17.4, -17.3});
  const Affine by = motion(.6, {1, 2, 3}, {.13, .21, -.17});
  for (const Soup &soup : {moved(sphere(14), by), moved(torus(11, 4), by), moved(box({-8, -9, -7}, {8, 9, 7}), by)}) {
    const TriangleSurface surface = soup.surface();
    EXPECT_NEAR(voxels_inside(surface, grid).voxels.size() * .125, surface.volume(), .004 * surface.volume());
  }
}

TEST(VoxelsInside, on_a_shared_face_belong_to_one_of_two_surfaces)
{
  const ImageGrid grid = grid_of({{24, 24, 24}}, {1, 1, 1}, {-12, -12, -12});
  for (int axis = 0; axis < 3; ++axis) {
    Point low = {-5, -5, -5}, high = {5, 5, 5}, cut_low = low, cut_high = high;
    cut_high[axis] = cut_low[axis] = 1;
    const auto first = voxels_inside(box(low, cut_high).surface(), grid).voxels;
    const auto second = voxels_inside(box(cut_low, high).surface(), grid).voxels;
    std::vector<std::size_t> both(first);
    both.insert(both.end(), second.begin(), second.end());
    std::sort(both.begin(), both.end());
    EXPECT_EQ(both, voxels_inside(box(low, high).surface(), grid).voxels) << axis;
    EXPECT_EQ(both.size(), 1000u);
  }
}

TEST(VoxelsInside, of_surfaces_in_all_signed_axes)
{
  // The body is the same in RAS, however its file's axes run.
  const ImageGrid grid = grid_of({{30, 30, 30}}, {1, 1, 1}, {-15, -15, -15});
  const Soup soup = moved(box({-3, -5, -8}, {4, 6, 9}), shift({.31, .22, .13}));
  const auto expected = voxels_inside(soup.surface(), grid).voxels;
  const TemporaryFolder folder;
  for (const std::string letters : {"RAS", "LPS", "ALS", "ARS", "SRA", "IPL", "PIR", "SAL"}) {
    Soup given = soup;
    for (auto &corner : given.corners) {
      const Point ras = corner;
      for (int axis = 0; axis < 3; ++axis) {
        const std::size_t positive = std::string("RAS").find(letters[axis]);
        const std::size_t row = positive < 3 ? positive : std::string("LPI").find(letters[axis]);
        corner[axis] = positive < 3 ? ras[row] : -ras[row];
      }
    }
    folder.write("s.stl", binary_stl(given));
    SurfaceLabelParameters parameters;
    parameters.files = "7: s.stl";
    parameters.axes = letters;
    std::vector<std::string> warnings;
    const auto surfaces = read_surfaces(parameters, folder.path(), warnings);
    EXPECT_EQ(voxels_inside(surfaces[0].surface, grid).voxels, expected) << letters;
    // Mirrored corners turn the triangles inside out, which is told.
    EXPECT_EQ(warnings.size(), axes_to_ras(letters).determinant() < 0 ? 1u : 0u) << letters;
  }
}

TEST(SurfaceLabels, entries_that_are_no_list_are_refused)
{
  SurfaceLabelParameters parameters;
  parameters.files = " 22 : a b.stl;23:c:d.ply ; ";
  const auto list = parameters.list();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].second, "a b.stl");
  EXPECT_EQ(list[1].first, 23);
  EXPECT_EQ(list[1].second, "c:d.ply");
  for (const char *files :
       {"L3.stl", ": L3.stl", "22:", "0: a.stl", "70000: a.stl", "2x: a.stl", "-1: a.stl", "22 L3.stl"}) {
    parameters.files = files;
    expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Label surfaces'", "a colon and a file"});
  }
  parameters.files = "22: a.stl; 22: b.stl";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"label 22 twice"});
  parameters.files = "";
  parameters.axes = "LPS";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'LPS'", "no surfaces are named"});
}

TEST(SurfaceLabels, body_posterior_elements_and_disc_are_told_apart)
{
  std::vector<std::string> warnings;
  const Image<std::uint16_t> labels = label_map(segment(), parse_level("L3/L4"), segment_grid, warnings);
  ASSERT_EQ(warnings.size(), 3u);
  expect_parts(warnings[0], {"Label 22", "posterior elements (122)"});
  expect_parts(warnings[2], {"No surface is given for the disc"});

  std::size_t n_wrong = 0, n_all = 0, n_disc_wrong = 0, n_disc = 0, voxel = 0;
  const Affine to_l3 = of_l3.inverse(), to_l4 = of_l4.inverse();
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel) {
        const std::uint16_t label = labels.values[voxel];
        const Point world = labels.grid.index_to_world({double(i), double(j), double(k)});
        const Point in_l3 = to_l3(world), in_l4 = to_l4(world);
        if (label % 100 == 22 && label < 200) {
          ++n_all;
          n_wrong += (label == 22) != (in_l3[1] > -14.);
        }
        if (label % 100 == 23 && label < 200) {
          ++n_all;
          n_wrong += (label == 23) != (in_l4[1] > -14.);
        }
        // The middle of the disc space is disc, and beyond the bodies nothing is.
        const bool between = in_l3[2] < -14. && in_l4[2] > 14.;
        if (between && std::hypot(in_l3[0] / 18., in_l3[1] / 12.) < 1) {
          ++n_disc;
          n_disc_wrong += label != 222;
        }
        if (std::hypot(in_l3[0] / 26., in_l3[1] / 21.) > 1)
          n_disc_wrong += label == 222;
      }
  EXPECT_GT(n_disc, 1500u);
  EXPECT_EQ(n_disc_wrong, 0u);
  EXPECT_LT(n_wrong, .03 * n_all); // the wall to a voxel
  auto n = counts(labels);
  EXPECT_GT(n[122], 9000u);
  EXPECT_GT(n[123], 9000u);
}

TEST(SurfaceLabels, a_body_alone_stays_whole)
{
  const Soup body = cell_surface(24., 2., [](const Point &p) { return in_body(p); });
  std::vector<std::string> warnings;
  const auto labels = label_map({named(22, moved(body, of_l3), "L3"), named(23, moved(vertebra(), of_l4), "L4")},
                                parse_level("L3/L4"), segment_grid, warnings);
  expect_parts(warnings[0], {"Label 22", "taken for that of a body"});
  EXPECT_EQ(counts(labels)[122], 0u);
}

TEST(SurfaceLabels, surfaces_of_their_own_are_not_replaced)
{
  const Soup body = cell_surface(24., 2., [](const Point &p) { return in_body(p); });
  const Soup rest = cell_surface(62., 2., [](const Point &p) { return in_posterior_elements(p) && !in_body(p); });
  const Soup disc =
      cell_surface(20., 2., [](const Point &p) { return std::hypot(p[0], p[1]) < 15 && std::abs(p[2]) < 3; });
  std::vector<std::string> warnings;
  const auto labels =
      label_map({named(22, moved(body, of_l3), "L3"), named(122, moved(rest, of_l3), "arch"),
                 named(23, moved(body, of_l4), "L4"), named(222, moved(disc, shift({3, 5, 100})), "disc")},
                parse_level("L3/L4"), segment_grid, warnings);
  auto n = counts(labels);
  EXPECT_NEAR(n[222] * 1.5, disc.surface().volume(), 400.); // three layers of 1.5 mm for 4 mm
  EXPECT_NEAR(n[122] * 1.5, rest.surface().volume(), 400.);
  for (const auto &warning : warnings)
    EXPECT_EQ(warning.find("posterior elements ("), std::string::npos) << warning;
}

TEST(SurfaceLabels, numbers_of_the_level_are_used)
{
  auto surfaces = segment();
  surfaces[0].label = 1;
  surfaces[1].label = 3;
  std::vector<std::string> warnings;
  auto n = counts(label_map(surfaces, parse_level("L3/L4", "1, 2, 3, 11, 13"), segment_grid, warnings));
  EXPECT_GT(n[11], 0u);
  EXPECT_GT(n[13], 0u);
  EXPECT_GT(n[2], 0u);
  n = counts(label_map(surfaces, parse_level("L3/L4", "1, 2, 3"), segment_grid, warnings));
  EXPECT_GT(n[101], 0u);
  EXPECT_GT(n[103], 0u);
}

TEST(SurfaceLabels, places_that_cannot_be_are_refused)
{
  auto surfaces = segment();
  surfaces[1] = named(23, moved(vertebra(), shift({3, 5, -1000})), "L4.stl");
  expect_parts(refusal(surfaces), {"'L4.stl' (label 23)", "outside the image", "Surface axes"});
  surfaces[1] = named(23, moved(vertebra(), shift({3, 5, 45})), "L4.stl");
  expect_parts(refusal(surfaces), {"outside the image for the most part"});
  surfaces[1] = named(23, moved(vertebra(), shift({3, 5, 112})), "L4.stl");
  expect_parts(refusal(surfaces), {"in the way of label 22", "of the smaller"});
  surfaces[1] = named(23, box({10.1, 10.1, 60.1}, {10.3, 10.3, 60.3}), "speck");
  expect_parts(refusal(surfaces), {"smaller than the voxels"});
  surfaces[1] = named(23, moved(vertebra(), shift({3, 5, 83})), "L4.stl");
  surfaces[0] = named(22, moved(vertebra(), shift({3, 5, 135})), "L3.stl");
  expect_parts(refusal(surfaces), {"The disc of level L3/L4", "less than 20 mm"});
  surfaces[0] = named(22, moved(sphere(2e6, 2), shift({1e5, 0, 0})), "kilometres");
  expect_parts(refusal(surfaces), {"too large", "unit, mm"});
}

TEST(SurfaceLabels, surfaces_that_cross_themselves_are_refused)
{
  Soup twice = box({-20, -20, 60}, {20, 20, 100});
  twice.append(box({-19, -19, 61}, {19, 19, 99}));
  expect_parts(refusal({named(22, twice, "twice"), segment()[1]}), {"'twice' (label 22)", "crosses itself"});
}

TEST(SurfaceLabels, small_overlaps_and_what_sticks_out_are_told)
{
  auto surfaces = segment();
  surfaces.push_back(named(222, box({-10, -5, 92.5}, {10, 15, 109.5}), "disc.stl"));
  std::vector<std::string> warnings;
  expect_parts(refusal(surfaces), {"'disc.stl' (label 222)", "in the way of label 22"});
  surfaces.back() = named(222, box({-12, -5, 97}, {12, 15, 104.1}), "disc.stl");
  const auto labels = label_map(surfaces, parse_level("L3/L4"), segment_grid, warnings);
  expect_parts(warnings.at(0), {"'disc.stl' (label 222) overlaps label 22 in", "these voxels keep label 22"});
  EXPECT_EQ(counts(labels)[22], counts(label_map(segment(), parse_level("L3/L4"), segment_grid, warnings))[22]);
  ImageGrid cut = segment_grid;
  cut.size[2] -= 12;
  warnings.clear();
  label_map(segment(), parse_level("L3/L4"), cut, warnings);
  expect_parts(warnings.front(), {"L3.stl", "beyond the image's border"});
}

TEST(SurfaceLabels, a_sacrum_is_no_body)
{
  auto surfaces = segment();
  surfaces[0].label = 24;
  surfaces[1].label = 26;
  std::vector<std::string> warnings;
  expect_parts(bad_input_message([&] { label_map(surfaces, parse_level("L5/S1"), segment_grid, warnings); }),
               {"label 26", "the body of S1"});
}

TEST(VertebraSplit, agrees_with_segmentations_of_two_patients)
{
  // Bodies by other programs, at 1.5 and 3 mm: the posterior wall to about a voxel.
  const std::tuple<const char *, std::uint16_t, double> cases[] = {
      {"lumbar_ct_L2-L4_1.5mm", 22, .98}, {"lumbar_ct_L2-L4_1.5mm", 23, .98}, {"lumbar_ct_T12-S1_3mm", 20, .95},
      {"lumbar_ct_T12-S1_3mm", 21, .97},  {"lumbar_ct_T12-S1_3mm", 22, .97},  {"lumbar_ct_T12-S1_3mm", 23, .97},
      {"lumbar_ct_T12-S1_3mm", 24, .92}};
  for (const auto &[folder, vertebra, least] : cases) {
    const std::string path = data + "/" + folder + "/labels.nii.gz";
    if (!std::filesystem::exists(path))
      GTEST_SKIP() << "no shared data beside the checkout";
    const Image<std::uint16_t> known = read_labels(path);
    Image<std::uint16_t> whole = known;
    for (std::uint16_t &label : whole.values)
      label = label == vertebra + 100 ? vertebra : label;
    EXPECT_GT(split_posterior_elements(whole, vertebra, vertebra + 100, {0, 0, 1}), 0u);
    EXPECT_GT(dice(whole, known, vertebra), least) << folder << ' ' << vertebra;
  }
}

TEST(SurfaceLabels, of_real_surfaces_fill_their_volumes)
{
  const std::string folder = data + "/lumbar_surfaces/";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no shared data beside the checkout";
  // Volumes as published with the data, cm3.
  const std::tuple<const char *, double> cases[] = {{"visible_human_male/L3.stl", 80.6},
                                                    {"visible_human_male/L5.stl", 76.2},
                                                    {"mean_shape_87_patients/L2.stl", 57.3},
                                                    {"mean_shape_87_patients/L4.stl", 63.1}};
  for (const auto &[file, published] : cases) {
    const TriangleSurface surface = read_surface(folder + file);
    EXPECT_NEAR(surface.volume() / 1000, published, .05) << file;
    const auto box = surface.box();
    const ImageGrid grid = grid_of({{130, 130, 90}}, {.9, .8, .85}, box[0] - Point{2, 2, 2});
    EXPECT_NEAR(voxels_inside(surface, grid).voxels.size() * .9 * .8 * .85, surface.volume(), .003 * surface.volume());
  }
}
