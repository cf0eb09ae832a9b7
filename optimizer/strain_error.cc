#include <optimizer/strain_error.h>

#include <algorithm>
#include <cmath>

#include <optimizer/cell_strains.h>

namespace cageopt::optimizer {

using inputs::CellStiffness;
using solver::BlockVector;

namespace {

/// At corner v of a cell, where the derivative along each axis is that along the cell's edge.
Tensor6 corner_strain(const meshing::OctreeMesh::CellNodes &nodes, const unsigned int v, const double edge,
                      const BlockVector<double> &u, const unsigned int column)
{
  double g[3][3]; // [component][direction]
  for (unsigned int d = 0; d < 3; ++d)
    for (unsigned int c = 0; c < 3; ++c)
      g[c][d] = (u(nodes[v | 1u << d], c, column) - u(nodes[v & ~(1u << d)], c, column)) / edge;
  return {g[0][0], g[1][1], g[2][2], .5 * (g[0][1] + g[1][0]), .5 * (g[1][2] + g[2][1]), .5 * (g[0][2] + g[2][0])};
}

/// a : C : b
double product(const CellStiffness &c, const Tensor6 &a, const Tensor6 &b)
{
  return a[0] * (c.c11 * b[0] + c.c12 * b[1] + c.c13 * b[2]) + a[1] * (c.c12 * b[0] + c.c11 * b[1] + c.c13 * b[2]) +
         a[2] * (c.c13 * (b[0] + b[1]) + c.c33 * b[2]) + 4. * c.c66 * a[3] * b[3] +
         4. * c.c44 * (a[4] * b[4] + a[5] * b[5]);
}

/// Adds, for the cells of one kind and one column, the products of what recovery changes in the strains of u and z.
void add_products(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells,
                  const std::vector<CellStiffness> &stiffness, const BlockVector<double> &u,
                  const BlockVector<double> &z, const unsigned int column, std::vector<double> &error)
{
  const auto &mesh = domain.mesh;
  constexpr unsigned int n = 13; // strains of u and z, and the volume
  std::vector<double> sums(std::size_t(mesh.n_local_nodes()) * n, 0.);
  for (const auto cell : cells) {
    const auto &nodes = mesh.nodes_of(cell);
    const double volume = domain.volume(cell) / 8.;
    for (unsigned int v = 0; v < 8; ++v) {
      const auto of_u = corner_strain(nodes, v, domain.edge(cell), u, column);
      const auto of_z = corner_strain(nodes, v, domain.edge(cell), z, column);
      double *const sum = &sums[std::size_t(nodes[v]) * n];
      for (unsigned int m = 0; m < 6; ++m) {
        sum[m] += volume * of_u[m];
        sum[6 + m] += volume * of_z[m];
      }
      sum[12] += volume;
    }
  }
  mesh.fold_hanging(sums.data(), n);
  mesh.halo().add_ghosts_to_owners(sums.data(), n);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int m = 0; m < 12; ++m)
      sums[std::size_t(node) * n + m] /= std::max(sums[std::size_t(node) * n + 12], 1e-300);
  mesh.halo().update_ghosts(sums.data(), n);
  mesh.interpolate_hanging(sums.data(), n);
  for (const auto cell : cells) {
    const auto &nodes = mesh.nodes_of(cell);
    double sum = 0;
    for (unsigned int v = 0; v < 8; ++v) {
      auto of_u = corner_strain(nodes, v, domain.edge(cell), u, column);
      auto of_z = corner_strain(nodes, v, domain.edge(cell), z, column);
      const double *const recovered = &sums[std::size_t(nodes[v]) * n];
      for (unsigned int m = 0; m < 6; ++m) {
        of_u[m] = recovered[m] - of_u[m];
        of_z[m] = recovered[6 + m] - of_z[m];
      }
      sum += product(stiffness[cell], of_z, of_u);
    }
    error[cell] += sum * domain.volume(cell) / 8.;
  }
}

} // namespace

std::vector<double> strain_error_by_cell(SegmentAnalysis &analysis, StrainMismatch &mismatch, const DesignState &state)
{
  const auto &domain = analysis.domain();
  const auto &mesh = domain.mesh;
  StateGradient unused;
  mismatch.evaluate(state, &unused);
  auto &u = analysis.displacements();
  auto z = mismatch.latest_adjoint();
  for (auto *field : {&u, &z}) {
    mesh.halo().update_ghosts(field->data(), field->values_per_node());
    mesh.interpolate_hanging(field->data(), field->values_per_node());
  }
  std::vector<std::uint32_t> kinds[3]; // bone, disc, metal
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (!meshing::is_cage(domain.region[cell]))
      kinds[meshing::is_bone(domain.region[cell])              ? 0
            : domain.region[cell] == meshing::Region::fixation ? 2
                                                               : 1]
          .push_back(cell);
  const auto stiffness = analysis.with_cage(state);
  std::vector<double> error(mesh.n_cells(), 0.);
  for (unsigned int column = 0; column < analysis.n_columns(); ++column)
    for (const auto &cells : kinds)
      add_products(domain, cells, stiffness, u, z, column, error);
  for (double &value : error)
    value = -value; // the adjoint solves K z = -dJ/du
  return error;
}

std::vector<meshing::Refinement::Mark> marks_of_errors(const meshing::DesignDomain &domain,
                                                       const std::vector<double> &error, const double share,
                                                       const double smallest)
{
  const auto &mesh = domain.mesh;
  std::vector<std::uint32_t> cells;
  double total = 0, largest = 0;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (domain.edge(cell) > 1.5 * smallest && !meshing::is_cage(domain.region[cell])) {
      cells.push_back(cell);
      total += std::abs(error[cell]);
      largest = std::max(largest, std::abs(error[cell]));
    }
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, mesh.comm());
  double low = 0, high = largest; // of the threshold: those above `low` hold enough
  for (int iteration = 0; iteration < 50; ++iteration) {
    const double middle = .5 * (low + high);
    double above = 0;
    for (const auto cell : cells)
      above += std::abs(error[cell]) > middle ? std::abs(error[cell]) : 0.;
    MPI_Allreduce(MPI_IN_PLACE, &above, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
    (above >= share * total ? low : high) = middle;
  }
  std::vector<meshing::Refinement::Mark> own;
  for (const auto cell : cells)
    if (std::abs(error[cell]) > low)
      own.push_back({domain.corner(cell), domain.edge(cell)});
  return meshing::gathered(mesh.comm(), own);
}

} // namespace cageopt::optimizer
