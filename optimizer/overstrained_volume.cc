#include <optimizer/overstrained_volume.h>

#include <cmath>

#include <inputs/error.h>
#include <optimizer/bone_overstrain.h>
#include <optimizer/principal_state.h>
#include <optimizer/strain_field.h>

namespace cageopt::optimizer {

OverstrainedVolume::OverstrainedVolume(SegmentAnalysis &analysis, const std::vector<double> &cells,
                                       const double threshold, const double width)
    : analysis(analysis), strains(analysis, cells_that_count(cells)), threshold(threshold), width(width)
{
  if (!(threshold > 0) || !(width > 0))
    throw inputs::InputError("The threshold of 'overstrained_volume' and its width",
                             std::to_string(threshold) + " and " + std::to_string(width), "both are above zero",
                             "4000 microstrain is 0.004, and a usual width a twentieth of it");
  for (const auto cell : strains.cells())
    volumes.push_back(cells[cell] * analysis.domain().volume(cell));
}

double OverstrainedVolume::step(const double strain) const
{
  return 1. / (1. + std::exp(-(strain - threshold) / width));
}

double OverstrainedVolume::evaluate(const DesignState &, StateGradient *gradient)
{
  double volume = 0;
  strains.visit(analysis.displacements(), [&](const std::size_t i, const std::vector<Tensor6> &by_case) {
    double within = 1;
    for (const auto &strain : by_case)
      for (const double principal : principal_values(strain))
        within *= 1. - step(std::abs(principal));
    volume += volumes[i] * (1. - within);
  });
  MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, analysis.domain().mesh.comm());
  if (gradient == nullptr)
    return volume;

  std::vector<std::array<PrincipalState, 3>> principal(analysis.load_cases().size());
  *gradient = {};
  gradient->stiffness = strains.stiffness_gradient(
      [&](const std::size_t i, const std::vector<Tensor6> &by_case, std::vector<Tensor6> &derivatives) {
        double within = 1;
        for (std::size_t l = 0; l < by_case.size(); ++l) {
          principal[l] = principal_states(by_case[l]);
          for (const auto &entry : principal[l])
            within *= 1. - step(std::abs(entry.value));
        }
        // d(1 - s)/de = -s (1 - s) / width, so that the other factors of the product need not be told apart.
        for (std::size_t l = 0; l < by_case.size(); ++l)
          for (const auto &entry : principal[l]) {
            const double slope = volumes[i] * within * step(std::abs(entry.value)) / width;
            for (unsigned int m = 0; m < 6; ++m)
              derivatives[l][m] += (entry.value < 0 ? -slope : slope) * entry.derivative[m];
          }
      });
  return volume;
}

} // namespace cageopt::optimizer
