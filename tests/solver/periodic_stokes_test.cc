// Permeability of pores whose flow has a closed form.
#include <cmath>

#include <gtest/gtest.h>

#include <solver/periodic_stokes.h>

using namespace cageopt::solver;

namespace {

constexpr double pi = 3.14159265358979323846;

template <typename Solid>
std::vector<std::uint8_t> voxels(const std::array<int, 3> &size, const Solid &is_solid)
{
  std::vector<std::uint8_t> result;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        result.push_back(is_solid(i, j, k));
  return result;
}

TEST(PeriodicStokesMpi, LayersLetThroughHagenPoiseuille)
{
  // Gap of m = 12 of 20 voxels: K = porosity m^2 / 12 along the layers, nothing across. The grid's own parabola, with
  // the wall half a voxel from the outermost velocities, lets through (m^2 + 2) / 12.
  for (unsigned int axis = 0; axis < 3; ++axis) {
    std::array<int, 3> size = {4, 4, 4};
    size[axis] = 20;
    const auto solid = voxels(size, [&](int i, int j, int k) { return std::array<int, 3>{i, j, k}[axis] >= 12; });
    const auto K = PeriodicStokes(solid, size, MPI_COMM_WORLD).permeability;
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int d = 0; d < 3; ++d) {
        const bool flows = c == d && c != axis;
        EXPECT_NEAR(K[c][d], flows ? .6 * 146. / 12. : 0., 1e-5) << axis << c << d;
        EXPECT_NEAR(K[c][d], flows ? .6 * 144. / 12. : 0., .03 * .6 * 144. / 12.);
      }
  }
}

TEST(PeriodicStokesMpi, TubesLetThroughHagenPoiseuille)
{
  // Two tubes in a period: K = porosity radius^2 / 8, radius from the voxels' own area.
  const std::array<int, 3> size = {80, 40, 2};
  std::size_t n_open = 0;
  const auto solid = voxels(size, [&](int i, int j, int) {
    const double x = i % 40 - 19.5, y = j - 19.5;
    const bool is_open = x * x + y * y < 17. * 17.;
    n_open += is_open;
    return !is_open;
  });
  const double porosity = double(n_open) / double(solid.size()), square = n_open / 2. / size[2] / pi;
  EXPECT_NEAR(square, 17. * 17., 3.);
  const auto K = PeriodicStokes(solid, size, MPI_COMM_WORLD).permeability;
  EXPECT_NEAR(K[2][2] / (porosity * square / 8.), 1., .03);
  EXPECT_NEAR(K[0][0], 0., 1e-6);
}

TEST(PeriodicStokesMpi, SpheresLetThroughWhatIsPublished)
{
  // Simple cubic array of spheres that touch: drag F = 6 pi mu a U k with k = 42.14 (Zick & Homsy 1982, J Fluid Mech
  // 115:13, table 2), so K = L^2 / (6 pi a k) with a = L / 2.
  const int n = 32;
  const auto solid = voxels({n, n, n}, [&](int i, int j, int k) {
    const double x = i + .5 - .5 * n, y = j + .5 - .5 * n, z = k + .5 - .5 * n;
    return x * x + y * y + z * z <= .25 * n * n;
  });
  const PeriodicStokes flow(solid, {n, n, n}, MPI_COMM_WORLD);
  const double exact = 1. / (3. * pi * 42.14);
  for (unsigned int d = 0; d < 3; ++d)
    EXPECT_NEAR(flow.permeability[d][d] / (n * n) / exact, 1., .04);
  EXPECT_NEAR(flow.permeability[0][1] / flow.permeability[0][0], 0., 1e-3);
}

} // namespace
