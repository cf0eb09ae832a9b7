// Voxel specimens between platens against exact states, and the back ends against each other.
#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/specimen_domain.h>
#include <solver/platen_compression.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::solver;

namespace {

constexpr double edge = .25; // mm

using Material = std::function<double(int i, int j, int k)>; ///< MPa; 0 is void

Specimen voxels(const std::array<int, 3> &size, const Material &material)
{
  Specimen specimen;
  specimen.grid.size = size;
  for (unsigned int d = 0; d < 3; ++d)
    specimen.grid.index_to_world.linear[d][d] = edge;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) {
        specimen.youngs_modulus.push_back(material(i, j, k));
        specimen.part.push_back(specimen.youngs_modulus.back() > 0 ? SpecimenPart::bone : SpecimenPart::none);
      }
  return specimen;
}

SpecimenParameters along(const std::string &axis, const double poissons_ratio)
{
  SpecimenParameters parameters;
  parameters.load_axis = axis;
  parameters.poissons_ratio = poissons_ratio;
  return parameters;
}

SolverParameters accurate(const std::string &back_end = "multigrid")
{
  SolverParameters parameters;
  parameters.back_end = back_end;
  parameters.relative_tolerance = 1e-11;
  return parameters;
}

/// Meshed and pressed.
struct Pressed
{
  Pressed(const Specimen &specimen, const SpecimenParameters &parameters, PlatenCompression::Settings settings,
          const std::string &back_end = "multigrid")
      : domain(make_specimen_domain(specimen, parameters, MPI_COMM_WORLD))
  {
    settings.axis = parameters.axis();
    test = std::make_unique<PlatenCompression>(domain.domain.mesh, edge, domain.at_lower, domain.at_upper, settings,
                                               accurate(back_end));
    reactions = test->press(domain.domain.intact);
  }
  SpecimenDomain domain;
  std::unique_ptr<PlatenCompression> test;
  PlatenCompression::Reactions reactions;
};

double porous(const int i, const int j, const int k)
{
  std::mt19937 numbers(1 + i + 100 * j + 10000 * k);
  const bool is_pore = (i / 2 + j / 2) % 3 == 1 && k > 0 && k < 7 && i > 0;
  return is_pore ? 0. : 500. + numbers() % 4000;
}

} // namespace

TEST(PlatenCompressionMpi, SlidingBlockIsInUniaxialStress)
{
  constexpr double modulus = 1234., ratio = .3, travel = .02;
  const std::array<int, 3> size = {5, 4, 7};
  for (const std::string axis : {"x", "y", "z"}) {
    Pressed block(voxels(size, [&](int, int, int) { return modulus; }), along(axis, ratio), {2, false, false, travel});
    const unsigned int a = along(axis, ratio).axis();
    const double area = size[(a + 1) % 3] * size[(a + 2) % 3] * edge * edge, strain = travel / (size[a] * edge);
    EXPECT_NEAR(block.domain.height, size[a] * edge, 1e-12);
    EXPECT_NEAR(block.reactions.compression(a), modulus * strain * area, 1e-8);
    EXPECT_LT(block.reactions.imbalance(a), 1e-9);
    // Each component's gradient: -strain along the axis, ratio times it across, no shear.
    auto &u = block.test->displacement();
    const auto &mesh = block.domain.domain.mesh;
    for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
      const auto &nodes = mesh.nodes_of(cell);
      for (unsigned int d = 0; d < 3; ++d) {
        const double expected = (d == a ? -strain : ratio * strain) * edge;
        EXPECT_NEAR(u(nodes[1u << d], d) - u(nodes[0], d), expected, 1e-9);
        EXPECT_NEAR(u(nodes[7], d) - u(nodes[7 - (1u << d)], d), expected, 1e-9);
      }
    }
  }
}

TEST(PlatenCompressionMpi, BondedLayersWithoutLateralStrainAreInSeries)
{
  const auto layered = [](int, int, const int k) { return k < 2 ? 300. : k < 5 ? 5000. : 1000.; };
  for (const bool is_bonded : {true, false}) {
    Pressed column(voxels({4, 3, 9}, layered), along("z", 0.), {2, is_bonded, is_bonded, .05});
    const double compliance = edge * (2. / 300. + 3. / 5000. + 4. / 1000.) / (12. * edge * edge); // mm per N
    EXPECT_NEAR(column.reactions.compression(2), .05 / compliance, 1e-8);
  }
}

TEST(PlatenCompressionMpi, PartsSideBySideAreInParallel)
{
  Pressed block(voxels({6, 4, 5}, [](const int i, int, int) { return i < 2 ? 400. : 3000.; }), along("z", 0.), {});
  EXPECT_NEAR(block.reactions.compression(2), (8. * 400. + 16. * 3000.) * edge * edge / (5. * edge), 1e-7);
}

TEST(PlatenCompressionMpi, BondingStiffensAndForcesBalance)
{
  const auto specimen = voxels({7, 6, 8}, porous);
  double before = 0;
  for (const auto &[lower, upper] : {std::make_pair(false, false), {true, false}, {true, true}}) {
    Pressed body(specimen, along("z", .3), {2, lower, upper, .01});
    EXPECT_GT(body.reactions.compression(2), (1. + 1e-4) * before);
    before = body.reactions.compression(2);
    for (unsigned int c = 0; c < 3; ++c)
      EXPECT_NEAR(body.reactions.lower[c] + body.reactions.upper[c], 0., 1e-8 * before);
  }
}

TEST(PlatenCompressionMpi, BackEndsAgree)
{
  const auto specimen = voxels({7, 6, 8}, porous);
  const auto force = [&](const std::string &back_end) {
    return Pressed(specimen, along("z", .3), {2, true, false, .01}, back_end).reactions.compression(2);
  };
  const double own = force("multigrid");
  for (const std::string other : {"petsc mumps", "trilinos ml"})
    EXPECT_NEAR(force(other) / own, 1., 1e-9) << other;
}

TEST(PlatenCompressionMpi, APlatenTouchesItsPadOnly)
{
  // Bone that reaches beyond the pads on both sides, as the processes of a vertebra do.
  auto specimen =
      voxels({5, 4, 8}, [](const int i, int, const int k) { return i < 2 || (k > 0 && k < 7) ? 1000. : 0.; });
  std::size_t voxel = 0;
  for (int k = 0; k < 8; ++k)
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 5; ++i, ++voxel)
        if (i >= 2 && (k == 1 || k == 6))
          specimen.part[voxel] = k == 1 ? SpecimenPart::lower_pad : SpecimenPart::upper_pad;
  auto parameters = along("z", .3);
  const auto without = make_specimen_domain(specimen, parameters, MPI_COMM_WORLD);
  EXPECT_EQ(without.n_lower_nodes, 3u * 5u);
  EXPECT_NEAR(without.height, 8 * edge, 1e-12);
  parameters.lower_pad_label = 5;
  parameters.upper_pad_label = 6;
  const auto with = make_specimen_domain(specimen, parameters, MPI_COMM_WORLD);
  EXPECT_EQ(with.n_lower_nodes, 4u * 5u);
  EXPECT_EQ(with.n_upper_nodes, 4u * 5u);
  EXPECT_NEAR(with.height, 6 * edge, 1e-12);

  for (auto &part : specimen.part)
    if (part == SpecimenPart::lower_pad || part == SpecimenPart::upper_pad)
      part = part == SpecimenPart::lower_pad ? SpecimenPart::upper_pad : SpecimenPart::lower_pad;
  EXPECT_THROW(make_specimen_domain(specimen, parameters, MPI_COMM_WORLD), InputError);
}
