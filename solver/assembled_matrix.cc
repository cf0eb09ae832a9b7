#include <solver/assembled_matrix.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include <inputs/error.h>
#include <meshing/message_exchange.h>
#include <solver/cube_matrix.h>

namespace cageopt::solver {

namespace {

/// What a rank contributes to another rank's rows.
struct Coupling
{
  int row, column;
};
struct Contribution
{
  int row, column;
  std::array<double, 9> block;
};

} // namespace

AssembledMatrix::AssembledMatrix(const meshing::OctreeMesh &mesh, const double unit_length,
                                 const FixedComponents &fixed_components)
    : octree(mesh), lattice_unit(unit_length), fixed(fixed_components)
{
  constexpr std::uint64_t index_limit = std::numeric_limits<int>::max();
  if (3 * mesh.n_global_nodes() > index_limit)
    throw inputs::InputError("The mesh", std::to_string(3 * mesh.n_global_nodes()) + " unknowns",
                             "a matrix back end has 32-bit indices, " + std::to_string(index_limit) + " at most",
                             "set 'Solver/Back end' to multigrid");
  const std::uint32_t n_owned = mesh.n_owned_nodes(), n_rows_here = mesh.first_hanging_node();
  fixed.resize(mesh.n_local_nodes(), 0);
  mesh.halo().update_ghosts(fixed.data(), 1);

  std::vector<std::uint64_t> numbers(n_rows_here);
  for (std::uint32_t node = 0; node < n_owned; ++node)
    numbers[node] = mesh.first_global_node() + node;
  mesh.halo().update_ghosts(numbers.data(), 1);
  global_number.assign(numbers.begin(), numbers.end());

  int n_ranks = 1;
  MPI_Comm_size(mesh.comm(), &n_ranks);
  rank_begin.assign(n_ranks + 1, static_cast<int>(mesh.n_global_nodes()));
  const int first = first_row();
  MPI_Allgather(&first, 1, MPI_INT, rank_begin.data(), 1, MPI_INT, mesh.comm());

  master_begin.push_back(0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) {
    if (node < n_rows_here)
      all_masters.push_back({node, 1.});
    else {
      const auto &hanging = mesh.hanging_nodes()[node - n_rows_here];
      for (unsigned int m = 0; m < hanging.n_masters; ++m)
        all_masters.push_back({hanging.masters[m], 1. / hanging.n_masters});
    }
    master_begin.push_back(static_cast<std::uint32_t>(all_masters.size()));
  }

  std::vector<std::vector<int>> rows(n_rows_here);
  const auto sort = [](std::vector<int> &row) {
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
  };
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    nodes.clear();
    for (const auto corner : mesh.nodes_of(cell))
      for (const auto &master : masters(corner))
        nodes.push_back(master.node);
    for (const auto row : nodes)
      for (const auto column : nodes)
        rows[row].push_back(global_number[column]);
  }
  std::map<int, std::vector<Coupling>> outgoing;
  for (std::uint32_t node = 0; node < n_rows_here; ++node) {
    sort(rows[node]);
    if (node >= n_owned)
      for (const int column : rows[node])
        outgoing[owner(global_number[node])].push_back({global_number[node], column});
  }
  for (const auto &[rank, couplings] : meshing::exchange_messages(mesh.comm(), outgoing))
    for (const auto &coupling : couplings)
      rows[coupling.row - first].push_back(coupling.column);
  starts.push_back(0);
  for (auto &row : rows) {
    sort(row);
    column_nodes.insert(column_nodes.end(), row.begin(), row.end());
    starts.push_back(column_nodes.size());
    row = std::vector<int>();
  }

  std::uint64_t n_entries = 9 * starts[n_owned];
  MPI_Allreduce(MPI_IN_PLACE, &n_entries, 1, MPI_UINT64_T, MPI_MAX, mesh.comm());
  if (n_entries > index_limit)
    throw inputs::InputError("The mesh", std::to_string(n_entries) + " matrix entries on one rank",
                             "a matrix back end has 32-bit indices, " + std::to_string(index_limit) + " at most",
                             "use more ranks, or set 'Solver/Back end' to multigrid");
}

AssembledMatrix::MasterRange AssembledMatrix::masters(const std::uint32_t local_node) const
{
  return {all_masters.data() + master_begin[local_node], all_masters.data() + master_begin[local_node + 1]};
}

std::size_t AssembledMatrix::position(const std::uint32_t row, const int column) const
{
  const auto begin = column_nodes.begin() + starts[row], end = column_nodes.begin() + starts[row + 1];
  return std::lower_bound(begin, end, column) - begin;
}

int AssembledMatrix::owner(const int global_node) const
{
  return static_cast<int>(std::upper_bound(rank_begin.begin(), rank_begin.end(), global_node) - rank_begin.begin()) - 1;
}

std::vector<double> AssembledMatrix::assemble(const std::vector<inputs::CellStiffness> &stiffness) const
{
  std::vector<double> values(9 * column_nodes.size(), 0.);
  int n_not_finite = 0;
  for (std::uint32_t cell = 0; cell < octree.n_cells(); ++cell) {
    const auto c = stiffness[cell].constants(); // in the order of unit_cube_matrices()
    for (const double constant : c)
      n_not_finite += !std::isfinite(constant);
    const auto element = cube_matrix(lattice_unit * octree.cell(cell).edge(), c);
    const auto &nodes = octree.nodes_of(cell);
    for (unsigned int a = 0; a < 8; ++a)
      for (const auto &row : masters(nodes[a]))
        for (unsigned int b = 0; b < 8; ++b)
          for (const auto &column : masters(nodes[b])) {
            const std::size_t place = position(row.node, global_number[column.node]);
            const std::size_t stride = 3 * std::size_t(n_columns(row.node));
            double *block = values.data() + values_begin(row.node) + 3 * place;
            for (unsigned int i = 0; i < 3; ++i)
              for (unsigned int j = 0; j < 3; ++j) {
                const bool is_diagonal = row.node == column.node && i == j;
                if (is_diagonal || !((fixed[row.node] >> i | fixed[column.node] >> j) & 1))
                  block[i * stride + j] += row.weight * column.weight * element[3 * a + i][3 * b + j];
              }
          }
  }

  std::map<int, std::vector<Contribution>> outgoing;
  for (std::uint32_t row = n_rows(); row < global_number.size(); ++row)
    for (std::uint32_t k = 0; k < n_columns(row); ++k) {
      Contribution sent{global_number[row], columns(row)[k], {}};
      for (unsigned int i = 0; i < 3; ++i)
        for (unsigned int j = 0; j < 3; ++j)
          sent.block[3 * i + j] = values[values_begin(row) + (i * std::size_t(n_columns(row)) + k) * 3 + j];
      outgoing[owner(sent.row)].push_back(sent);
    }
  for (const auto &[rank, contributions] : meshing::exchange_messages(octree.comm(), outgoing))
    for (const auto &received : contributions) {
      const auto row = static_cast<std::uint32_t>(received.row - first_row());
      const std::size_t place = position(row, received.column);
      for (unsigned int i = 0; i < 3; ++i)
        for (unsigned int j = 0; j < 3; ++j)
          values[values_begin(row) + (i * std::size_t(n_columns(row)) + place) * 3 + j] += received.block[3 * i + j];
    }
  values.resize(values_begin(n_rows()));

  MPI_Allreduce(MPI_IN_PLACE, &n_not_finite, 1, MPI_INT, MPI_SUM, octree.comm());
  if (n_not_finite > 0)
    throw inputs::Error(inputs::ExitCode::internal_error,
                        std::to_string(n_not_finite) + " stiffness constants of cells are not finite numbers");

  const auto diagonal = [&](const std::uint32_t row, const unsigned int i) -> double & {
    const std::size_t place = position(row, first_row() + static_cast<int>(row));
    return values[values_begin(row) + (i * std::size_t(n_columns(row)) + place) * 3 + i];
  };
  double sum = 0;
  for (std::uint32_t row = 0; row < n_rows(); ++row)
    for (unsigned int i = 0; i < 3; ++i)
      sum += diagonal(row, i);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, octree.comm());
  const double mean = sum > 0 ? sum / (3. * static_cast<double>(octree.n_global_nodes())) : 1.;
  for (std::uint32_t row = 0; row < n_rows(); ++row)
    for (unsigned int i = 0; i < 3; ++i)
      if (diagonal(row, i) == 0)
        diagonal(row, i) = mean;
  return values;
}

} // namespace cageopt::solver
