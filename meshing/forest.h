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

/// Owned leaves of a box of `n_cells` smallest cells, as above. The forest's roots are as large as they can be while
/// they reach beyond the box by at most a twentieth of an edge (what lies beyond is dropped), since every rank holds
/// all roots: with the divisors of an odd number each cell would be one. Collective.
std::vector<OctreeCell> make_box_leaves(MPI_Comm comm, const std::array<int, 3> &n_cells);

} // namespace cageopt::meshing
