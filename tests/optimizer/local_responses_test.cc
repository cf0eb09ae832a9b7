// Values of the responses that see strains against strains by deal.II's shape functions, cell by cell, and refusals.
#include <numeric>

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/base/symmetric_tensor.h>
#include <deal.II/fe/fe_q.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/strain_field.h>

#include "local_responses.h"

namespace cageopt::optimizer {
namespace {

using namespace test;
using Strain = dealii::SymmetricTensor<2, 3>;

/// Strain of a load case in a cell at a point of the unit cube, from displacements with all entries up to date.
Strain strain_at(const meshing::DesignDomain &domain, const solver::BlockVector<double> &u, const std::uint32_t cell,
                 const inputs::LoadCase &load_case, const dealii::Point<3> &point = {.5, .5, .5})
{
  static const dealii::FE_Q<3> element(1);
  dealii::Tensor<2, 3> gradient;
  for (unsigned int v = 0; v < 8; ++v) {
    const auto slope = element.shape_grad(v, point) / domain.edge(cell);
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int k = 0; k < 6; ++k)
        for (unsigned int d = 0; d < 3; ++d)
          gradient[c][d] += load_case.wrench[k] * u(domain.mesh.nodes_of(cell)[v], c, k) * slope[d];
  }
  return dealii::symmetrize(gradient);
}

double max_over_ranks(double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return value;
}

/// A model with its state solved; `u` has ghosts and hanging nodes filled.
struct Solved : public LocalResponses
{
  explicit Solved(MPI_Comm comm = MPI_COMM_WORLD)
      : LocalResponses(comm, 1e-10), state(parametrisation.state(smooth_design()))
  {
    analysis.update(state);
    auto &u = analysis.displacements();
    for (auto *field : {&u, &reference}) {
      domain.mesh.halo().update_ghosts(field->data(), field->values_per_node());
      domain.mesh.interpolate_hanging(field->data(), field->values_per_node());
    }
  }
  DesignState state;
};

TEST(CellStrainsMpi, UniformStatesAreExactAlsoAtHangingNodes)
{
  BlockModel model(MPI_COMM_WORLD, 1e-6);
  solver::BlockVector<double> u = model.analysis.make_vector();
  const double g[3][3] = {{2e-3, 1e-3, -5e-4}, {3e-4, -1e-3, 7e-4}, {2e-4, -9e-4, 1.5e-3}};
  for (std::uint32_t node = 0; node < model.domain.mesh.n_owned_nodes(); ++node) {
    const auto x = model.domain.node_position(node);
    for (unsigned int c = 0; c < 3; ++c)
      u(node, c, 2) = g[c][0] * x[0] + g[c][1] * x[1] + g[c][2] * x[2];
  }
  std::vector<std::uint32_t> cells(model.domain.mesh.n_cells());
  std::iota(cells.begin(), cells.end(), 0u);
  std::size_t n_visited = 0;
  CellStrains(model.analysis, cells).visit(u, [&](const std::size_t i, const std::vector<Tensor6> &strains) {
    EXPECT_EQ(i, n_visited++);
    ASSERT_EQ(strains.size(), model.cases.size());
    const unsigned int index[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}};
    for (std::size_t l = 0; l < strains.size(); ++l)
      for (unsigned int m = 0; m < 6; ++m)
        EXPECT_NEAR(strains[l][m],
                    .5 * model.cases[l].wrench[2] * (g[index[m][0]][index[m][1]] + g[index[m][1]][index[m][0]]),
                    1e-12 * std::abs(model.cases[l].wrench[2]));
  });
  EXPECT_EQ(n_visited, cells.size());
}

TEST(LocalResponsesMpi, MaximaAreThoseOfTheCells)
{
  Solved model;
  const auto &domain = model.domain;
  const auto &u = model.analysis.displacements();
  double strain_ratio = 0, pressure = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const auto p = domain.cell_centre(cell);
    const double across = std::max(std::abs(p[0]), std::abs(p[1])), along = std::abs(p[2]);
    const double distance = std::hypot(std::max(0., across - 6.), along - 4.);
    if (along < 4. || distance > near_distance)
      continue;
    for (const auto &load_case : model.cases) {
      const auto strain = strain_at(domain, u, cell, load_case);
      const auto principal = dealii::eigenvalues(strain); // descending
      strain_ratio = std::max({strain_ratio, -principal[2] / compressive_yield, principal[0] / tensile_yield});
      if (distance > endplate_layer)
        continue;
      const auto &c = domain.intact[cell]; // isotropic: sigma_k = C12 tr + 2 C44 eps_k
      pressure = std::max(pressure, -(c.c12 * dealii::trace(strain) + 2. * c.c44 * principal[2]));
    }
  }
  EXPECT_NEAR(model.overstrain.evaluate(model.state, nullptr) / max_over_ranks(strain_ratio), 1., 1e-7);
  EXPECT_NEAR(model.endplate.evaluate(model.state, nullptr) / max_over_ranks(pressure), 1., 1e-7);
}

TEST(LocalResponsesMpi, CageStressIsTheWorstOfLatticeAndFrame)
{
  Solved model;
  std::vector<inputs::CellStiffness> lattice(model.domain.mesh.n_cells()), frame = lattice;
  for (std::size_t i = 0; i < model.state.density.size(); ++i) {
    const double rho = model.state.density[i];
    lattice[model.analysis.design_cells()[i]] = 1. / model.law->strength(rho) * model.law->stiffness(rho);
  }
  for (std::uint32_t cell = 0; cell < frame.size(); ++cell)
    if (model.domain.region[cell] == meshing::Region::frame)
      frame[cell] = 1. / yield_strength * model.domain.frame;
  const auto worst = [&](const std::vector<inputs::CellStiffness> &stiffness) {
    float largest = 0;
    const auto field = strain_field(model.domain, stiffness, model.cases, model.analysis.displacements());
    for (const float value : field.von_mises_stress)
      largest = std::max(largest, value);
    return max_over_ranks(largest);
  };
  const double of_lattice = worst(lattice), of_frame = worst(frame);
  EXPECT_GT(of_lattice, 0.);
  EXPECT_GT(of_frame, 0.);
  EXPECT_NEAR(model.stress.evaluate(model.state, nullptr) / std::max(of_lattice, of_frame), 1., 1e-6);
  EXPECT_NEAR(model.fatigue.evaluate(model.state, nullptr) / std::max(.6 / .3 * of_lattice, .6 / .5 * of_frame), 1.,
              1e-6);
  // Each of the two by itself, the other being made to endure.
  auto only_frame = CageStress::fatigue(model.analysis, yield_strength, .01, 1., .01);
  auto only_lattice = CageStress::fatigue(model.analysis, yield_strength, .01, .01, 1.);
  EXPECT_NEAR(only_frame.evaluate(model.state, nullptr) / std::max(.01 * of_lattice, of_frame), 1., 1e-6);
  EXPECT_NEAR(only_lattice.evaluate(model.state, nullptr) / std::max(of_lattice, .01 * of_frame), 1., 1e-6);
}

TEST(LocalResponsesMpi, OverstrainedVolumeTendsToTheSharpCount)
{
  Solved model;
  const auto field =
      strain_field(model.domain, model.analysis.with_cage(model.state), model.cases, model.analysis.displacements());
  double before = 1e300;
  for (const double threshold : {.03, .038, .044}) {
    OverstrainedVolume volume(model.analysis, model.bone, threshold, 1e-6 * threshold);
    const double sharp = overstrained_volume(model.domain, field, near_distance, threshold, threshold);
    EXPECT_NEAR(volume.evaluate(model.state, nullptr), sharp, 1e-6 * sharp + 1e-9);
    EXPECT_LT(sharp, before);
    EXPECT_GT(sharp, 0.);
    before = sharp;
  }
  double smooth = 0;
  for (std::uint32_t cell = 0; cell < model.domain.mesh.n_cells(); ++cell) {
    double within = 1;
    for (const auto &load_case : model.cases)
      for (const double e :
           dealii::eigenvalues(strain_at(model.domain, model.analysis.displacements(), cell, load_case)))
        within /= 1. + std::exp((std::abs(e) - limit_strain) / limit_width);
    smooth += model.bone[cell] * model.domain.volume(cell) * (1. - within);
  }
  EXPECT_NEAR(model.volume_beyond.evaluate(model.state, nullptr) / sum_over_ranks(MPI_COMM_WORLD, smooth), 1., 1e-5);
}

TEST(LocalResponses, DistributionMismatchIsTheEnergyDistance)
{
  // On one rank, because every pair of cells takes part: int (F - G)^2 = E|X - Y| - E|X - X'| / 2 - E|Y - Y'| / 2.
  Solved model(MPI_COMM_SELF);
  StrainDistributionMismatch fine("fine", model.analysis, model.bone, model.reference, .005);
  double numerator = 0, denominator = 0;
  for (const auto &load_case : model.cases) {
    std::vector<double> x, y, share;
    for (std::uint32_t cell = 0; cell < model.domain.mesh.n_cells(); ++cell) {
      if (model.bone[cell] == 0)
        continue;
      for (auto *field : {&model.analysis.displacements(), &model.reference}) {
        const auto e = dealii::eigenvalues(strain_at(model.domain, *field, cell, load_case));
        (field == &model.reference ? y : x)
            .push_back(2. / 3. *
                       std::sqrt(std::pow(e[0] - e[1], 2) + std::pow(e[1] - e[2], 2) + std::pow(e[2] - e[0], 2)));
      }
      share.push_back(model.bone[cell] * model.domain.volume(cell));
    }
    const double total = std::accumulate(share.begin(), share.end(), 0.);
    const auto distance = [&](const std::vector<double> &a, const std::vector<double> &b) {
      double sum = 0;
      for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j)
          sum += share[i] * share[j] / (total * total) * std::abs(a[i] - b[j]);
      return sum;
    };
    const std::vector<double> none(x.size(), 0.);
    numerator += load_case.weight * (distance(x, y) - .5 * distance(x, x) - .5 * distance(y, y));
    denominator += load_case.weight * (distance(none, y) - .5 * distance(y, y));
  }
  const double value = fine.evaluate(model.state, nullptr);
  EXPECT_GT(value, 1e-3);
  EXPECT_NEAR(value / (numerator / denominator), 1., .01);
  EXPECT_NEAR(model.distribution.evaluate(model.state, nullptr) / value, 1., .1); // the usual smoothing
}

TEST(LocalResponsesMpi, DistributionMismatchIsZeroAtTheReferenceAndOneWithoutStrain)
{
  Solved model;
  auto &u = model.analysis.displacements();
  StrainDistributionMismatch own("own", model.analysis, model.bone, u);
  EXPECT_LT(own.evaluate(model.state, nullptr), 1e-20);
  u.clear();
  EXPECT_NEAR(own.evaluate(model.state, nullptr), 1., 1e-12);
  EXPECT_THROW(StrainDistributionMismatch("none", model.analysis, model.bone, u), inputs::InputError);
}

TEST(LocalResponsesMpi, GraftEnergyIsThatOfTheWindow)
{
  Solved model;
  const dealii::QGauss<3> quadrature(2);
  double energy = 0;
  const auto &c = model.domain.graft; // isotropic
  for (std::uint32_t cell = 0; cell < model.domain.mesh.n_cells(); ++cell)
    if (model.domain.region[cell] == meshing::Region::window)
      for (const auto &load_case : model.cases)
        for (unsigned int q = 0; q < quadrature.size(); ++q) {
          const auto strain =
              strain_at(model.domain, model.analysis.displacements(), cell, load_case, quadrature.point(q));
          const double trace = dealii::trace(strain);
          energy += load_case.weight * quadrature.weight(q) * model.domain.volume(cell) *
                    (.5 * c.c12 * trace * trace + c.c44 * (strain * strain));
        }
  EXPECT_NEAR(model.graft_energy.evaluate(model.state, nullptr) / sum_over_ranks(MPI_COMM_WORLD, energy), 1., 1e-10);
}

TEST(LocalResponsesMpi, LocalDensitiesAreTheExtremesOfTheAverage)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-4);
  DesignState state;
  state.density = model.smooth_design();
  double largest = 0, smallest = -1;
  for (const double average : model.averaging.apply(state.density)) {
    largest = std::max(largest, average);
    smallest = std::max(smallest, -average);
  }
  EXPECT_NEAR(model.densest.evaluate(state, nullptr), max_over_ranks(largest), 1e-12);
  EXPECT_NEAR(model.sparsest.evaluate(state, nullptr), -max_over_ranks(smallest), 1e-12);
  StateGradient gradient;
  model.sparsest.evaluate(state, &gradient);
  model.sparsest.freeze_scaling(true);
  for (double &density : state.density)
    density += .01;
  // Adding the same everywhere lifts the smallest by nearly as much.
  EXPECT_NEAR(model.sparsest.evaluate(state, nullptr), .01 - max_over_ranks(smallest), 2e-3);
}

TEST(LocalResponsesMpi, Refusals)
{
  BlockModel model(MPI_COMM_WORLD, 1e-4, simp_law());
  const auto bone = bone_near_cage(model.domain, near_distance);
  EXPECT_THROW(BoneOverstrain(model.analysis, std::vector<double>(bone.size(), 0.), .0084, .0078), inputs::InputError);
  EXPECT_THROW(BoneOverstrain(model.analysis, bone, -.0084, .0078), inputs::InputError);
  EXPECT_THROW(EndplateStress(model.analysis, .1), inputs::InputError);
  EXPECT_THROW(OverstrainedVolume(model.analysis, bone, .004, 0.), inputs::InputError);
  EXPECT_THROW(CageStress(model.analysis, 0.), inputs::InputError);
  EXPECT_THROW(CageStress::fatigue(model.analysis, yield_strength, 1.1, .3, .3), inputs::InputError);
  CageStress stress(model.analysis, yield_strength); // and the law knows no strength
  const auto state = model.parametrisation.state(model.smooth_design());
  model.analysis.update(state);
  EXPECT_THROW(stress.evaluate(state, nullptr), inputs::InputError);
  for (auto &region : model.domain.region)
    if (region == meshing::Region::window)
      region = meshing::Region::disc;
  EXPECT_THROW(GraftStrainEnergy{model.analysis}, inputs::InputError);
}

} // namespace
} // namespace cageopt::optimizer
