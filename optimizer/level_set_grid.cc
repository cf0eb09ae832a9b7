#include <optimizer/level_set_grid.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <inputs/error.h>

namespace cageopt::optimizer {

namespace {

double common_edge(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells)
{
  double range[2] = {-1e300, -1e300}; // of -edge and edge
  for (const auto cell : cells) {
    range[0] = std::max(range[0], -domain.edge(cell));
    range[1] = std::max(range[1], domain.edge(cell));
  }
  MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX, domain.mesh.comm());
  if (-range[0] != range[1])
    throw inputs::InputError("The size of the design cells",
                             std::to_string(-range[0]) + " to " + std::to_string(range[1]) + " mm",
                             "a level set needs design cells of one size",
                             "mesh the cage with cells of one size, or use another parametrisation");
  return range[1];
}

/// Distance at a node whose nearest neighbours along the axes have these distances: |grad| = 1 with upwind differences.
double eikonal(std::array<double, 3> near, const double edge)
{
  std::sort(near.begin(), near.end());
  double distance = near[0] + edge;
  if (distance > near[1])
    distance = .5 * (near[0] + near[1] + std::sqrt(2. * edge * edge - (near[0] - near[1]) * (near[0] - near[1])));
  if (distance > near[2]) {
    const double sum = near[0] + near[1] + near[2];
    const double squares = near[0] * near[0] + near[1] * near[1] + near[2] * near[2];
    distance = (sum + std::sqrt(std::max(0., sum * sum - 3. * (squares - edge * edge)))) / 3.;
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
    : domain(domain), filter(domain, cells, radius), radius(radius), cell_edge(common_edge(domain, cells))
{
  std::vector<double> sum(6 * std::size_t(mesh().n_local_nodes()), 0.);
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell)
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int axis = 0; axis < 3; ++axis)
        sum[6 * std::size_t(mesh().nodes_of(cell)[v]) + 2 * axis + ((v >> axis & 1) == 0)] += 1;
  mesh().halo().add_ghosts_to_owners(sum.data(), 6);
  for (std::size_t i = 0; i < 6 * n_nodes(); ++i)
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

void LevelSetGrid::gather_neighbours(const DesignVector &field, std::vector<double> &values) const
{
  const auto local = with_ghosts(field);
  values.assign(6 * std::size_t(mesh().n_local_nodes()), 0.);
  for (std::uint32_t cell = 0; cell < mesh().n_cells(); ++cell) {
    const auto &nodes = mesh().nodes_of(cell);
    for (unsigned int v = 0; v < 8; ++v)
      for (unsigned int axis = 0; axis < 3; ++axis)
        values[6 * std::size_t(nodes[v]) + 2 * axis + ((v >> axis & 1) == 0)] += local[nodes[v ^ (1u << axis)]];
  }
  mesh().halo().add_ghosts_to_owners(values.data(), 6);
  for (std::size_t i = 0; i < 6 * n_nodes(); ++i)
    values[i] = count[i] > 0 ? values[i] / count[i] : field[i / 6];
}

void LevelSetGrid::redistance(DesignVector &phi, const double slack) const
{
  constexpr double infinite = std::numeric_limits<double>::infinity();
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
  mesh().halo().add_ghosts_to_owners(is_start.data(), 1);
  std::vector<double> near;
  gather_neighbours(phi, near);
  DesignVector sized(n_nodes());
  for (std::size_t i = 0; i < n_nodes(); ++i) {
    if (is_start[i] == 0) {
      sized[i] = phi[i] > 0 ? band() : -band();
      continue;
    }
    double slope_squared = 0;
    for (unsigned int side = 0; side < 6; side += 2) {
      double across = 0; // towards the surface where that lies between this node and a neighbour, else the mean
      for (unsigned int k = side; k < side + 2; ++k)
        if ((near[6 * i + k] > 0) != (phi[i] > 0))
          across = std::max(across, std::abs(near[6 * i + k] - phi[i]));
      if (across == 0)
        across = (near[6 * i + side + 1] - near[6 * i + side]) /
                 std::max(1, (count[6 * i + side] > 0) + (count[6 * i + side + 1] > 0));
      slope_squared += across * across;
    }
    const double slope = std::max(std::sqrt(slope_squared) / cell_edge, 1e-12);
    sized[i] = phi[i] * std::clamp(slope, 1. / slack, slack) / slope;
    sized[i] = std::clamp(sized[i], -2. * cell_edge, 2. * cell_edge);
  }
  double change = infinite;
  while (change > 1e-9 * cell_edge) {
    gather_neighbours(sized, near);
    change = 0;
    for (std::size_t i = 0; i < n_nodes(); ++i) {
      if (is_start[i] > 0)
        continue;
      const double sign = sized[i] > 0 ? 1. : -1.;
      std::array<double, 3> nearest;
      for (unsigned int axis = 0; axis < 3; ++axis) {
        const auto *pair = &near[6 * i + 2 * axis];
        nearest[axis] = std::min(sign * pair[0], sign * pair[1]); // where there is none, itself: no nearer
      }
      const double distance = std::min(eikonal(nearest, cell_edge), band());
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
