#include <limits>

#include <gtest/gtest.h>

#include <inputs/nearest_triangle.h>
#include <inputs/surface_axes.h>
#include <inputs/surface_file.h>
#include <inputs/triangle_surface.h>
#include <tests/inputs/sample_surfaces.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using namespace cageopt::tests;

namespace {

constexpr double pi = 3.14159265358979323846;

std::string message_for(const Soup &soup)
{
  return bad_input_message([&] { soup.surface(); });
}

std::string file_message(const std::string &name, const std::string &bytes)
{
  const TemporaryFolder folder;
  return bad_input_message([&] { read_surface(folder.write(name, bytes)); });
}

} // namespace

TEST(TriangleSurface, volume_and_area_of_known_bodies)
{
  const TriangleSurface brick = box({1, 2, 3}, {3, 5, 7}).surface();
  EXPECT_NEAR(brick.volume(), 24., 1e-12);
  EXPECT_NEAR(brick.area(), 2. * (6 + 8 + 12), 1e-12);
  const TriangleSurface ball = sphere(10., 5).surface();
  EXPECT_NEAR(ball.volume(), 4. / 3. * pi * 1000, 0.002 * 4189);
  EXPECT_NEAR(ball.area(), 4. * pi * 100, 0.002 * 1257);
  EXPECT_NEAR(torus(10, 4, 192).surface().volume(), 2 * pi * pi * 10 * 16, 0.003 * 3158);
}

TEST(TriangleSurface, does_not_depend_on_how_the_file_is_ordered)
{
  const TriangleSurface sorted = torus(10, 4).surface();
  for (const unsigned int seed : {1u, 2u, 3u}) {
    const TriangleSurface other = shuffled(torus(10, 4), seed).surface();
    EXPECT_EQ(other.points().size(), sorted.points().size());
    EXPECT_NEAR(other.volume(), sorted.volume(), 1e-9 * sorted.volume());
    EXPECT_TRUE(other.warnings().empty());
  }
}

TEST(TriangleSurface, cavities_count_as_outside)
{
  Soup hollow = box({0, 0, 0}, {10, 10, 10}), cavity = box({2, 2, 2}, {8, 8, 8});
  cavity.turn();
  hollow.append(cavity);
  EXPECT_NEAR(hollow.surface().volume(), 1000. - 216., 1e-9);
}

TEST(TriangleSurface, inside_out_is_turned_and_told)
{
  Soup soup = sphere(5.);
  soup.turn();
  const TriangleSurface surface = soup.surface("ball");
  EXPECT_GT(surface.volume(), 0.);
  ASSERT_EQ(surface.warnings().size(), 1u);
  expect_parts(surface.warnings().front(), {"ball", "inside out", "left and right"});
}

TEST(TriangleSurface, what_bounds_no_body_is_refused)
{
  expect_parts(message_for(Soup()), {"empty", "no triangle"});
  Soup soup = sphere(5.);
  soup.faces.pop_back();
  expect_parts(message_for(soup), {"not closed", "3 edges"});
  soup = sphere(5.);
  std::swap(soup.faces.back()[0], soup.faces.back()[1]);
  expect_parts(message_for(soup), {"inconsistent", "3 edges"});
  soup = sphere(5.);
  soup.corners.front()[1] = std::numeric_limits<double>::quiet_NaN();
  expect_parts(message_for(soup), {"not finite"});
  soup = sphere(5.);
  soup.faces.front()[1] = 1u << 30;
  expect_parts(message_for(soup), {"damaged", "corner that does not exist"});
  expect_parts(message_for(box({0, 0, 0}, {20, 20, 0})), {"degenerate"});
  expect_parts(message_for(box({0, 0, 0}, {20, 20, 0.01})), {"no body", "unit, mm"});
  soup = sphere(0.03); // a vertebra in metres
  expect_parts(message_for(soup), {"no body", "unit, mm"});
  soup = box({0, 0, 0}, {1, 1, 1});
  Soup other = box({2, 0, 0}, {3, 1, 1}); // as much outside as inside
  other.turn();
  soup.append(other);
  expect_parts(message_for(soup), {"inside out in parts"});
}

TEST(TriangleSurface, few_collapsed_triangles_are_left_out_and_told)
{
  Soup soup = sphere(5., 3);
  soup.faces.push_back({0, 1, 1});
  const TriangleSurface surface = soup.surface();
  EXPECT_EQ(surface.triangles().size(), soup.faces.size() - 1);
  ASSERT_EQ(surface.warnings().size(), 1u);
  expect_parts(surface.warnings().front(), {"1 of the 513 triangles"});
  for (int n = 0; n < 10; ++n)
    soup.faces.push_back({0, 1, 1});
  expect_parts(message_for(soup), {"degenerate", "11 of its 523 triangles"});
}

TEST(SurfaceAxes, all_48_signed_permutations)
{
  const std::string pairs[3] = {"RL", "AP", "SI"};
  int permutation[3] = {0, 1, 2}, n = 0;
  const Soup soup = box({1, 2, 3}, {2, 4, 6});
  do
    for (int signs = 0; signs < 8; ++signs) {
      std::string letters;
      for (int axis = 0; axis < 3; ++axis)
        letters += pairs[permutation[axis]][signs >> axis & 1];
      const Affine ras = axes_to_ras(letters);
      const Point moved = ras({1, 2, 3});
      for (int axis = 0; axis < 3; ++axis)
        EXPECT_EQ(moved[permutation[axis]], (signs >> axis & 1 ? -1. : 1.) * (axis + 1)) << letters;
      EXPECT_NEAR(soup.surface().moved(ras).volume(), 6., 1e-12) << letters;
      ++n;
    }
  while (std::next_permutation(permutation, permutation + 3));
  EXPECT_EQ(n, 48);
  EXPECT_EQ(axes_to_ras("LPS")({1, 2, 3}), (Point{{-1, -2, 3}}));
  EXPECT_EQ(axes_to_ras("ALS")({1, 2, 3}), (Point{{-2, 1, 3}}));
  for (const char *letters : {"", "RA", "RAA", "RLS", "RASS", "ras", "XYZ"})
    expect_parts(bad_input_message([&] { axes_to_ras(letters); }), {"'Patient/Surface axes'", "one of each"});
}

TEST(SurfaceFile, all_forms_hold_the_same_body)
{
  const TemporaryFolder folder;
  Soup soup = torus(10, 4);
  soup.move(motion(.7, {1, 2, 3}, {101.3, -57.1, 803.7}));
  const double volume = soup.surface().volume();
  for (const auto &[name, bytes] :
       std::vector<std::pair<std::string, std::string>>{{"binary.stl", binary_stl(soup)},
                                                        {"solid.stl", binary_stl(soup, "solid is how ASCII begins")},
                                                        {"ascii.stl", ascii_stl(soup)},
                                                        {"ascii.ply", ascii_ply(soup)},
                                                        {"binary.ply", binary_ply(soup)}}) {
    const TriangleSurface surface = read_surface(folder.write(name, bytes));
    EXPECT_EQ(surface.name(), name);
    EXPECT_EQ(surface.points().size(), soup.corners.size()) << name;
    EXPECT_EQ(surface.triangles().size(), soup.faces.size()) << name;
    EXPECT_NEAR(surface.volume(), volume, 1e-5 * volume) << name;
  }
}

TEST(SurfaceFile, polygons_are_cut_into_triangles)
{
  const TemporaryFolder folder;
  const std::string cube =
      "ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\n"
      "element face 6\nproperty list uchar int vertex_index\nend_header\n"
      "0 0 0\n2 0 0\n0 3 0\n2 3 0\n0 0 4\n2 0 4\n0 3 4\n2 3 4\n"
      "4 0 2 3 1\n4 4 5 7 6\n4 0 1 5 4\n4 2 6 7 3\n4 0 4 6 2\n4 1 3 7 5\n";
  const TriangleSurface surface = read_surface(folder.write("cube.ply", cube));
  EXPECT_EQ(surface.triangles().size(), 12u);
  EXPECT_NEAR(surface.volume(), 24., 1e-12);
}

TEST(SurfaceFile, foreign_and_missing_files_are_refused)
{
  expect_parts(bad_input_message([] { read_surface("absent.stl"); }), {"absent.stl", "missing", "--data"});
  expect_parts(bad_input_message([] { read_surface("/"); }), {"no file"});
  expect_parts(file_message("empty.stl", ""), {"empty", "neither STL nor PLY"});
  expect_parts(file_message("letter.stl", "this is a letter, not a surface\n"), {"neither STL nor PLY"});
  expect_parts(file_message("none.stl", binary_stl(Soup())), {"none.stl", "empty"});
  std::string big_endian = binary_ply(box({0, 0, 0}, {1, 1, 1}));
  big_endian.replace(big_endian.find("little"), 6, "big");
  expect_parts(file_message("big.ply", big_endian), {"'binary_big_endian'"});
}

TEST(SurfaceFile, absurd_counts_are_refused_before_anything_is_allocated)
{
  const Soup soup = box({0, 0, 0}, {1, 1, 1});
  std::string stl = binary_stl(soup);
  for (int byte = 80; byte < 84; ++byte)
    stl[byte] = '\xff';
  expect_parts(file_message("many.stl", stl), {"declares 4294967295 triangles", "holds 684"});
  for (const char *element : {"vertex 8", "face 12"})
    for (const std::string &whole : {ascii_ply(soup), binary_ply(soup)}) {
      std::string ply = whole;
      ply.insert(ply.find(element) + std::string(element).size(), "00000000000000");
      expect_parts(file_message("many.ply", ply), {"many.ply", "ends before the last"});
    }
  std::string list = binary_ply(soup);
  list[list.find("end_header\n") + 11 + 8 * 24] = '\xff'; // a polygon of 255 corners
  expect_parts(file_message("list.ply", list), {"list.ply"});
}

TEST(SurfaceFile, wherever_a_file_was_cut_off_it_is_refused)
{
  const Soup soup = box({0, 0, 0}, {1, 1, 1});
  for (const auto &[name, bytes] : std::vector<std::pair<std::string, std::string>>{{"binary.stl", binary_stl(soup)},
                                                                                    {"ascii.stl", ascii_stl(soup)},
                                                                                    {"ascii.ply", ascii_ply(soup)},
                                                                                    {"binary.ply", binary_ply(soup)}}) {
    // The last bytes of a text are its end of line and, for ASCII STL, the solid's name.
    const std::size_t end = bytes.size() - (name == "ascii.stl" ? 22 : name == "ascii.ply" ? 2 : 0);
    for (std::size_t length = 0; length < end; ++length)
      expect_parts(file_message(name, bytes.substr(0, length)), {name});
  }
}

TEST(SurfaceFile, no_single_wrong_byte_ends_the_program)
{
  const Soup soup = box({0, 0, 0}, {1, 1, 1});
  std::mt19937 random(7);
  const TemporaryFolder folder;
  for (const std::string &whole : {binary_stl(soup), ascii_stl(soup), ascii_ply(soup), binary_ply(soup)})
    for (std::size_t place = 0; place < whole.size(); ++place) {
      std::string bytes = whole;
      bytes[place] = static_cast<char>(random());
      try {
        EXPECT_GT(read_surface(folder.write("surface", bytes)).volume(), 0.);
      } catch (const Error &error) {
        EXPECT_EQ(error.code, ExitCode::bad_input) << error.what();
      }
    }
}

TEST(NearestTriangle, agrees_with_dense_samples_of_the_triangle)
{
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1., 1.);
  const auto point = [&] { return Point{uniform(random), uniform(random), uniform(random)}; };
  for (int round = 0; round < 200; ++round) {
    const Point p = point(), a = point(), b = point(), c = point();
    double sampled = 1e9;
    constexpr int n = 60;
    for (int i = 0; i <= n; ++i)
      for (int j = 0; i + j <= n; ++j)
        sampled = std::min(sampled, norm(p - (double(i) / n * a + double(j) / n * b + double(n - i - j) / n * c)));
    const double exact = distance_to_triangle(p, a, b, c);
    EXPECT_LE(exact, sampled + 1e-12);
    EXPECT_GE(exact, sampled - .06);
  }
}

TEST(NearestTriangle, distance_to_a_ball)
{
  const TriangleSurface ball = sphere(10., 5).surface();
  const NearestTriangle nearest(ball);
  const auto hit = nearest.find({0, 6, 6}, 2.);
  ASSERT_TRUE(hit);
  EXPECT_NEAR(hit->distance, 10. - std::sqrt(72.), 0.02);
  EXPECT_NEAR(hit->normal[1], std::sqrt(.5), 0.05);
  EXPECT_NEAR(hit->normal[2], std::sqrt(.5), 0.05);
  EXPECT_FALSE(nearest.find({0, 0, 0}, 2.));
}
