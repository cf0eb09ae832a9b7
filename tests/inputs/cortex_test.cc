// The shares of a thin shell in the voxels beneath a surface: volumes of known shapes, mineral, and what is refused.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include <inputs/cortex.h>
#include <inputs/error.h>

using namespace cageopt::inputs;

namespace {

CortexParameters shell_of(const double thickness)
{
  CortexParameters parameters;
  parameters.thickness = thickness;
  parameters.density = 900.;
  parameters.youngs_modulus = 4700.;
  parameters.source = "this test";
  return parameters;
}

struct Shape
{
  ImageGrid grid;
  std::vector<std::uint8_t> tissue;
  std::vector<float> density;
};

Shape shape_of(const std::array<int, 3> &size, const Point &spacing,
               const std::function<Cortex::Tissue(const Point &)> &at, const float density)
{
  Shape shape;
  shape.grid.size = size;
  for (int d = 0; d < 3; ++d) {
    shape.grid.index_to_world.linear[d][d] = spacing[d];
    shape.grid.index_to_world.offset[d] = -.5 * spacing[d] * (size[d] - 1) + .01 * (d + 1);
  }
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        shape.tissue.push_back(at(shape.grid.index_to_world({double(i), double(j), double(k)})));
  shape.density.assign(shape.tissue.size(), density);
  return shape;
}

constexpr float dense = 2000.f; // mineral enough for any shell

} // namespace

TEST(Cortex, HoldsTheVolumeOfAShellBeneathPlanes)
{
  // A slab through the whole image: two faces along each axis in turn, voxels of different edges.
  const Point spacing = {.7, 1.1, 2.};
  for (int axis = 0; axis < 3; ++axis)
    for (const double thickness : {.3, .7, 1.9}) {
      const auto slab = shape_of(
          {31, 25, 17}, spacing,
          [&](const Point &x) { return std::abs(x[axis]) < 7. ? Cortex::bone : Cortex::outside; }, dense);
      const Cortex cortex(shell_of(thickness), slab.grid, slab.tissue, slab.density);
      const double face =
          slab.grid.n_voxels() / slab.grid.size[axis] * spacing[(axis + 1) % 3] * spacing[(axis + 2) % 3];
      EXPECT_NEAR(cortex.surface_area(), 2. * face, 1e-3 * face);
      double volume = 0;
      for (std::size_t voxel = 0; voxel < slab.tissue.size(); ++voxel)
        volume += cortex.share(voxel) * spacing[0] * spacing[1] * spacing[2];
      EXPECT_NEAR(volume, 2. * face * thickness, 1e-3 * volume) << axis << " " << thickness;
      EXPECT_NEAR(cortex.mean_thickness(), thickness, 1e-6);
      EXPECT_EQ(cortex.n_thinned(), 0u);
    }
}

TEST(Cortex, HoldsTheVolumeOfAShellBeneathTiltedPlanesAndABall)
{
  for (const Point &direction : {Point{1, 1, 0}, Point{1, 1, 1}, Point{.3, -.5, .8}, Point{0, .2, 1}}) {
    const Point normal = (1. / norm(direction)) * direction;
    const auto half = shape_of(
        {41, 41, 41}, {1, 1, 1}, [&](const Point &x) { return dot(normal, x) < .1 ? Cortex::bone : Cortex::outside; },
        dense);
    for (const double thickness : {.4, 1.5}) {
      const Cortex cortex(shell_of(thickness), half.grid, half.tissue, half.density);
      double volume = 0;
      std::size_t voxel = 0;
      for (int k = 0; k < 41; ++k)
        for (int j = 0; j < 41; ++j)
          for (int i = 0; i < 41; ++i, ++voxel) {
            const Point x = half.grid.index_to_world({double(i), double(j), double(k)});
            if (norm(x - dot(normal, x) * normal) < 14.)
              volume += cortex.share(voxel);
          }
      EXPECT_NEAR(volume, thickness * std::acos(-1.) * 14. * 14., .05 * volume) << thickness;
    }
  }
  for (const double edge : {.75, 1.5}) {
    const int n = static_cast<int>(36. / edge);
    const auto ball = shape_of(
        {n, n, n}, {edge, edge, edge}, [&](const Point &x) { return norm(x) < 15. ? Cortex::bone : Cortex::outside; },
        dense);
    const Cortex cortex(shell_of(.5), ball.grid, ball.tissue, ball.density);
    EXPECT_NEAR(cortex.surface_area() / (4. * std::acos(-1.) * 225.), 1., .07) << edge;
    EXPECT_NEAR(cortex.mean_thickness(), .5, 1e-3);
  }
}

TEST(Cortex, KeepsTheMineralAndThinsWhereItDoesNotSuffice)
{
  const auto law = [](const double density) { return 3. * density + 1.; };
  const auto at = [](const Point &x) {
    return x[2] < -5. ? Cortex::other_bone : x[2] < 5. ? Cortex::bone : Cortex::outside;
  };
  const auto body = shape_of({8, 8, 20}, {1, 1, 1}, at, 300.f);
  const Cortex cortex(shell_of(.25), body.grid, body.tissue, body.density);
  int n_shell = 0;
  for (std::size_t voxel = 0; voxel < body.tissue.size(); ++voxel)
    if (cortex.share(voxel) > 0) {
      ++n_shell;
      EXPECT_NEAR(cortex.share(voxel), .25, 1e-6);
      // 300 = .25 900 + .75 100
      EXPECT_NEAR(cortex.youngs_modulus(voxel, 300., law), .25 * 4700. + .75 * 301., .01);
    } else {
      EXPECT_EQ(cortex.youngs_modulus(voxel, 300., law), 901.);
    }
  EXPECT_EQ(n_shell, 64) << "one face: bone goes on below, and the image's border is no surface";
  EXPECT_EQ(cortex.n_voxels(), 64u);

  const auto poor = shape_of({8, 8, 20}, {1, 1, 1}, at, 90.f);
  const Cortex thinned(shell_of(.25), poor.grid, poor.tissue, poor.density);
  EXPECT_EQ(thinned.n_thinned(), 64u);
  EXPECT_NEAR(thinned.mean_thickness(), .1, 1e-6);
  EXPECT_NE(thinned.description().find("0.1 mm on average"), std::string::npos) << thinned.description();

  const auto empty = shape_of({8, 8, 20}, {1, 1, 1}, at, -40.f);
  const Cortex none(shell_of(.25), empty.grid, empty.tissue, empty.density);
  EXPECT_EQ(none.mean_thickness(), 0.);
  EXPECT_EQ(none.youngs_modulus(8 * 8 * 14, -40., law), law(-40.));
  EXPECT_FALSE(Cortex().is_on());
  EXPECT_EQ(Cortex().share(7), 0.);
}

TEST(Cortex, IsStatedWholeOrNotAtAll)
{
  EXPECT_NO_THROW(CortexParameters().check("Patient/Cortex"));
  EXPECT_NO_THROW(shell_of(.4).check("Patient/Cortex"));
  auto parameters = shell_of(0.);
  EXPECT_THROW(parameters.check("Patient/Cortex"), InputError) << "would be ignored";
  parameters = shell_of(.4);
  parameters.density = 0;
  EXPECT_THROW(parameters.check("Patient/Cortex"), InputError);
  parameters = shell_of(.4);
  parameters.youngs_modulus = 0;
  EXPECT_THROW(parameters.check("Patient/Cortex"), InputError);
  parameters = shell_of(.4);
  parameters.source.clear();
  EXPECT_THROW(parameters.check("Patient/Cortex"), InputError);
}
