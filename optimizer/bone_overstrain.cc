#include <optimizer/bone_overstrain.h>

#include <inputs/error.h>
#include <optimizer/principal_state.h>

namespace cageopt::optimizer {

std::vector<std::uint32_t> cells_that_count(const std::vector<double> &weights)
{
  std::vector<std::uint32_t> cells;
  for (std::size_t cell = 0; cell < weights.size(); ++cell)
    if (weights[cell] > 0)
      cells.push_back(static_cast<std::uint32_t>(cell));
  return cells;
}

BoneOverstrain::BoneOverstrain(SegmentAnalysis &analysis, const std::vector<double> &cells,
                               const double compressive_yield_strain, const double tensile_yield_strain,
                               const double exponent)
    : LocalMaximum("bone_overstrain", analysis, cells_that_count(cells), false, exponent),
      compressive_yield(compressive_yield_strain), tensile_yield(tensile_yield_strain)
{
  if (!(compressive_yield > 0) || !(tensile_yield > 0))
    throw inputs::InputError("The bone's yield strains",
                             std::to_string(compressive_yield) + " and " + std::to_string(tensile_yield),
                             "both are magnitudes above zero", "vertebral bone: 0.0084 and 0.0078");
}

void BoneOverstrain::measure(std::size_t, const Tensor6 &strain, const DesignState &, Parts &parts) const
{
  const auto principal = principal_states(strain);
  for (unsigned int k = 0; k < 3; ++k) {
    const double factor = principal[k].value < 0 ? -1. / compressive_yield : 1. / tensile_yield;
    parts[k].value = factor * principal[k].value;
    for (unsigned int m = 0; m < 6; ++m)
      parts[k].by_strain[m] = factor * principal[k].derivative[m];
  }
}

} // namespace cageopt::optimizer
