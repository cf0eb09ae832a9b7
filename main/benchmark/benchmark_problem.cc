#include <main/benchmark/benchmark_problem.h>

#include <cmath>

#include <meshing/forest.h>

namespace cageopt {

using inputs::CubicStiffness;
using meshing::DesignDomain;

solver::BlockVector<double> BenchmarkProblem::right_hand_side(const std::optional<unsigned int> single_column) const
{
  const auto &mesh = domain->mesh;
  const unsigned int n_columns = single_column ? 1 : domain->n_load_columns;
  solver::BlockVector<double> result(mesh.n_local_nodes(), solver::lanes_for(n_columns));
  for (const auto &load : domain->loads)
    for (unsigned int column = 0; column < n_columns; ++column)
      for (unsigned int c = 0; c < 3; ++c)
        result(load.node, c, column) += load.f[single_column.value_or(column)][c];
  mesh.fold_hanging(result.data(), result.values_per_node());
  mesh.halo().add_ghosts_to_owners(result.data(), result.values_per_node());
  return result;
}

solver::BlockVector<double> BenchmarkProblem::start(const unsigned int n_columns) const
{
  const auto &mesh = domain->mesh;
  solver::BlockVector<double> result(mesh.n_local_nodes(), solver::lanes_for(n_columns));
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    if ((domain->fixed[node] & 4) != 0 && mesh.position(node)[2] > 0)
      for (unsigned int column = 0; column < n_columns; ++column)
        result(node, 2, column) = top_displacement;
  return result;
}

BenchmarkProblem make_cube_problem(const std::string &name, const unsigned int cells,
                                   const std::function<bool(const inputs::Point &)> &is_solid, const TopFace top_face,
                                   MPI_Comm comm)
{
  const int n = static_cast<int>(cells);
  auto domain = std::make_shared<DesignDomain>(meshing::OctreeMesh(comm, meshing::make_box_leaves(comm, {n, n, n})));
  const auto &mesh = domain->mesh;
  domain->unit = 1. / n;
  domain->fixed.assign(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    if (mesh.position(node)[2] == 0)
      domain->fixed[node] = 7;
    else if (top_face == TopFace::platen && mesh.position(node)[2] == n)
      domain->fixed[node] = 4;
  std::vector<std::uint32_t> top;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (top_face == TopFace::traction && mesh.cell(cell).corner[2] == n - 1)
      top.push_back(cell);
  if (top_face == TopFace::traction)
    domain->loads = meshing::unit_wrench_loads(mesh, domain->unit, domain->origin, top, {.5, .5, 1.});

  BenchmarkProblem problem;
  problem.name = name;
  problem.domain = domain;
  problem.column = 2;
  problem.top_displacement = top_face == TopFace::platen ? -.01 : 0.;
  problem.materials.push_back({name, [domain, is_solid](const std::optional<double> contrast) {
                                 const auto solid = CubicStiffness::isotropic(1., .3);
                                 const auto rest = (1. / contrast.value_or(benchmark_contrast)) * solid;
                                 BenchmarkProblem::Stiffness stiffness(domain->mesh.n_cells());
                                 for (std::uint32_t cell = 0; cell < stiffness.size(); ++cell)
                                   stiffness[cell] = is_solid(domain->cell_centre(cell)) ? solid : rest;
                                 return stiffness;
                               }});
  return problem;
}

bool is_in_gyroid_sheet(const inputs::Point &point)
{
  constexpr double threshold = .3872; // the quarter of the values of |g| that is below it, found by sampling
  constexpr double pi = 3.14159265358979324, wave = 4. * pi, phase = .25 * pi;
  double s[3], c[3];
  for (unsigned int d = 0; d < 3; ++d) {
    s[d] = std::sin(wave * point[d] + phase);
    c[d] = std::cos(wave * point[d] + phase);
  }
  return std::abs(s[0] * c[1] + s[1] * c[2] + s[2] * c[0]) < threshold;
}

bool is_in_ball(const inputs::Point &point)
{
  double distance_squared = 0;
  for (unsigned int d = 0; d < 3; ++d)
    distance_squared += (point[d] - .5) * (point[d] - .5);
  return distance_squared < 1. / 16.;
}

} // namespace cageopt
