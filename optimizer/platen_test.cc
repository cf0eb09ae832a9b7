#include <optimizer/platen_test.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>

#include <inputs/error.h>
#include <meshing/flat_map.h>
#include <meshing/message_exchange.h>
#include <solver/rigid_motions.h>

namespace cageopt::optimizer {

using meshing::OctreeMesh;

namespace {

constexpr double platen_travel = 1.; // mm; the problem is linear, so any value gives the same modulus

std::vector<meshing::OctreeCell> without_window(const std::vector<PlatenTest::Cell> &cells)
{
  std::vector<meshing::OctreeCell> result;
  for (const auto &entry : cells)
    if (!entry.is_window)
      result.push_back(entry.cell);
  return result;
}

std::vector<meshing::OctreeCell> all_cells(const std::vector<PlatenTest::Cell> &cells)
{
  std::vector<meshing::OctreeCell> result;
  for (const auto &entry : cells)
    result.push_back(entry.cell);
  return result;
}

/// Whether a cell's faces across the axis are ends of the envelope.
struct EndFaces
{
  bool lower = false, upper = false;
};

/// The platens touch the ends of the columns that the cells make along `axis`, as wide as the smallest cells, over all
/// ranks; a hole inside is no place to press. A face that other cells cover in part would be pressed inside the cage,
/// and is refused.
std::vector<EndFaces> end_faces(const OctreeMesh &mesh, const unsigned int axis)
{
  using Ends = std::array<std::int32_t, 2>; // lowest and highest position
  struct Column
  {
    std::uint64_t key;
    Ends ends;
  };
  std::int32_t width = std::numeric_limits<std::int32_t>::max();
  for (const auto &cell : mesh.cells())
    width = std::min(width, cell.edge());
  MPI_Allreduce(MPI_IN_PLACE, &width, 1, MPI_INT32_T, MPI_MIN, mesh.comm());
  const auto for_each_column = [&](const meshing::OctreeCell &cell, const auto &action) {
    auto corner = cell.corner;
    corner[axis] = 0;
    const unsigned int a = (axis + 1) % 3, b = (axis + 2) % 3;
    for (corner[a] = cell.corner[a]; corner[a] < cell.corner[a] + cell.edge(); corner[a] += width)
      for (corner[b] = cell.corner[b]; corner[b] < cell.corner[b] + cell.edge(); corner[b] += width)
        action(meshing::lattice_key(corner), Ends{cell.corner[axis], cell.corner[axis] + cell.edge()});
  };
  const auto widen = [](Ends &ends, const Ends &other) {
    ends = {std::min(ends[0], other[0]), std::max(ends[1], other[1])};
  };
  std::map<std::uint64_t, Ends> columns;
  for (const auto &cell : mesh.cells())
    for_each_column(cell, [&](const std::uint64_t key, const Ends &ends) {
      widen(columns.insert({key, ends}).first->second, ends);
    });
  // A column may be shared: each is put together on a rank chosen by its key, and sent back.
  int n_ranks = 1;
  MPI_Comm_size(mesh.comm(), &n_ranks);
  std::map<int, std::vector<Column>> parts;
  for (const auto &[key, ends] : columns)
    parts[static_cast<int>(meshing::FlatMap::hash(key) % n_ranks)].push_back({key, ends});
  auto received = meshing::exchange_messages(mesh.comm(), parts);
  std::map<std::uint64_t, Ends> whole;
  for (const auto &[sender, items] : received)
    for (const auto &column : items)
      widen(whole.insert({column.key, column.ends}).first->second, column.ends);
  for (auto &[sender, items] : received)
    for (auto &column : items)
      column.ends = whole[column.key];
  for (const auto &[holder, items] : meshing::exchange_messages(mesh.comm(), received))
    for (const auto &column : items)
      columns[column.key] = column.ends;
  std::vector<EndFaces> result;
  for (const auto &cell : mesh.cells()) {
    std::array<std::int32_t, 2> n_ends = {0, 0};
    for_each_column(cell, [&](const std::uint64_t key, const Ends &ends) {
      for (unsigned int side = 0; side < 2; ++side)
        n_ends[side] += ends[side] == columns[key][side];
    });
    const std::int32_t of_face = (cell.edge() / width) * (cell.edge() / width);
    for (const auto n : n_ends)
      if (n != 0 && n != of_face)
        throw std::logic_error("PlatenTest: smaller cells cover a face in part");
    result.push_back({n_ends[0] > 0, n_ends[1] > 0});
  }
  return result;
}

} // namespace

PlatenTest::PlatenTest(MPI_Comm comm, const std::vector<Cell> &cells, const double unit,
                       const solver::SolverParameters &parameters, const Mode &mode)
    : mesh(comm, without_window(cells)), unit(unit), platens(mode)
{
  const unsigned int axis = mode.normal;
  // Which faces the platens touch is asked of the whole envelope: a face towards the window is free.
  std::vector<std::uint8_t> top, bottom;
  {
    const OctreeMesh envelope(comm, all_cells(cells));
    const auto faces = end_faces(envelope, axis);
    std::array<double, 2> area_and_volume = {0, 0};
    for (std::uint32_t cell = 0; cell < envelope.n_cells(); ++cell) {
      const double edge = unit * envelope.cell(cell).edge();
      area_and_volume[0] += faces[cell].upper ? edge * edge : 0.;
      area_and_volume[1] += edge * edge * edge;
      if (!cells[cell].is_window) {
        top.push_back(faces[cell].upper);
        bottom.push_back(faces[cell].lower);
      }
    }
    MPI_Allreduce(MPI_IN_PLACE, area_and_volume.data(), 2, MPI_DOUBLE, MPI_SUM, comm);
    projected_area = area_and_volume[0];
    mean_height = area_and_volume[1] / area_and_volume[0];
  }
  if (mesh.n_global_cells() == 0)
    throw inputs::InputError("The cage", "without any solid or design cell", "there is nothing to compress",
                             "lower 'Cage/Window share' or 'Mesh/Cell size'");

  std::vector<double> pressed(mesh.n_local_nodes(), 0.), at_rest(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    for (unsigned int v = 0; v < 8; ++v) {
      const bool is_upper = v >> axis & 1;
      if (is_upper && top[cell])
        pressed[mesh.nodes_of(cell)[v]] += 1;
      if (!is_upper && bottom[cell])
        at_rest[mesh.nodes_of(cell)[v]] += 1;
    }
  solver::FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (auto *marks : {&pressed, &at_rest}) {
    mesh.halo().add_ghosts_to_owners(marks->data(), 1);
    mesh.halo().update_ghosts(marks->data(), 1);
    for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
      if ((*marks)[node] > 0)
        fixed[node] = mode.motion == axis ? 1u << axis : 7u;
  }
  if (mode.motion == axis)
    solver::hold_rigid_motions(mesh, axis, fixed);
  elasticity = std::make_unique<solver::ElasticitySolver>(mesh, unit, fixed, parameters);
  displacement = elasticity->make_vector(1);
  no_force = elasticity->make_vector(1);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    displacement(node, mode.motion) = pressed[node] > 0 ? -platen_travel : 0.;
}

double PlatenTest::effective_modulus(const std::vector<inputs::CellStiffness> &stiffness)
{
  elasticity->set_stiffness(stiffness);
  report = elasticity->solve(displacement, no_force);
  const auto forces = elasticity->internal_forces(displacement);
  double energy = 0;
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c)
      energy += forces(node, c) * displacement(node, c);
  MPI_Allreduce(MPI_IN_PLACE, &energy, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
  return energy * mean_height / (projected_area * platen_travel * platen_travel);
}

std::vector<std::array<double, 3>> PlatenTest::sensitivities()
{
  auto forms = solver::cell_forms(mesh, unit, displacement, displacement);
  const double scale = mean_height / (projected_area * platen_travel * platen_travel);
  for (auto &form : forms)
    for (auto &entry : form)
      entry *= scale;
  return forms;
}

} // namespace cageopt::optimizer
