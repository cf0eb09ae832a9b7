#include <solver/dense_coarse_solver.h>

#include <algorithm>
#include <numeric>

#include <solver/cube_matrix.h>

namespace cageopt::solver {

namespace {

template <typename T>
std::vector<T> gather_from_all(MPI_Comm comm, const std::vector<T> &own, std::vector<int> &counts)
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  counts.assign(n_ranks, 0);
  const int n_own = static_cast<int>(own.size());
  MPI_Allgather(&n_own, 1, MPI_INT, counts.data(), 1, MPI_INT, comm);
  std::vector<int> byte_counts(n_ranks), byte_offsets(n_ranks, 0);
  for (int rank = 0; rank < n_ranks; ++rank) {
    byte_counts[rank] = counts[rank] * static_cast<int>(sizeof(T));
    if (rank > 0)
      byte_offsets[rank] = byte_offsets[rank - 1] + byte_counts[rank - 1];
  }
  std::vector<T> all(std::accumulate(counts.begin(), counts.end(), std::size_t(0)));
  MPI_Allgatherv(own.data(), n_own * static_cast<int>(sizeof(T)), MPI_BYTE, all.data(), byte_counts.data(),
                 byte_offsets.data(), MPI_BYTE, comm);
  return all;
}

} // namespace

DenseCoarseSolver::DenseCoarseSolver(const meshing::OctreeMesh &mesh, const double unit_length,
                                     const FixedComponents &own_fixed)
    : mesh(mesh)
{
  std::vector<std::uint64_t> global(mesh.n_local_nodes());
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    global[node] = mesh.first_global_node() + node;
  mesh.halo().update_ghosts(global.data(), 1);

  std::vector<CellRecord> own(mesh.n_cells());
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    own[cell].edge = mesh.cell(cell).edge() * unit_length;
    for (unsigned int v = 0; v < 8; ++v) {
      const auto node = mesh.nodes_of(cell)[v];
      if (node < mesh.first_hanging_node()) {
        own[cell].n_masters[v] = 1;
        own[cell].masters[v][0] = static_cast<std::uint32_t>(global[node]);
      } else {
        const auto &hanging = mesh.hanging_nodes()[node - mesh.first_hanging_node()];
        own[cell].n_masters[v] = hanging.n_masters;
        for (unsigned int m = 0; m < hanging.n_masters; ++m)
          own[cell].masters[v][m] = static_cast<std::uint32_t>(global[hanging.masters[m]]);
      }
    }
  }
  cells = gather_from_all(mesh.comm(), own, cell_counts);
  fixed = gather_from_all(
      mesh.comm(), std::vector<std::uint8_t>(own_fixed.begin(), own_fixed.begin() + mesh.n_owned_nodes()), node_counts);
  node_offsets.assign(node_counts.size(), 0);
  std::partial_sum(node_counts.begin(), node_counts.end() - 1, node_offsets.begin() + 1);
  n_unknowns = 3 * fixed.size();
}

void DenseCoarseSolver::update(const std::vector<inputs::CellStiffness> &stiffness)
{
  std::vector<int> counts;
  const auto all = gather_from_all(mesh.comm(), stiffness, counts);
  const std::size_t n = n_unknowns;
  std::vector<double> matrix(n * n, 0.);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    const auto &record = cells[cell];
    const auto stiffness_matrix = cube_matrix(record.edge, all[cell].constants());
    for (unsigned int a = 0; a < 24; ++a)
      for (unsigned int b = 0; b < 24; ++b) {
        const double entry = stiffness_matrix[a][b] / (record.n_masters[a / 3] * record.n_masters[b / 3]);
        for (unsigned int i = 0; i < record.n_masters[a / 3]; ++i)
          for (unsigned int j = 0; j < record.n_masters[b / 3]; ++j) {
            const std::size_t row = 3 * std::size_t(record.masters[a / 3][i]) + a % 3;
            const std::size_t column = 3 * std::size_t(record.masters[b / 3][j]) + b % 3;
            if (column <= row)
              matrix[row * n + column] += entry;
          }
      }
  }
  const auto is_fixed = [&](const std::size_t i) { return fixed[i / 3] >> (i % 3) & 1; };
  inverse_pivots.assign(n, 0.f);
  std::vector<double> pivots(n, 0.), original(n);
  for (std::size_t i = 0; i < n; ++i)
    original[i] = matrix[i * n + i];
  // Row by row: l_ij d_j = a_ij - sum_{k<j} l_ik d_k l_jk; rows are contiguous, so the inner loop is a dot product.
  std::vector<double> scaled(n);
  for (std::size_t i = 0; i < n; ++i) {
    double *row = matrix.data() + i * n;
    if (is_fixed(i)) {
      std::fill(row, row + i, 0.);
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      const double *other = matrix.data() + j * n;
      double sum = row[j];
      for (std::size_t k = 0; k < j; ++k)
        sum -= scaled[k] * other[k];
      scaled[j] = pivots[j] > 0 ? sum : 0.; // l_ij d_j
      row[j] = pivots[j] > 0 ? sum / pivots[j] : 0.;
    }
    double pivot = row[i];
    for (std::size_t k = 0; k < i; ++k)
      pivot -= scaled[k] * row[k];
    if (pivot > 1e-8 * original[i]) {
      pivots[i] = pivot;
      inverse_pivots[i] = static_cast<float>(1. / pivot);
    }
  }
  factor.assign(matrix.begin(), matrix.end());
}

void DenseCoarseSolver::solve(BlockVector<float> &x, const BlockVector<float> &b) const
{
  const std::size_t n_lanes = b.lanes(), n = n_unknowns;
  std::vector<float> values(n * n_lanes);
  std::vector<int> counts(node_counts), offsets(node_offsets);
  const int per_node = static_cast<int>(3 * n_lanes);
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    counts[rank] *= per_node;
    offsets[rank] *= per_node;
  }
  MPI_Allgatherv(b.data(), static_cast<int>(mesh.n_owned_nodes()) * per_node, MPI_FLOAT, values.data(), counts.data(),
                 offsets.data(), MPI_FLOAT, mesh.comm());
  for (std::size_t i = 0; i < n; ++i) {
    float *target = values.data() + i * n_lanes;
    if (inverse_pivots[i] == 0.f) {
      std::fill_n(target, n_lanes, 0.f);
      continue;
    }
    const float *row = factor.data() + i * n;
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t lane = 0; lane < n_lanes; ++lane)
        target[lane] -= row[j] * values[j * n_lanes + lane];
  }
  // L^T x = D^-1 y, column by column of L^T, that is row by row of L.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t lane = 0; lane < n_lanes; ++lane)
      values[i * n_lanes + lane] *= inverse_pivots[i];
  for (std::size_t i = n; i-- > 0;) {
    if (inverse_pivots[i] == 0.f)
      continue;
    const float *row = factor.data() + i * n;
    const float *source = values.data() + i * n_lanes;
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t lane = 0; lane < n_lanes; ++lane)
        values[j * n_lanes + lane] -= row[j] * source[lane];
  }
  // A pinned unknown has no column in L, but the sweep above may have written into it.
  const std::size_t first = 3 * mesh.first_global_node();
  for (std::size_t i = 0; i < 3 * std::size_t(mesh.n_owned_nodes()); ++i)
    for (std::size_t lane = 0; lane < n_lanes; ++lane)
      x.data()[i * n_lanes + lane] = inverse_pivots[first + i] == 0.f ? 0.f : values[(first + i) * n_lanes + lane];
}

} // namespace cageopt::solver
