// The density filter keeps mean, bounds and constants, is the transpose of its pull-back, and has the stated length.
#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/helmholtz_filter.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// Rough numbers in [0, 1] that depend on the cell alone.
double rough(const inputs::Point &p, const double seed)
{
  const double wave = 43758.5453 * std::sin(12.9898 * p[0] + 78.233 * p[1] + 37.719 * p[2] + seed);
  return wave - std::floor(wave);
}

struct FilteredBlock
{
  explicit FilteredBlock(MPI_Comm comm, const double radius = 6.) : domain(make_block_segment(comm))
  {
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
      if (domain.region[cell] == meshing::Region::design)
        cells.push_back(cell);
    filter = std::make_unique<HelmholtzFilter>(domain, cells, radius);
  }
  DesignVector rough_design(const double seed) const
  {
    DesignVector x;
    for (const auto cell : cells)
      x.push_back(rough(domain.cell_centre(cell), seed));
    return x;
  }
  double inner(const DesignVector &a, const DesignVector &b) const
  {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      sum += a[i] * b[i];
    return sum_over_ranks(domain.mesh.comm(), sum);
  }

  meshing::DesignDomain domain;
  std::vector<std::uint32_t> cells;
  std::unique_ptr<HelmholtzFilter> filter;
};

/// A bar of 4 x 4 x 128 design cells of 0.5 mm.
meshing::DesignDomain make_bar(MPI_Comm comm)
{
  meshing::DesignDomain domain{
      meshing::OctreeMesh(comm, meshing::make_forest_leaves(
                                    comm, {1, 1, 32}, 2, [](const meshing::OctreeCell &) { return true; },
                                    [](const meshing::OctreeCell &) { return 0u; }))};
  domain.unit = .5;
  domain.region.assign(domain.mesh.n_cells(), meshing::Region::design);
  return domain;
}

TEST(HelmholtzFilterMpi, KeepsConstantMeanAndBounds)
{
  const FilteredBlock block(MPI_COMM_WORLD);
  for (const double rho : block.filter->apply(DesignVector(block.cells.size(), .37)))
    EXPECT_NEAR(rho, .37, 1e-12);

  auto x = block.rough_design(1.);
  for (double &value : x)
    value = value < .5 ? .1 : .5; // at the bounds everywhere
  const auto rho = block.filter->apply(x);
  const DesignVector one(x.size(), 1.);
  EXPECT_NEAR(block.inner(rho, one) / block.inner(x, one), 1., 1e-12);
  double lowest = 1., highest = 0.;
  for (const double value : rho) {
    EXPECT_GE(value, .1 - 1e-12);
    EXPECT_LE(value, .5 + 1e-12);
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  const double range[2] = {lowest, -highest};
  double global[2];
  MPI_Allreduce(range, global, 2, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
  EXPECT_GT(global[0], .11); // it does smooth
  EXPECT_LT(-global[1], .49);
  EXPECT_GT(-global[1] - global[0], .01); // and not everything away
}

TEST(HelmholtzFilterMpi, PullBackIsTheTranspose)
{
  const FilteredBlock block(MPI_COMM_WORLD);
  const auto v = block.rough_design(2.), w = block.rough_design(3.);
  const double forward = block.inner(block.filter->apply(v), w), backward = block.inner(v, block.filter->pull_back(w));
  EXPECT_NEAR(forward / backward, 1., 1e-12);
}

TEST(HelmholtzFilterMpi, DecaysWithTheLengthOfItsEquation)
{
  // A step from 1 to 0 at the middle of a long bar: n = 1 - exp(-|s| / l) / 2 and exp(-s / l) / 2, l = R / (2 sqrt 3).
  const auto domain = make_bar(MPI_COMM_WORLD);
  constexpr double radius = 10., middle = 32.;
  const double length = radius / std::sqrt(12.), cell = domain.unit;
  std::vector<std::uint32_t> cells;
  DesignVector x;
  for (std::uint32_t index = 0; index < domain.mesh.n_cells(); ++index) {
    cells.push_back(index);
    x.push_back(domain.cell_centre(index)[2] < middle ? 1. : 0.);
  }
  const HelmholtzFilter filter(domain, cells, radius);
  const auto rho = filter.apply(x);
  // The mean over a cell's corners is n at its centre to second order; the discrete length is l (1 + (h / l)^2 / 24).
  const double tolerance = cell * cell / (length * length) / 8.;
  for (std::size_t i = 0; i < rho.size(); ++i) {
    const double s = domain.cell_centre(cells[i])[2] - middle;
    const double exact = s < 0. ? 1. - .5 * std::exp(s / length) : .5 * std::exp(-s / length);
    EXPECT_NEAR(rho[i], exact, tolerance) << s;
    if (s > length && s < 4. * length) {
      EXPECT_NEAR(-s / std::log(2. * rho[i]), length, .02 * length) << s;
    }
  }
}

TEST(HelmholtzFilterMpi, IsAsWideAsWithTheConsistentMass)
{
  // A layer of cells spreads with the second moment 2 l^2 + h^2 / 6 along the bar: the Fourier symbol of cells to
  // corners to cells is cos^2(k h / 2), that of linear elements (2 + cos k h) / 3 + 2 (1 - cos k h) l^2 / h^2, and the
  // moment is minus the second derivative at k = 0 of their quotient. With lumped mass alone it would be 2 l^2 + h^2
  // / 2.
  const auto domain = make_bar(MPI_COMM_WORLD);
  const double radius = 3. * domain.unit, middle = 32.25;
  std::vector<std::uint32_t> cells;
  DesignVector x;
  for (std::uint32_t index = 0; index < domain.mesh.n_cells(); ++index) {
    cells.push_back(index);
    x.push_back(std::abs(domain.cell_centre(index)[2] - middle) < .1 ? 1. : 0.);
  }
  const auto rho = HelmholtzFilter(domain, cells, radius).apply(x);
  double moment = 0, total = 0;
  for (std::size_t i = 0; i < rho.size(); ++i) {
    const double s = domain.cell_centre(cells[i])[2] - middle;
    moment += s * s * rho[i];
    total += rho[i];
  }
  moment = sum_over_ranks(MPI_COMM_WORLD, moment);
  total = sum_over_ranks(MPI_COMM_WORLD, total);
  EXPECT_NEAR(total, 16., 1e-9);
  EXPECT_NEAR(moment / total, radius * radius / 6. + domain.unit * domain.unit / 6., 1e-9);
}

TEST(HelmholtzFilterMpi, DoesNotDependOnTheNumberOfRanks)
{
  const FilteredBlock parallel(MPI_COMM_WORLD), serial(MPI_COMM_SELF);
  const auto forward = by_cell(serial.domain, serial.cells, serial.filter->apply(serial.rough_design(4.)));
  const auto backward = by_cell(serial.domain, serial.cells, serial.filter->pull_back(serial.rough_design(5.)));
  for (const auto &[key, value] :
       by_cell(parallel.domain, parallel.cells, parallel.filter->apply(parallel.rough_design(4.))))
    EXPECT_NEAR(value, forward.at(key), 1e-12);
  for (const auto &[key, value] :
       by_cell(parallel.domain, parallel.cells, parallel.filter->pull_back(parallel.rough_design(5.))))
    EXPECT_NEAR(value, backward.at(key), 1e-12);
}

TEST(HelmholtzFilterMpi, NotANumberIsNotTakenForASolution)
{
  const FilteredBlock block(MPI_COMM_WORLD);
  DesignVector x(block.cells.size(), std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(block.filter->pull_back(x), inputs::Error);
}

TEST(FilterParameters, RefusesARadiusThatDoesNothing)
{
  FilterParameters parameters;
  parameters.radius = 1.5;
  EXPECT_NO_THROW(parameters.check(1.));
  parameters.radius = .7;
  try {
    parameters.check(.5);
    FAIL() << "accepted";
  } catch (const inputs::Error &error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code, inputs::ExitCode::bad_input);
    EXPECT_NE(message.find("'Filter/Radius' is 0.7"), std::string::npos) << message;
    EXPECT_NE(message.find("1.5 cells"), std::string::npos) << message;
    EXPECT_NE(message.find("at least 0.75"), std::string::npos) << message;
  }
}

} // namespace
} // namespace cageopt::optimizer
