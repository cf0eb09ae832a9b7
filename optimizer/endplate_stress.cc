#include <optimizer/endplate_stress.h>

#include <optimizer/principal_state.h>

namespace cageopt::optimizer {

namespace {

std::vector<std::uint32_t> endplate_cells(const meshing::DesignDomain &domain, const double layer)
{
  std::vector<std::uint32_t> cells;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_bone(domain.region[cell]) && domain.cage_distance[cell] <= layer)
      cells.push_back(cell);
  return cells;
}

/// C : t, for t a strain. As C is symmetric, and derivatives count shear twice, the same makes derivatives by strain of
/// derivatives by stress.
Tensor6 multiply(const inputs::CellStiffness &c, const Tensor6 &t)
{
  return {c.c11 * t[0] + c.c12 * t[1] + c.c13 * t[2],
          c.c12 * t[0] + c.c11 * t[1] + c.c13 * t[2],
          c.c13 * (t[0] + t[1]) + c.c33 * t[2],
          2. * c.c66 * t[3],
          2. * c.c44 * t[4],
          2. * c.c44 * t[5]};
}

} // namespace

EndplateStress::EndplateStress(SegmentAnalysis &analysis, const double layer, const double exponent)
    : LocalMaximum("endplate_min_principal_stress", analysis, endplate_cells(analysis.domain(), layer), false, exponent)
{
  for (const auto cell : endplate_cells(analysis.domain(), layer))
    stiffness.push_back(analysis.intact()[cell]);
}

void EndplateStress::measure(const std::size_t i, const Tensor6 &strain, const DesignState &, Parts &parts) const
{
  const auto principal = principal_states(multiply(stiffness[i], strain));
  for (unsigned int k = 0; k < 3; ++k) {
    parts[k].value = -principal[k].value;
    parts[k].by_strain = multiply(stiffness[i], principal[k].derivative);
    for (double &entry : parts[k].by_strain)
      entry = -entry;
  }
}

} // namespace cageopt::optimizer
