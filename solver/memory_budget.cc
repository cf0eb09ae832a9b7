#include <solver/memory_budget.h>

#include <algorithm>
#include <iomanip>
#include <map>
#include <ostream>

#include <inputs/cell_stiffness.h>
#include <solver/block_vector.h>

namespace cageopt::solver {

using meshing::OctreeMesh;

MeshSize MeshSize::of(const OctreeMesh &mesh, const std::function<bool(std::uint32_t)> &is_counted)
{
  MeshSize size;
  size.cells_by_level.assign(32, 0.);
  std::vector<bool> is_met(mesh.n_local_nodes(), false);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    if (is_counted && !is_counted(cell))
      continue;
    size.n_cells += 1;
    size.cells_by_level[mesh.cell(cell).level] += 1;
    for (const auto node : mesh.nodes_of(cell)) {
      size.n_nodes += !is_met[node];
      size.n_hanging_nodes += !is_met[node] && node >= mesh.first_hanging_node();
      is_met[node] = true;
    }
  }
  return size;
}

double MemoryBudget::peak() const
{
  double set_up = 0;
  for (const auto &item : items)
    if (item.kind == Kind::set_up)
      set_up = std::max(set_up, item.bytes);
  return std::max(set_up, peak_after_set_up());
}

double MemoryBudget::peak_after_set_up() const
{
  double held = 0, passing = 0;
  for (const auto &item : items)
    if (item.kind == Kind::held)
      held += item.bytes;
    else if (item.kind == Kind::passing)
      passing = std::max(passing, item.bytes);
  return held + passing;
}

void MemoryBudget::print(std::ostream &out, MPI_Comm comm, const std::uint64_t n_unknowns) const
{
  std::vector<double> bytes;
  for (const auto &item : items)
    bytes.push_back(item.bytes);
  bytes.push_back(peak());
  double largest = bytes.back();
  MPI_Allreduce(MPI_IN_PLACE, bytes.data(), static_cast<int>(bytes.size()), MPI_DOUBLE, MPI_SUM, comm);
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, comm);
  const auto flags = out.flags();
  const auto precision = out.precision();
  out << std::fixed << std::setprecision(0) << "Memory        budget " << bytes.back() / 1e6
      << " MB beside the program, " << bytes.back() / n_unknowns << " bytes per unknown; largest rank " << largest / 1e6
      << " MB\n";
  for (const auto kind : {Kind::set_up, Kind::held, Kind::passing}) {
    const char *words[] = {"before the rest:", "held:", "one at a time:"};
    out << "              " << words[static_cast<int>(kind)];
    const char *separator = " ";
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i].kind == kind) {
        out << separator << items[i].name << ' ' << bytes[i] / 1e6;
        separator = ", ";
      }
    out << " MB\n";
  }
  out.flags(flags);
  out.precision(precision);
}

double mesh_memory(const MeshSize &size)
{
  return size.n_cells * (sizeof(meshing::OctreeCell) + sizeof(OctreeMesh::CellNodes)) +
         size.n_nodes * sizeof(meshing::LatticePoint) + size.n_hanging_nodes * sizeof(OctreeMesh::HangingNode);
}

double block_memory(const MeshSize &size, const unsigned int n_columns)
{
  return size.n_nodes * 3 * sizeof(double) * lanes_for(n_columns);
}

double elasticity_memory(const MeshSize &size, const unsigned int n_columns, const unsigned int n_constants,
                         const SolverParameters &parameters)
{
  const double n_unknowns = 3. * size.n_nodes;
  double bytes = size.n_cells * n_constants * sizeof(double) + size.n_nodes; // the operator in double precision
  const std::map<std::string, double> bytes_per_unknown = {
      {"trilinos ml", 5000.}, {"petsc gamg", 2500.}, {"petsc boomeramg", 3800.}, {"petsc mumps", 14000.}};
  if (const auto matrix = bytes_per_unknown.find(parameters.back_end); matrix != bytes_per_unknown.end())
    return bytes + matrix->second * n_unknowns;
  const double float_block = .5; // of a block in double precision
  const double n_coarse_unknowns = std::min<double>(parameters.multigrid.coarse_unknowns, n_unknowns);
  bytes += n_coarse_unknowns * n_coarse_unknowns * (sizeof(float) + sizeof(double)); // dense factor, and its making
  MeshSize level = size;
  for (bool is_finest = true; level.n_cells > 100; is_finest = false) {
    bytes += level.n_cells * n_constants * sizeof(float) + level.n_nodes * (1 + 3 * sizeof(float));
    bytes += (is_finest ? 2 : 4) * float_block * block_memory(level, n_columns); // work vectors
    bytes += is_finest ? 0. : mesh_memory(level);
    const auto smallest =
        std::find_if(level.cells_by_level.begin(), level.cells_by_level.end(), [](const double n) { return n > 0; });
    if (level.cells_by_level.end() - smallest <= 1)
      break;
    // To the next level: the cells' parents; for each node an entry of 8 to 36 bytes, 17.5 in the mean where cells are
    // refined, in vectors that grow by doubling.
    const double share = *smallest / level.n_cells;
    bytes += level.n_cells * sizeof(std::uint32_t) + level.n_nodes * 1.5 * (share * 17.5 + (1. - share) * 8.);
    const double n_coarse = level.n_cells - *smallest * 7. / 8.;
    smallest[1] += *smallest / 8.;
    *smallest = 0;
    level.n_nodes *= n_coarse / level.n_cells;
    level.n_hanging_nodes *= n_coarse / level.n_cells;
    level.n_cells = n_coarse;
  }
  return bytes;
}

double solve_memory(const MeshSize &size, const unsigned int n_columns) { return 4. * block_memory(size, n_columns); }

double new_stiffness_memory(const MeshSize &size)
{
  // The list and the multigrid's copy; then either the diagonal in double precision or three vectors of Lanczos.
  return size.n_cells * 2 * sizeof(inputs::CellStiffness) + size.n_nodes * 9 * sizeof(float);
}

} // namespace cageopt::solver
