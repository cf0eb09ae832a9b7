#include <optimizer/helmholtz_filter.h>

#include <algorithm>
#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

void FilterParameters::declare(dealii::ParameterHandler &prm)
{
  prm.enter_subsection("Filter");
  prm.add_parameter("Radius", radius,
                    "Radius R of the equivalent cone filter; the length of the Helmholtz equation is R/(2 sqrt 3), "
                    "Lazarov & Sigmund (2011), doi:10.1002/nme.3072. At least 1.5 cells. Unit: mm (for the "
                    "cantilever: in the unit of its box).",
                    dealii::Patterns::Double(0.));
  prm.leave_subsection();
}

void FilterParameters::check(const double cell_size) const
{
  if (radius < 1.5 * cell_size)
    throw inputs::InputError("'Filter/Radius'", std::to_string(radius),
                             "a design cell is " + std::to_string(cell_size) +
                                 " wide, and below 1.5 cells the filter does nothing",
                             "use a radius of at least " + std::to_string(1.5 * cell_size) + " or refine the mesh");
}

namespace {

std::vector<meshing::OctreeCell> select(const meshing::OctreeMesh &mesh, const std::vector<std::uint32_t> &cells)
{
  std::vector<meshing::OctreeCell> result;
  for (const auto cell : cells)
    result.push_back(mesh.cell(cell));
  return result;
}

std::unique_ptr<meshing::OctreeMesh> mesh_of(const meshing::OctreeMesh &mesh, const std::vector<std::uint32_t> &cells)
{
  int is_part = cells.size() < mesh.n_cells();
  MPI_Allreduce(MPI_IN_PLACE, &is_part, 1, MPI_INT, MPI_MAX, mesh.comm());
  return is_part ? std::make_unique<meshing::OctreeMesh>(mesh.comm(), select(mesh, cells)) : nullptr;
}

} // namespace

HelmholtzFilter::HelmholtzFilter(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells,
                                 const double radius)
    : own_mesh(mesh_of(domain.mesh, cells)), mesh(own_mesh ? *own_mesh : domain.mesh), unit(domain.unit),
      length_squared(radius * radius / 12.), diagonal(mesh.n_local_nodes(), 0.), lumped_mass(mesh.n_local_nodes(), 0.)
{
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const double edge = unit * mesh.cell(cell).edge();
    for (const auto node : mesh.nodes_of(cell))
      lumped_mass[node] += edge * edge * edge / 8.;
  }
  mesh.fold_hanging(lumped_mass.data(), 1);
  mesh.halo().add_ghosts_to_owners(lumped_mass.data(), 1);
  // Jacobi's diagonal may be approximate at the masters of hanging nodes; it only preconditions.
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (const auto node : mesh.nodes_of(cell))
      diagonal[node] += stiffness(cell) / 3.;
  mesh.fold_hanging(diagonal.data(), 1);
  mesh.halo().add_ghosts_to_owners(diagonal.data(), 1);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    diagonal[node] += lumped_mass[node];
}

double HelmholtzFilter::stiffness(const std::uint32_t cell) const
{
  const double edge = unit * mesh.cell(cell).edge();
  return std::max(0., length_squared - edge * edge / 6.) * edge;
}

void HelmholtzFilter::multiply(std::vector<double> &dst, std::vector<double> &src) const
{
  mesh.halo().update_ghosts(src.data(), 1);
  mesh.interpolate_hanging(src.data(), 1);
  dst.assign(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const auto &nodes = mesh.nodes_of(cell);
    double u[8], sum = 0;
    for (unsigned int v = 0; v < 8; ++v)
      sum += u[v] = src[nodes[v]];
    // Laplace matrix of a trilinear cube of edge h: h/3 on the diagonal, 0 along edges, -h/12 across faces and the
    // cube.
    const double h = stiffness(cell);
    for (unsigned int v = 0; v < 8; ++v) {
      const double across = sum - u[v] - u[v ^ 1] - u[v ^ 2] - u[v ^ 4];
      dst[nodes[v]] += h * (u[v] / 3. - across / 12.);
    }
  }
  mesh.fold_hanging(dst.data(), 1);
  mesh.halo().add_ghosts_to_owners(dst.data(), 1);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    dst[node] += lumped_mass[node] * src[node];
}

std::vector<double> HelmholtzFilter::solve(std::vector<double> r) const
{
  constexpr double tolerance = 1e-13;
  mesh.fold_hanging(r.data(), 1);
  mesh.halo().add_ghosts_to_owners(r.data(), 1);
  const std::uint32_t n = mesh.n_owned_nodes();
  std::vector<double> x(mesh.n_local_nodes(), 0.), p(mesh.n_local_nodes(), 0.), q;
  const auto dot = [&](const auto &term) {
    double sum = 0;
    for (std::uint32_t i = 0; i < n; ++i)
      sum += term(i);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
    return sum;
  };
  double rz = dot([&](const auto i) { return r[i] * r[i] / diagonal[i]; });
  const double target = tolerance * tolerance * rz;
  double beta = 0;
  for (unsigned int iteration = 0; !(rz <= target) && iteration < 1000; ++iteration) {
    for (std::uint32_t i = 0; i < n; ++i)
      p[i] = r[i] / diagonal[i] + beta * p[i];
    multiply(q, p);
    const double alpha = rz / dot([&](const auto i) { return p[i] * q[i]; });
    for (std::uint32_t i = 0; i < n; ++i) {
      x[i] += alpha * p[i];
      r[i] -= alpha * q[i];
    }
    const double rz_new = dot([&](const auto i) { return r[i] * r[i] / diagonal[i]; });
    beta = rz_new / rz;
    rz = rz_new;
  }
  if (!(rz <= target))
    throw inputs::Error(inputs::ExitCode::internal_error,
                        "The density filter's equation did not converge in 1000 iterations: the squared residual is " +
                            std::to_string(rz) + ".");
  mesh.halo().update_ghosts(x.data(), 1);
  mesh.interpolate_hanging(x.data(), 1);
  return x;
}

DesignVector HelmholtzFilter::apply(const DesignVector &x) const
{
  std::vector<double> load(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const double edge = unit * mesh.cell(cell).edge();
    for (const auto node : mesh.nodes_of(cell))
      load[node] += edge * edge * edge / 8. * x[cell];
  }
  const auto nodal = solve(std::move(load));
  DesignVector rho(mesh.n_cells(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (const auto node : mesh.nodes_of(cell))
      rho[cell] += nodal[node] / 8.;
  return rho;
}

DesignVector HelmholtzFilter::pull_back(const DesignVector &df_drho) const
{
  std::vector<double> load(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (const auto node : mesh.nodes_of(cell))
      load[node] += df_drho[cell] / 8.;
  const auto nodal = solve(std::move(load));
  DesignVector df_dx(mesh.n_cells(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const double edge = unit * mesh.cell(cell).edge();
    for (const auto node : mesh.nodes_of(cell))
      df_dx[cell] += edge * edge * edge / 8. * nodal[node];
  }
  return df_dx;
}

} // namespace cageopt::optimizer
