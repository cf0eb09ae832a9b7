#include <optimizer/interface_figures.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace cageopt::optimizer {

namespace {

constexpr double percentile = .95, least_pressure_share = .1;

/// At the centre of a cell, in its own axes: n along the interface's normal, s and t in its plane.
struct Traction
{
  double normal = 0, shear_s = 0, shear_t = 0; ///< MPa
  double slip = 0;                             ///< edge * |gamma|, mm
  double shear() const { return std::hypot(shear_s, shear_t); }
};

Traction traction(const meshing::DesignDomain &domain, const InterfaceCell &entry, const inputs::CellStiffness &c,
                  const solver::BlockVector<double> &u, const std::array<double, 6> &combination,
                  const unsigned int n_columns)
{
  const double edge = domain.edge(entry.cell), scale = .25 / edge;
  double g[3][3] = {};
  const auto &nodes = domain.mesh.nodes_of(entry.cell);
  for (unsigned int v = 0; v < 8; ++v)
    for (unsigned int i = 0; i < 3; ++i) {
      double value = 0;
      for (unsigned int column = 0; column < n_columns; ++column)
        value += combination[column] * u(nodes[v], i, column);
      for (unsigned int j = 0; j < 3; ++j)
        g[i][j] += (v >> j & 1 ? scale : -scale) * value;
    }
  const unsigned int n = entry.axis, s = (n + 1) % 3, t = (n + 2) % 3;
  const auto shear_modulus = [&](const unsigned int i) { return n + i == 1 ? c.c66 : c.c44; };
  const double gamma_s = g[n][s] + g[s][n], gamma_t = g[n][t] + g[t][n];
  Traction result;
  result.normal = n == 2   ? c.c13 * (g[0][0] + g[1][1]) + c.c33 * g[2][2]
                  : n == 0 ? c.c11 * g[0][0] + c.c12 * g[1][1] + c.c13 * g[2][2]
                           : c.c12 * g[0][0] + c.c11 * g[1][1] + c.c13 * g[2][2];
  result.shear_s = shear_modulus(s) * gamma_s;
  result.shear_t = shear_modulus(t) * gamma_t;
  result.slip = edge * std::hypot(gamma_s, gamma_t);
  return result;
}

/// The value that `percentile` of the total weight does not exceed, over all ranks; pairs of value and weight.
double weighted_percentile(std::vector<std::pair<double, double>> values, MPI_Comm comm)
{
  int n_ranks = 1, n_here = static_cast<int>(2 * values.size());
  MPI_Comm_size(comm, &n_ranks);
  std::vector<int> counts(n_ranks), offsets(n_ranks, 0);
  MPI_Allgather(&n_here, 1, MPI_INT, counts.data(), 1, MPI_INT, comm);
  for (int rank = 1; rank < n_ranks; ++rank)
    offsets[rank] = offsets[rank - 1] + counts[rank - 1];
  std::vector<double> flat, all(std::size_t(offsets.back()) + counts.back());
  for (const auto &[value, weight] : values)
    flat.insert(flat.end(), {value, weight});
  MPI_Allgatherv(flat.data(), n_here, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, comm);
  values.clear();
  double total = 0;
  for (std::size_t i = 0; i < all.size(); i += 2) {
    values.emplace_back(all[i], all[i + 1]);
    total += all[i + 1];
  }
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const auto &[value, weight] : values)
    if ((sum += weight) >= percentile * total)
      return value;
  return 0.;
}

/// Sums over one side of the interface, about the design frame's origin.
struct Resultant
{
  /// N, T_x, T_y, int p x, int p y, int (r x tau)_z
  std::array<double, 6> sums{};
  double friction_arm = 0; ///< int p r, r from the centre of pressure, N mm
};

double ratio(const double resistance, const double action)
{
  if (!(resistance > 0))
    return 0.;
  return action > 1e-12 * resistance ? resistance / action : std::numeric_limits<double>::infinity();
}

} // namespace

InterfaceFigures interface_figures(SegmentAnalysis &analysis, const InterfaceLayer &layer, const double friction)
{
  const auto &domain = analysis.domain();
  const auto comm = domain.mesh.comm();
  auto &u = analysis.displacements();
  domain.mesh.halo().update_ghosts(u.data(), u.values_per_node());
  domain.mesh.interpolate_hanging(u.data(), u.values_per_node());

  const auto &cells = layer.cells();
  std::vector<std::pair<double, double>> ratios, slips;
  for (const auto &entry : cells) {
    ratios.emplace_back(0., entry.area);
    slips.emplace_back(0., entry.area);
  }
  InterfaceFigures figures;
  figures.migration_margin = std::numeric_limits<double>::infinity();
  const auto &load_cases = analysis.load_cases();
  for (std::size_t index = 0; index < load_cases.size(); ++index) {
    const auto stiffness = analysis.present_stiffness(index);
    std::vector<Traction> tractions;
    double mean[2] = {0, 0};
    for (const auto &entry : cells) {
      tractions.push_back(
          traction(domain, entry, stiffness[entry.cell], u, load_cases[index].wrench, analysis.n_columns()));
      mean[0] += entry.area * std::abs(tractions.back().normal);
      mean[1] += entry.area;
    }
    MPI_Allreduce(MPI_IN_PLACE, mean, 2, MPI_DOUBLE, MPI_SUM, comm);
    const double least = mean[1] > 0 ? least_pressure_share * mean[0] / mean[1] : 0.;

    std::array<Resultant, 2> sides; // bone below, bone above
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto &t = tractions[i];
      const double normal = std::max(std::abs(t.normal), least);
      ratios[i].first = std::max(ratios[i].first, normal > 0 ? t.shear() / normal : 0.);
      slips[i].first = std::max(slips[i].first, t.slip);
      if (cells[i].axis != 2)
        continue;
      auto &sums = sides[cells[i].side > 0].sums;
      const auto p = domain.cell_centre(cells[i].cell);
      const double force = cells[i].area * std::max(0., -t.normal), x = cells[i].area * t.shear_s,
                   y = cells[i].area * t.shear_t;
      const std::array<double, 6> terms = {force, x, y, force * p[0], force * p[1], p[0] * y - p[1] * x};
      for (unsigned int k = 0; k < 6; ++k)
        sums[k] += terms[k];
    }
    for (auto &side : sides)
      MPI_Allreduce(MPI_IN_PLACE, side.sums.data(), 6, MPI_DOUBLE, MPI_SUM, comm);
    for (unsigned int above = 0; above < 2; ++above) {
      auto &side = sides[above];
      const double pressure = side.sums[0];
      double area = 0;
      const double centre_x = pressure > 0 ? side.sums[3] / pressure : 0.,
                   centre_y = pressure > 0 ? side.sums[4] / pressure : 0.;
      for (std::size_t i = 0; i < cells.size(); ++i)
        if (cells[i].axis == 2 && (cells[i].side > 0) == (above == 1)) {
          const auto p = domain.cell_centre(cells[i].cell);
          side.friction_arm +=
              cells[i].area * std::max(0., -tractions[i].normal) * std::hypot(p[0] - centre_x, p[1] - centre_y);
          area += cells[i].area;
        }
      MPI_Allreduce(MPI_IN_PLACE, &side.friction_arm, 1, MPI_DOUBLE, MPI_SUM, comm);
      MPI_Allreduce(MPI_IN_PLACE, &area, 1, MPI_DOUBLE, MPI_SUM, comm);
      if (!(area > 0))
        continue; // no bone on this side
      const double moment = side.sums[5] - (centre_x * side.sums[2] - centre_y * side.sums[1]);
      figures.migration_margin =
          std::min({figures.migration_margin, ratio(friction * pressure, std::hypot(side.sums[1], side.sums[2])),
                    ratio(friction * side.friction_arm, std::abs(moment))});
    }
  }
  figures.shear_to_normal = weighted_percentile(std::move(ratios), comm);
  figures.micromotion = weighted_percentile(std::move(slips), comm);
  return figures;
}

} // namespace cageopt::optimizer
