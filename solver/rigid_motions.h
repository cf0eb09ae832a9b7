#pragma once

#include <meshing/octree_mesh.h>
#include <solver/elasticity_operator.h>

namespace cageopt::solver {

/// Holds the three rigid motions in the plane normal to `axis` at two nodes: both components of one, and of another the
/// component across the line between them. The loads have no part in these motions, so that strains stay what they are,
/// but the coarsest level needs a definite matrix: beside a solid frame its direct solver cannot tell a vanishing pivot
/// from a soft one. Nodes on as coarse a lattice as there are, because they stay when the mesh is coarsened.
/// Collective.
void hold_rigid_motions(const meshing::OctreeMesh &mesh, unsigned int axis, FixedComponents &fixed);

} // namespace cageopt::solver
