// Pictures whose pixels are known: nothing is mirrored, turned or stretched.

#include <cmath>

#include <gtest/gtest.h>
#include <png.h>

#include <meshing/cantilever_domain.h>
#include <postprocess/relief_picture.h>
#include <postprocess/slice_picture.h>

using namespace cageopt;
using namespace cageopt::postprocess;

namespace {

/// A PNG read back by libpng.
struct Decoded
{
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;

  explicit Decoded(const std::string &bytes)
  {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    EXPECT_TRUE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
    image.format = PNG_FORMAT_RGB;
    width = int(image.width);
    height = int(image.height);
    pixels.resize(PNG_IMAGE_SIZE(image));
    EXPECT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  }
  SlicePicture::Colour at(const int column, const int row) const
  {
    const auto *pixel = &pixels[3 * (column + std::size_t(width) * row)];
    return {{pixel[0], pixel[1], pixel[2]}};
  }
};

constexpr SlicePicture::Colour red{{255, 0, 0}}, green{{0, 255, 0}}, blue{{0, 0, 255}}, black{{0, 0, 0}};

/// Red ball at the patient's right, green anterior, blue cranial.
SlicePicture::Colour three_balls(const inputs::Point &p)
{
  const auto near = [&](const inputs::Point &centre) {
    return std::hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) < 4;
  };
  return near({20, 0, 0}) ? red : near({0, 10, 0}) ? green : near({0, 0, 12}) ? blue : black;
}

Decoded picture_of(const SliceView &view)
{
  SlicePicture picture(view, .5);
  picture.paint([&](const std::size_t index) { return three_balls(picture.position(index)); });
  return Decoded(picture.png());
}

TEST(ReliefPicture, IsSeenFromAboveRightAndFront)
{
  // Balls at the ends of the axes, each in its colour: x comes to the lower left, y to the right, z up.
  const auto value = [](const inputs::Point &p) {
    double nearest = 1;
    for (unsigned int d = 0; d < 3; ++d) {
      inputs::Point centre{};
      centre[d] = .8;
      nearest = std::min(nearest, inputs::norm({p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]}) - .15);
    }
    return nearest;
  };
  const auto colour = [](const inputs::Point &p) { return p[0] > .5 ? red : p[1] > .5 ? green : blue; };
  const Decoded picture(relief_png(value, {-1, -1, -1}, {1, 1, 1}, .02, 100, colour));
  ASSERT_EQ(picture.width, 100);
  ASSERT_EQ(picture.height, 100);
  double column[3] = {}, row[3] = {}, n[3] = {};
  for (int r = 0; r < 100; ++r)
    for (int c = 0; c < 100; ++c) {
      const auto pixel = picture.at(c, r);
      for (unsigned int d = 0; d < 3; ++d)
        if (pixel[d] > 0 && pixel[(d + 1) % 3] == 0) {
          column[d] += c;
          row[d] += r;
          n[d] += 1;
        }
    }
  for (unsigned int d = 0; d < 3; ++d) {
    ASSERT_GT(n[d], 20) << d;
    column[d] /= n[d];
    row[d] /= n[d];
  }
  EXPECT_LT(column[0], 45);
  EXPECT_GT(row[0], 55);
  EXPECT_GT(column[1], 60);
  EXPECT_LT(row[2], 35);
  EXPECT_NEAR(column[2], 50, 1.5);
  // A solid box is cut by its own faces; the corners of the picture stay white.
  const Decoded box(relief_png([](const inputs::Point &) { return -1.; }, {0, 0, 0}, {1, 1, 1}, .1, 60,
                               [](const inputs::Point &) { return red; }));
  EXPECT_EQ(box.at(30, 30)[1], 0);
  EXPECT_EQ(box.at(0, 0), (SlicePicture::Colour{{255, 255, 255}}));
}

} // namespace

TEST(SlicePicture, RightAnteriorAndCranialAreWhereRadiologistsExpectThem)
{
  // x from -30 to 40, y from -20 to 30, z from -15 to 20 mm; two pixels per mm, rows from above.
  const auto views = SliceView::sagittal_coronal_axial({-30, -20, -15}, {40, 30, 20});
  const auto sagittal = picture_of(views[0]), coronal = picture_of(views[1]), axial = picture_of(views[2]);
  EXPECT_EQ(sagittal.width, 100); // y
  EXPECT_EQ(sagittal.height, 70); // z
  EXPECT_EQ(coronal.width, 140);  // x
  EXPECT_EQ(coronal.height, 70);
  EXPECT_EQ(axial.width, 140);
  EXPECT_EQ(axial.height, 100);
  EXPECT_EQ(sagittal.at(2 * (30 - 10), 2 * 20), green); // anterior is left
  EXPECT_EQ(sagittal.at(2 * (30 + 10), 2 * 20), black);
  EXPECT_EQ(sagittal.at(2 * 30, 2 * (20 - 12)), blue); // cranial is up
  EXPECT_EQ(sagittal.at(2 * 30, 2 * (20 + 12)), black);
  EXPECT_EQ(coronal.at(2 * (40 - 20), 2 * 20), red); // the patient's right is left
  EXPECT_EQ(coronal.at(2 * (40 + 20), 2 * 20), black);
  EXPECT_EQ(coronal.at(2 * 40, 2 * (20 - 12)), blue);
  EXPECT_EQ(axial.at(2 * (40 - 20), 2 * 30), red);
  EXPECT_EQ(axial.at(2 * (40 + 20), 2 * 30), black);
  EXPECT_EQ(axial.at(2 * 40, 2 * (30 - 10)), green); // anterior is up
  EXPECT_EQ(axial.at(2 * 40, 2 * (30 + 10)), black);
  EXPECT_EQ(views[1].left_letter, "R");
  EXPECT_EQ(views[2].left_letter, "R");
  EXPECT_EQ(views[2].top_letter, "A");
  EXPECT_EQ(views[0].left_letter, "A");
  EXPECT_EQ(views[0].top_letter, "S");
}

TEST(SlicePicture, OutlineOfARectangleIsItsFourSides)
{
  SliceView view;
  view.title = "a < b";
  view.begin[0] = view.begin[1] = 0;
  view.end[0] = 10;
  view.end[1] = 8;
  SlicePicture picture(view, 1.);
  picture.outline(picture.classes([](const inputs::Point &p) { return p[0] > 2 && p[0] < 6 && p[2] > 1 && p[2] < 4; }),
                  {"#123456", .5, ""});
  const auto svg = picture.svg();
  // Rows count from above: z from 1 to 4 mm is 4 to 7 mm below the upper edge.
  for (const char *side : {"M2.00 4.00H6.00", "M2.00 7.00H6.00", "M2.00 4.00V7.00", "M6.00 4.00V7.00"})
    EXPECT_NE(svg.find(side), std::string::npos) << side;
  EXPECT_NE(svg.find("stroke=\"#123456\""), std::string::npos);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
}

TEST(SlicePictureMpi, CellsAreTheSameOnAnyNumberOfRanks)
{
  meshing::CantileverParameters parameters;
  const auto domain = meshing::make_cantilever_domain(parameters, MPI_COMM_WORLD);
  const auto alone = meshing::make_cantilever_domain(parameters, MPI_COMM_SELF);
  inputs::Point low{{-.5, -.5, -.5}}, high{{2.5, 1.5, 1.5}};
  for (const auto &view : SliceView::sagittal_coronal_axial(low, high)) {
    const SlicePicture picture(view, .02);
    const auto classes_of = [&](const meshing::DesignDomain &of) {
      return picture.cell_classes(of, [&](const std::uint32_t cell) {
        const auto &corner = of.mesh.cell(cell).corner;
        return 1u + std::uint32_t(corner[0]) + 256u * std::uint32_t(corner[1]) + 65536u * std::uint32_t(corner[2]);
      });
    };
    const auto together = classes_of(domain);
    EXPECT_EQ(together, classes_of(alone));
    // Each pixel has the cell that its position is in.
    std::size_t n_inside = 0;
    for (std::size_t index = 0; index < together.size(); ++index)
      if (const auto value = together[index]; value > 0) {
        ++n_inside;
        const auto p = picture.position(index);
        const std::uint32_t corner[] = {(value - 1) % 256, (value - 1) / 256 % 256, (value - 1) / 65536};
        for (unsigned int d = 0; d < 3; ++d) {
          const double offset = (p[d] - alone.origin[d]) / alone.unit - corner[d];
          ASSERT_GE(offset, -1e-9);
          ASSERT_LT(offset, 1 + 1e-9);
        }
      }
    EXPECT_GT(n_inside, 100u) << view.title;
  }
}
