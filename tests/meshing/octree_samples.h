#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

#include <meshing/forest.h>
#include <meshing/octree_mesh.h>

/// Sample octrees for the tests of meshing and solver, and what their nodes must be, by brute force over all leaves.
namespace cageopt::tests {

using meshing::LatticePoint;
using meshing::OctreeCell;

/// In [0, 1), a function of `key` and `seed` only, hence the same on any number of ranks (splitmix64).
inline double random_number(const std::uint64_t key, const std::uint64_t seed)
{
  std::uint64_t bits = key + (seed + 1) * 0x9e3779b97f4a7c15ull;
  for (int round = 0; round < 2; ++round) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ull;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebull;
    bits ^= bits >> 31;
  }
  return static_cast<double>(bits >> 11) / 9007199254740992.;
}

template <typename T>
std::vector<T> gather_all(MPI_Comm comm, const std::vector<T> &own)
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  const int n_bytes = static_cast<int>(own.size() * sizeof(T));
  std::vector<int> counts(n_ranks), offsets(n_ranks, 0);
  MPI_Allgather(&n_bytes, 1, MPI_INT, counts.data(), 1, MPI_INT, comm);
  for (int rank = 1; rank < n_ranks; ++rank)
    offsets[rank] = offsets[rank - 1] + counts[rank - 1];
  std::vector<T> all((offsets.back() + counts.back()) / sizeof(T));
  MPI_Allgatherv(own.data(), n_bytes, MPI_BYTE, all.data(), counts.data(), offsets.data(), MPI_BYTE, comm);
  return all;
}

inline bool same_cell(const OctreeCell &a, const OctreeCell &b) { return a.key() == b.key(); }

/// The leaves that `keep` accepts, on the ranks they are on.
template <typename Keep>
std::vector<OctreeCell> filtered(std::vector<OctreeCell> leaves, const Keep &keep)
{
  leaves.erase(std::remove_if(leaves.begin(), leaves.end(), [&](const OctreeCell &cell) { return !keep(cell); }),
               leaves.end());
  return leaves;
}

/// A box of roots, half of all cells refined again and again; balanced by p4est. Always with smallest cells.
inline std::vector<OctreeCell> random_leaves(MPI_Comm comm, const std::array<int, 3> &n_roots, const unsigned int depth,
                                             const std::uint64_t seed)
{
  return meshing::make_forest_leaves(
      comm, n_roots, depth, [](const OctreeCell &) { return true; },
      [&](const OctreeCell &cell) {
        const bool refine = cell.corner == LatticePoint{{0, 0, 0}} || random_number(cell.key(), seed) < .5;
        return refine && cell.level > 0 ? cell.level - 1u : cell.level;
      });
}

/// The same leaves dealt out to the ranks without any order: families are split, every rank touches every other.
inline std::vector<OctreeCell> dealt_out(MPI_Comm comm, const std::vector<OctreeCell> &leaves, const std::uint64_t seed)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  return filtered(gather_all(comm, leaves), [&](const OctreeCell &cell) {
    return static_cast<int>(random_number(cell.key(), seed) * n_ranks) == rank;
  });
}

struct SampleMesh
{
  std::string name;
  std::vector<OctreeCell> leaves; ///< of this rank
};

/// Random octrees with hanging nodes: along the space-filling curve and dealt out, whole and with leaves missing.
inline std::vector<SampleMesh> sample_meshes(MPI_Comm comm)
{
  const auto whole = random_leaves(comm, {2, 2, 1}, 2, 1);
  const auto other = random_leaves(comm, {1, 2, 2}, 2, 2);
  const auto porous = filtered(other, [](const OctreeCell &cell) { return random_number(cell.key(), 3) < .7; });
  return {{"whole, by curve", whole},
          {"whole, dealt out", dealt_out(comm, whole, 4)},
          {"porous, by curve", porous},
          {"porous, dealt out", dealt_out(comm, porous, 5)}};
}

/// What the nodes of `leaves` (all ranks') are by definition: a corner hangs if it lies in the closure of a leaf
/// without being its corner; its masters are the corners of that leaf's edge or face whose middle it is.
struct NodesByDefinition
{
  explicit NodesByDefinition(const std::vector<OctreeCell> &leaves)
  {
    for (const auto &cell : leaves)
      for (unsigned int v = 0; v < 8; ++v)
        masters[cell.vertex(v)] = {cell.vertex(v)};
    for (auto &[point, point_masters] : masters)
      for (const auto &cell : leaves) {
        bool touches = true, is_corner = true;
        for (unsigned int d = 0; d < 3; ++d) {
          const auto x = point[d] - cell.corner[d];
          touches = touches && x >= 0 && x <= cell.edge();
          is_corner = is_corner && (x == 0 || x == cell.edge());
        }
        if (!touches || is_corner)
          continue;
        point_masters.clear();
        for (unsigned int v = 0; v < 8; ++v) {
          const auto corner = cell.vertex(v);
          bool is_master = true;
          for (unsigned int d = 0; d < 3; ++d) {
            const auto x = point[d] - cell.corner[d];
            is_master = is_master && ((x != 0 && x != cell.edge()) || corner[d] == point[d]);
          }
          if (is_master)
            point_masters.push_back(corner);
        }
        std::sort(point_masters.begin(), point_masters.end());
        break;
      }
    for (const auto &[point, point_masters] : masters)
      if (point_masters.size() == 1)
        index.insert({point, static_cast<std::uint32_t>(index.size())});
  }

  std::map<LatticePoint, std::vector<LatticePoint>> masters; ///< sorted; the point itself if it does not hang
  std::map<LatticePoint, std::uint32_t> index;               ///< a number for each node that does not hang
};

} // namespace cageopt::tests
