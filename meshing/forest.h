#pragma once

#include <array>
#include <functional>
#include <vector>

#include <mpi.h>

#include <meshing/octree_cell.h>

namespace cageopt::meshing {

/// Owned leaves of a p4est forest: a box of `n_roots` root cells of edge 2^depth lattice units, without the roots that
/// `keep` rejects, refined wherever a leaf's level is above `wanted_level` of it (0: the smallest cells), 2:1 balanced
/// across corners, partitioned along the space-filling curve and returned in Morton order. The forest is not kept.
/// Both functions must give the same answer on all ranks. Collective.
std::vector<OctreeCell> make_forest_leaves(MPI_Comm comm, const std::array<int, 3> &n_roots, unsigned int depth,
                                           const std::function<bool(const OctreeCell &)> &keep,
                                           const std::function<unsigned int(const OctreeCell &)> &wanted_level);

} // namespace cageopt::meshing
