#include <optimizer/level_set_grid.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace cageopt::optimizer {

namespace {

/// Distance at a node whose nearest neighbours along the axes have these distances, `spacing` away: |grad| = 1 with
/// upwind differences.
double eikonal(std::array<std::array<double, 2>, 3> near) // distance there, spacing
{
  std::sort(near.begin(), near.end());
  // (d - a_k)^2 / h_k^2 over as many axes as lie upwind of the result add up to 1
  double weights = 0, sum = 0, squares = 0, distance = std::numeric_limits<double>::infinity();
  for (const auto &[value, spacing] : near) {
    if (!(value < distance))
      break;
    const double w = 1. / (spacing * spacing);
    weights += w;
    sum += w * value;
    squares += w * value * value;
    distance = (sum + std::sqrt(std::max(0., sum * sum - weights * (squares - 1.)))) / weights;
  }
  return distance;
}

double global_max(MPI_Comm comm, double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm);
  return value;
}

} // namespace

LevelSetGrid::LevelSetGrid(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells,
                           const double radius)
    : domain(domain), filter(domain, cells, radius), radius(radius), unit(domain.unit)
{
  int levels[2] = {-100, -100}; // minus the lowest, the highest
  whole_volume = 0;
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell) {
    const int level = mesh().cell(cell).level;
    levels[0] = std::max(levels[0], -level);
    levels[1] = std::max(levels[1], level);
    whole_volume += volume(cell);
  }
  MPI_Allreduce(MPI_IN_PLACE, levels, 2, MPI_INT, MPI_MAX, mesh().comm());
  MPI_Allreduce(MPI_IN_PLACE, &whole_volume, 1, MPI_DOUBLE, MPI_SUM, mesh().comm());
  lowest_level = -levels[0];
  n_levels = levels[0] + levels[1] + 1;
  smallest_edge = unit * (1u << lowest_level);
  largest_edge = unit * (1u << levels[1]);

  const unsigned int width = n_sides * n_levels;
  std::vector<double> sum(width * std::size_t(mesh().n_local_nodes()), 0.);
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell)
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int axis = 0; axis < 3; ++axis)
        sum[width * std::size_t(mesh().nodes_of(cell)[v]) + (2 * axis + ((v >> axis & 1) == 0)) * n_levels +
            mesh().cell(cell).level - lowest_level] += 1;
  mesh().halo().add_ghosts_to_owners(sum.data(), width);
  for (std::size_t i = 0; i < width * n_nodes(); ++i)
    count.push_back(std::uint8_t(sum[i]));
}

inputs::Point LevelSetGrid::position(const std::uint32_t node) const
{
  const auto &p = mesh().position(node);
  return {domain.origin[0] + domain.unit * p[0], domain.origin[1] + domain.unit * p[1],
          domain.origin[2] + domain.unit * p[2]};
}

std::vector<double> LevelSetGrid::with_ghosts(const DesignVector &field) const
{
  std::vector<double> local(field.begin(), field.begin() + std::ptrdiff_t(n_nodes()));
  local.resize(mesh().n_local_nodes(), 0.);
  mesh().halo().update_ghosts(local.data(), 1);
  mesh().interpolate_hanging(local.data(), 1);
  return local;
}

DesignVector LevelSetGrid::regularised(const DesignVector &derivative) const
{
  std::vector<double> load = derivative;
  load.resize(mesh().n_local_nodes(), 0.);
  auto result = filter.solve(std::move(load));
  result.resize(n_nodes());
  return result;
}

DesignVector LevelSetGrid::extended(const DesignVector &u) const
{
  DesignVector load(n_nodes());
  for (std::size_t i = 0; i < n_nodes(); ++i)
    load[i] = nodal_volume()[i] * u[i];
  return regularised(load);
}

std::vector<std::array<LevelSetGrid::Neighbour, LevelSetGrid::n_sides>>
LevelSetGrid::neighbours(const DesignVector &field) const
{
  const auto local = with_ghosts(field);
  const unsigned int width = n_sides * n_levels;
  std::vector<double> values(width * std::size_t(mesh().n_local_nodes()), 0.);
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell) {
    const auto &nodes = mesh().nodes_of(cell);
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int axis = 0; axis < 3; ++axis)
        values[width * std::size_t(nodes[v]) + (2 * axis + ((v >> axis & 1) == 0)) * n_levels +
               mesh().cell(cell).level - lowest_level] += local[nodes[v ^ (1u << axis)]];
  }
  mesh().halo().add_ghosts_to_owners(values.data(), width);
  std::vector<std::array<Neighbour, n_sides>> result(n_nodes());
  for (std::size_t i = 0; i < n_nodes(); ++i)
    for (unsigned int side = 0; side < n_sides; ++side)
      for (unsigned int level = n_levels; level-- > 0;) // the smallest cells' last
        if (const std::size_t place = i * width + side * n_levels + level; count[place] > 0)
          result[i][side] = {values[place] / count[place], smallest_edge * (1u << level)};
  return result;
}

void LevelSetGrid::redistance(DesignVector &phi, const double slack) const
{
  const auto local = with_ghosts(phi);
  std::vector<double> is_start(mesh().n_local_nodes(), 0.); // nodes of cells that the surface cuts
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell) {
    const auto &nodes = mesh().nodes_of(cell);
    unsigned int n_positive = 0;
    for (const auto node : nodes)
      n_positive += local[node] > 0;
    if (n_positive > 0 && n_positive < 8)
      for (const auto node : nodes)
        is_start[node] = 1;
  }
  mesh().fold_hanging(is_start.data(), 1);
  mesh().halo().add_ghosts_to_owners(is_start.data(), 1);
  auto near = neighbours(phi);
  DesignVector sized(n_nodes());
  for (std::size_t i = 0; i < n_nodes(); ++i) {
    if (is_start[i] == 0) {
      sized[i] = phi[i] > 0 ? band() : -band();
      continue;
    }
    double slope_squared = 0;
    for (unsigned int side = 0; side < n_sides; side += 2) {
      double across = 0, sum = 0; // slope towards the surface where a neighbour lies beyond it, else the mean
      int n = 0;
      for (unsigned int k = side; k < side + 2; ++k) {
        const auto &[value, distance] = near[i][k];
        if (distance == 0)
          continue;
        const double slope = (value - phi[i]) / distance;
        if ((value > 0) != (phi[i] > 0))
          across = std::max(across, std::abs(slope));
        sum += k == side ? -slope : slope;
        ++n;
      }
      if (across == 0)
        across = sum / std::max(1, n);
      slope_squared += across * across;
    }
    const double slope = std::max(std::sqrt(slope_squared), 1e-12);
    sized[i] = phi[i] * std::clamp(slope, 1. / slack, slack) / slope;
    sized[i] = std::clamp(sized[i], -2. * largest_edge, 2. * largest_edge);
  }
  double change = std::numeric_limits<double>::infinity();
  while (change > 1e-9 * smallest_edge) {
    near = neighbours(sized);
    change = 0;
    for (std::size_t i = 0; i < n_nodes(); ++i) {
      if (is_start[i] > 0)
        continue;
      const double sign = sized[i] > 0 ? 1. : -1.;
      std::array<std::array<double, 2>, 3> nearest;
      for (unsigned int axis = 0; axis < 3; ++axis) {
        nearest[axis] = {std::numeric_limits<double>::infinity(), 1.};
        for (const auto &[value, distance] : {near[i][2 * axis], near[i][2 * axis + 1]})
          if (distance > 0 && sign * value + distance < nearest[axis][0] + nearest[axis][1])
            nearest[axis] = {sign * value, distance};
      }
      const double distance = std::min(eikonal(nearest), band());
      if (distance < sign * sized[i]) {
        change = std::max(change, sign * sized[i] - distance);
        sized[i] = sign * distance;
      }
    }
    change = global_max(mesh().comm(), change);
  }
  phi = std::move(sized);
}

} // namespace cageopt::optimizer
