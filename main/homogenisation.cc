#include <main/homogenisation.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <solver/periodic_stokes.h>

namespace cageopt {

using namespace inputs;
using solver::VoigtMatrix;
using solver::VoigtVector;

namespace {

/// The value that `share` of all ranks' values exceed, to 1e-6 of the largest. Collective.
double upper_quantile(const std::vector<double> &values, const double share, MPI_Comm comm)
{
  double largest = values.empty() ? 0. : *std::max_element(values.begin(), values.end());
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, comm);
  double low = 0, high = largest;
  while (high - low > 1e-6 * largest) {
    const double middle = .5 * (low + high);
    double counts[2] = {double(std::count_if(values.begin(), values.end(), [&](double v) { return v > middle; })),
                        double(values.size())};
    MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPI_DOUBLE, MPI_SUM, comm);
    (counts[0] > share * counts[1] ? low : high) = middle;
  }
  return high;
}

VoigtVector column(const VoigtMatrix &matrix, const unsigned int k)
{
  VoigtVector result;
  for (unsigned int i = 0; i < 6; ++i)
    result[i] = matrix[i][k];
  return result;
}

} // namespace

double youngs_modulus(const VoigtMatrix &compliance, const Point &n)
{
  const VoigtVector stress = {n[0] * n[0], n[1] * n[1], n[2] * n[2], n[1] * n[2], n[0] * n[2], n[0] * n[1]};
  double sum = 0;
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j)
      sum += stress[i] * compliance[i][j] * stress[j];
  return 1. / sum;
}

HomogenisedGrid Homogenisation::at_threshold(const CellVoxels &voxels, const double threshold) const
{
  const auto start = std::chrono::steady_clock::now();
  HomogenisedGrid result;
  result.voxels = voxels.voxels_per_edge();
  result.density = voxels.density(threshold);
  result.threshold = threshold;
  result.area = voxels.surface_area(threshold);
  solver::PeriodicVoxels period = {voxels.size(), voxels.solid(threshold)};
  const auto percolation = Percolation::keep_carrying(period.material, period.size);
  result.n_removed = percolation.n_removed;
  if (percolation.n_directions < 3)
    throw InputError("The solid of the cell at relative density " + formatted("%.4g", result.density), "disconnected",
                     percolation.n_directions == 0
                         ? "no part of it is joined to its copies in the next cells: it has no stiffness"
                         : "its parts are joined to their copies in " + std::to_string(percolation.n_directions) +
                               " of 3 directions: it has no stiffness across",
                     "use a higher density, another cell or more voxels along the edge");
  solver::SolverParameters parameters;
  parameters.relative_tolerance = 1e-7;
  solver::PeriodicCell cell(period, {CubicStiffness::isotropic(1., poissons_ratio)}, parameters, comm);
  cell.solve();
  result.stiffness = cell.stiffness();
  result.iterations = cell.iterations();
  result.n_unknowns = cell.n_unknowns();
  VoigtMatrix compliance;
  try {
    compliance = solver::inverse(result.stiffness);
  } catch (const std::domain_error &) {
    throw InputError("The solid of the cell at relative density " + formatted("%.4g", result.density), "a mechanism",
                     "it hangs together, but some load deforms it without resistance",
                     "use a higher density, another cell or more voxels along the edge");
  }
  result.yield_axial = 1. / upper_quantile(cell.von_mises(column(compliance, 0)), yielded_share, comm);
  result.yield_shear = 1. / upper_quantile(cell.von_mises(column(compliance, 5)), yielded_share, comm);
  if (with_permeability) {
    result.permeability = solver::PeriodicStokes(period.material, period.size, comm).permeability;
    for (auto &row : result.permeability)
      for (auto &entry : row)
        entry /= double(result.voxels) * result.voxels;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

HomogenisedGrid Homogenisation::at_density(const CellVoxels &voxels, const double density) const
{
  const auto [lower, upper] = voxels.thresholds_around(density);
  auto below = at_threshold(voxels, lower);
  if (lower == upper)
    return below;
  const auto above = at_threshold(voxels, upper);
  const double share = (density - below.density) / (above.density - below.density);
  const auto between = [&](double &a, const double b) { a += share * (b - a); };
  between(below.density, above.density);
  between(below.threshold, above.threshold);
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j)
      between(below.stiffness[i][j], above.stiffness[i][j]);
  for (unsigned int i = 0; i < 3; ++i)
    for (unsigned int j = 0; j < 3; ++j)
      between(below.permeability[i][j], above.permeability[i][j]);
  between(below.yield_axial, above.yield_axial);
  between(below.yield_shear, above.yield_shear);
  between(below.area, above.area);
  below.n_unknowns = std::max(below.n_unknowns, above.n_unknowns);
  below.iterations = std::max(below.iterations, above.iterations);
  below.n_removed = std::max(below.n_removed, above.n_removed);
  below.seconds += above.seconds;
  return below;
}

HomogenisedDensity::HomogenisedDensity(std::vector<HomogenisedGrid> all) : grids(std::move(all))
{
  std::vector<int> n;
  std::vector<double> modulus, flow;
  for (const auto &grid : grids) {
    n.push_back(grid.voxels);
    modulus.push_back(youngs_modulus(solver::inverse(grid.stiffness), {1, 0, 0}));
    flow.push_back((grid.permeability[0][0] + grid.permeability[1][1] + grid.permeability[2][2]) / 3.);
  }
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j) {
      std::vector<double> f;
      for (const auto &grid : grids)
        f.push_back(grid.stiffness[i][j]);
      const solver::ResolutionStudy study(n, f);
      stiffness[i][j] = study.value;
      error[i][j] = study.error;
    }
  try {
    solver::inverse(stiffness);
  } catch (const std::domain_error &) {
    throw InputError("The stiffness extrapolated from '--voxels'", "not positive definite",
                     "the grids differ too much from each other to show a limit", "use finer grids, or a single one");
  }
  const solver::ResolutionStudy study(n, modulus);
  youngs_modulus_error = study.error;
  order = study.order;
  const solver::ResolutionStudy flow_study(n, flow);
  permeability = flow_study.value;
  permeability_error = flow_study.error;
}

CubicStiffness HomogenisedDensity::cubic_mean(const VoigtMatrix &c)
{
  return {(c[0][0] + c[1][1] + c[2][2]) / 3., (c[0][1] + c[0][2] + c[1][2]) / 3., (c[3][3] + c[4][4] + c[5][5]) / 3.};
}

double HomogenisedDensity::deviation_from_cubic() const
{
  const auto &c = finest().stiffness;
  const auto cubic = solver::voigt_matrix(cubic_mean(c));
  double largest = 0;
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j)
      largest = std::max(largest, std::abs(c[i][j] - cubic[i][j]));
  return largest / cubic[0][0];
}

} // namespace cageopt
