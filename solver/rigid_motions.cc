#include <solver/rigid_motions.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace cageopt::solver {

void hold_rigid_motions(const meshing::OctreeMesh &mesh, const unsigned int axis, FixedComponents &fixed)
{
  const unsigned int a = (axis + 1) % 3, b = (axis + 2) % 3;
  using Rank = std::array<std::int64_t, 5>; // coarseness, distance from the first node, minus x, y, z: the largest wins
  const auto coarseness = [](const meshing::LatticePoint &p) {
    const std::int32_t bits = p[0] | p[1] | p[2] | meshing::lattice_limit;
    return std::int64_t(bits & -bits);
  };
  const auto best = [&](const meshing::LatticePoint *first) {
    Rank own = {-1, 0, 0, 0, 0};
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
      const auto &p = mesh.position(node);
      const std::int64_t da = first ? p[a] - (*first)[a] : 0, db = first ? p[b] - (*first)[b] : 0;
      if (first == nullptr || da != 0 || db != 0)
        own = std::max(own, Rank{coarseness(p), da * da + db * db, -p[0], -p[1], -p[2]});
    }
    int n_ranks = 1;
    MPI_Comm_size(mesh.comm(), &n_ranks);
    std::vector<Rank> all(n_ranks);
    MPI_Allgather(own.data(), 5, MPI_INT64_T, all.data(), 5, MPI_INT64_T, mesh.comm());
    const auto winner = *std::max_element(all.begin(), all.end());
    return meshing::LatticePoint{std::int32_t(-winner[2]), std::int32_t(-winner[3]), std::int32_t(-winner[4])};
  };
  const auto first = best(nullptr), second = best(&first);
  const bool is_along_a = std::abs(second[a] - first[a]) >= std::abs(second[b] - first[b]);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    if (mesh.position(node) == first)
      fixed[node] |= 1u << a | 1u << b;
    else if (mesh.position(node) == second)
      fixed[node] |= 1u << (is_along_a ? b : a);
}

} // namespace cageopt::solver
