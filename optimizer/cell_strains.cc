#include <optimizer/cell_strains.h>

namespace cageopt::optimizer {

using solver::BlockVector;

namespace {

/// Component and direction of the displacement gradient's entries that make up each entry of a Tensor6.
constexpr unsigned int first_index[6] = {0, 1, 2, 0, 1, 0}, second_index[6] = {0, 1, 2, 1, 2, 2};

} // namespace

CellStrains::CellStrains(SegmentAnalysis &analysis, std::vector<std::uint32_t> cells)
    : analysis(analysis), listed(std::move(cells))
{
}

void CellStrains::strains_of(const std::uint32_t cell, const BlockVector<double> &u,
                             std::vector<Tensor6> &strains) const
{
  const auto &domain = analysis.domain();
  const unsigned int n_columns = analysis.n_columns();
  const auto &nodes = domain.mesh.nodes_of(cell);
  const double scale = 1. / (4. * domain.edge(cell)); // slope of a trilinear shape function at the centre
  double g[3][3][6] = {};                             // [component][direction][column]
  for (unsigned int v = 0; v < 8; ++v)
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int d = 0; d < 3; ++d)
        for (unsigned int k = 0; k < n_columns; ++k)
          g[c][d][k] += (v >> d & 1 ? scale : -scale) * u(nodes[v], c, k);
  const auto &cases = analysis.load_cases();
  for (std::size_t l = 0; l < cases.size(); ++l)
    for (unsigned int m = 0; m < 6; ++m) {
      strains[l][m] = 0;
      for (unsigned int k = 0; k < n_columns; ++k)
        strains[l][m] +=
            .5 * cases[l].wrench[k] * (g[first_index[m]][second_index[m]][k] + g[second_index[m]][first_index[m]][k]);
    }
}

void CellStrains::visit(BlockVector<double> &u, const Visitor &visitor) const
{
  const auto &mesh = analysis.domain().mesh;
  mesh.halo().update_ghosts(u.data(), u.values_per_node());
  mesh.interpolate_hanging(u.data(), u.values_per_node());
  std::vector<Tensor6> strains(analysis.load_cases().size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    strains_of(listed[i], u, strains);
    visitor(i, strains);
  }
}

std::vector<inputs::CubicStiffness> CellStrains::stiffness_gradient(const Derivative &derivative)
{
  const auto &domain = analysis.domain();
  const auto &cases = analysis.load_cases();
  const unsigned int n_columns = analysis.n_columns();
  auto right_hand_side = analysis.make_vector();
  std::vector<Tensor6> derivatives(cases.size());
  visit(analysis.displacements(), [&](const std::size_t i, const std::vector<Tensor6> &strains) {
    derivatives.assign(cases.size(), Tensor6{});
    derivative(i, strains, derivatives);
    Tensor6 by_column[6] = {};
    for (unsigned int l = 0; l < cases.size(); ++l)
      if (analysis.counts(l))
        for (unsigned int k = 0; k < n_columns; ++k)
          for (unsigned int m = 0; m < 6; ++m)
            by_column[k][m] += cases[l].wrench[k] * derivatives[l][m];
    const auto &nodes = domain.mesh.nodes_of(listed[i]);
    const double scale = 1. / (4. * domain.edge(listed[i]));
    for (unsigned int k = 0; k < n_columns; ++k)
      for (unsigned int m = 0; m < 6; ++m) {
        const double half = -.5 * scale * by_column[k][m];
        const unsigned int a = first_index[m], b = second_index[m];
        for (unsigned int v = 0; v < 8; ++v) {
          right_hand_side(nodes[v], a, k) += v >> b & 1 ? half : -half;
          right_hand_side(nodes[v], b, k) += v >> a & 1 ? half : -half;
        }
      }
  });
  domain.mesh.fold_hanging(right_hand_side.data(), right_hand_side.values_per_node());
  domain.mesh.halo().add_ghosts_to_owners(right_hand_side.data(), right_hand_side.values_per_node());
  if (adjoint.size() == 0)
    adjoint = analysis.make_vector();
  analysis.solve(adjoint, right_hand_side);
  return analysis.stiffness_gradient(adjoint, analysis.displacements());
}

} // namespace cageopt::optimizer
