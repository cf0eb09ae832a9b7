#include <optimizer/strain_distribution_mismatch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <inputs/error.h>
#include <optimizer/bone_overstrain.h>
#include <optimizer/reductions.h>

namespace cageopt::optimizer {

using solver::BlockVector;

namespace {

constexpr unsigned int points_per_width = 4;

/// A step from 0 to 1 over z in [-1, 1] with two continuous derivatives, and its slope.
double smooth_step(const double z)
{
  const double t = .5 * (z + 1.);
  return t * t * t * (10. + t * (6. * t - 15.));
}
double smooth_step_slope(const double z)
{
  const double t = .5 * (z + 1.);
  return 15. * t * t * (1. - t) * (1. - t);
}

} // namespace

double octahedral_shear_strain(const Tensor6 &strain, Tensor6 *derivative)
{
  // sum of (e_i - e_j)^2 = 3 dev : dev
  const double mean = (strain[0] + strain[1] + strain[2]) / 3.;
  double square = 0;
  Tensor6 deviator;
  for (unsigned int m = 0; m < 6; ++m) {
    deviator[m] = m < 3 ? strain[m] - mean : strain[m];
    square += (m < 3 ? 1. : 2.) * deviator[m] * deviator[m];
  }
  const double value = 2. * std::sqrt(square / 3.);
  if (derivative != nullptr)
    for (unsigned int m = 0; m < 6; ++m)
      (*derivative)[m] = value > 0 ? (m < 3 ? 1. : 2.) * 4. / 3. * deviator[m] / value : 0.;
  return value;
}

StrainDistributionMismatch::StrainDistributionMismatch(std::string name, SegmentAnalysis &analysis,
                                                       const std::vector<double> &cells, BlockVector<double> &reference,
                                                       const double smoothing)
    : response_name(std::move(name)), analysis(analysis), strains(analysis, cells_that_count(cells)),
      axes(analysis.load_cases().size())
{
  if (!(smoothing > 0 && smoothing <= 1))
    throw inputs::InputError("The smoothing of '" + response_name + "'", std::to_string(smoothing),
                             "it is a share of the reference's root mean square strain",
                             "use a number above 0 and up to 1; 0.1 is usual");
  const auto &domain = analysis.domain();
  const MPI_Comm comm = domain.mesh.comm();
  double volume = 0;
  for (const auto cell : strains.cells()) {
    shares.push_back(cells[cell] * domain.volume(cell));
    volume += shares.back();
  }
  MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, comm);
  for (double &share : shares)
    share /= volume;

  std::vector<double> squares(axes.size(), 0.), largest(axes.size(), 0.);
  strains.visit(reference, [&](const std::size_t i, const std::vector<Tensor6> &by_case) {
    for (std::size_t l = 0; l < by_case.size(); ++l) {
      const double strain = octahedral_shear_strain(by_case[l], nullptr);
      squares[l] += shares[i] * strain * strain;
      largest[l] = std::max(largest[l], strain);
    }
  });
  all_sum(comm, squares);
  for (double &strain : largest)
    strain = all_max(comm, strain);
  for (std::size_t l = 0; l < axes.size(); ++l) {
    if (!(squares[l] > 0))
      throw inputs::InputError("The reference strain of '" + response_name + "'",
                               "zero in load case '" + analysis.load_cases()[l].name + "'",
                               "the mismatch is relative to it, and no bone near the cage is strained",
                               "check the load cases and 'Goal/Strain distance'");
    auto &axis = axes[l];
    axis.width = smoothing * std::sqrt(squares[l]);
    axis.step = axis.width / points_per_width;
    axis.reference.resize(static_cast<std::size_t>((2. * largest[l] + 2. * axis.width) / axis.step) + 1);
  }
  auto of_reference = distributions(reference);
  for (std::size_t l = 0; l < axes.size(); ++l) {
    auto &axis = axes[l];
    axis.reference = std::move(of_reference[l]);
    std::vector<double> unstrained(axis.reference.size(), 0.);
    add_step(axis, 0., 1., unstrained);
    std::partial_sum(unstrained.begin(), unstrained.end(), unstrained.begin());
    for (std::size_t j = 0; j < unstrained.size(); ++j) {
      const double difference = unstrained[j] - axis.reference[j];
      denominator += analysis.load_cases()[l].weight * axis.step * difference * difference;
    }
  }
}

void StrainDistributionMismatch::add_step(const Axis &axis, const double strain, const double weight,
                                          std::vector<double> &increments) const
{
  // Point j is at (j - points_per_width) step; the cell's step goes from strain - width to strain + width.
  const std::size_t n = increments.size();
  const auto begin = static_cast<std::size_t>(std::ceil(std::min(strain / axis.step, double(n))));
  double before = 0;
  for (std::size_t j = begin; j < n && before < 1.; ++j) {
    const double z = ((double(j) - points_per_width) * axis.step - strain) / axis.width;
    const double height = z < 1. ? smooth_step(z) : 1.;
    increments[j] += weight * (height - before);
    before = height;
  }
}

double StrainDistributionMismatch::step_slope(const Axis &axis, const double strain,
                                              const std::vector<double> &difference) const
{
  const std::size_t n = difference.size();
  const auto begin = static_cast<std::size_t>(std::ceil(std::min(strain / axis.step, double(n))));
  double sum = 0;
  for (std::size_t j = begin; j < n; ++j) {
    const double z = ((double(j) - points_per_width) * axis.step - strain) / axis.width;
    if (z >= 1.)
      break;
    sum -= difference[j] * smooth_step_slope(z) / axis.width;
  }
  return sum;
}

std::vector<std::vector<double>> StrainDistributionMismatch::distributions(BlockVector<double> &u) const
{
  std::vector<std::vector<double>> result;
  for (const auto &axis : axes)
    result.emplace_back(axis.reference.size(), 0.);
  strains.visit(u, [&](const std::size_t i, const std::vector<Tensor6> &by_case) {
    for (std::size_t l = 0; l < by_case.size(); ++l)
      add_step(axes[l], octahedral_shear_strain(by_case[l], nullptr), shares[i], result[l]);
  });
  for (auto &distribution : result) {
    all_sum(analysis.domain().mesh.comm(), distribution);
    std::partial_sum(distribution.begin(), distribution.end(), distribution.begin());
  }
  return result;
}

double StrainDistributionMismatch::evaluate(const DesignState &, StateGradient *gradient)
{
  auto difference = distributions(analysis.displacements());
  double value = 0;
  for (std::size_t l = 0; l < axes.size(); ++l)
    for (std::size_t j = 0; j < difference[l].size(); ++j) {
      difference[l][j] -= axes[l].reference[j];
      value += analysis.load_cases()[l].weight * axes[l].step * difference[l][j] * difference[l][j] / denominator;
    }
  if (gradient == nullptr)
    return value;
  *gradient = {};
  gradient->stiffness = strains.stiffness_gradient(
      [&](const std::size_t i, const std::vector<Tensor6> &by_case, std::vector<Tensor6> &derivatives) {
        for (std::size_t l = 0; l < by_case.size(); ++l) {
          const double strain = octahedral_shear_strain(by_case[l], &derivatives[l]);
          const double factor = 2. * analysis.load_cases()[l].weight * axes[l].step * shares[i] / denominator *
                                step_slope(axes[l], strain, difference[l]);
          for (double &entry : derivatives[l])
            entry *= factor;
        }
      });
  return value;
}

} // namespace cageopt::optimizer
