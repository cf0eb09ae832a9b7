#include <optimizer/local_maximum.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

LocalMaximum::LocalMaximum(std::string name, SegmentAnalysis &analysis, std::vector<std::uint32_t> cells,
                           const bool starts_with_design, const double exponent)
    : analysis(analysis), response_name(std::move(name)), strains(analysis, std::move(cells)),
      starts_with_design(starts_with_design), maximum(analysis.domain().mesh.comm(), exponent)
{
  int any = !strains.cells().empty();
  MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, analysis.domain().mesh.comm());
  if (!any)
    throw inputs::InputError("The response '" + response_name + "'", "the largest value of no cell",
                             "no cell is within its distance of the cage", "use a distance of at least one cell");
}

double LocalMaximum::evaluate(const DesignState &state, StateGradient *gradient)
{
  check(state);
  maximum.start();
  strains.visit(analysis.displacements(), [&](const std::size_t i, const std::vector<Tensor6> &by_case) {
    if (analysis.is_interface(strains.cells()[i]))
      return;
    for (const auto &strain : by_case) {
      Parts parts{};
      measure(i, strain, state, parts);
      for (const auto &part : parts)
        maximum.add(part.value);
    }
  });
  const double value = maximum.finish(gradient != nullptr);
  if (gradient == nullptr)
    return value;

  *gradient = {};
  const std::size_t n_design = starts_with_design ? analysis.design_cells().size() : 0;
  gradient->utilisation.resize(n_design);
  gradient->stiffness = strains.stiffness_gradient(
      [&](const std::size_t i, const std::vector<Tensor6> &by_case, std::vector<Tensor6> &derivatives) {
        if (analysis.is_interface(strains.cells()[i]))
          return;
        for (unsigned int l = 0; l < by_case.size(); ++l) {
          if (!analysis.counts(l))
            continue;
          Parts parts{};
          measure(i, by_case[l], state, parts);
          for (const auto &part : parts) {
            const double slope = maximum.slope(part.value);
            for (unsigned int m = 0; m < 6; ++m)
              derivatives[l][m] += slope * part.by_strain[m];
            if (i < n_design)
              gradient->utilisation[i] += slope * part.by_utilisation;
          }
        }
      });
  return value;
}

} // namespace cageopt::optimizer
