#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <meshing/design_domain.h>
#include <postprocess/grid_view.h>
#include <solver/block_vector.h>

namespace cageopt::postprocess {

/// The mesh of a domain with youngs_modulus (that of `stiffness` along z, MPa) as cell array, points in mm.
GridView mesh_view_of(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness);

/// The mesh of a design domain with region, bmd, youngs_modulus (that of `stiffness` along z, MPa) and cage_distance as
/// cell arrays, points in mm in the design frame. Further arrays are added by the caller.
GridView view_of(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness);

/// About what a written step takes at its largest, bytes of this rank: the view of a run with `n_load_cases`
/// displacement fields, the cells' stiffness, and the compressed arrays.
double view_memory(const meshing::DesignDomain &domain, std::size_t n_load_cases);

/// Cell array of a field of the design, such as the relative density: its values in design cells, 1 in the solid frame,
/// 0 elsewhere.
GridArray design_array(const std::string &name, const meshing::DesignDomain &domain,
                       const std::vector<std::uint32_t> &design_cells, const std::vector<double> &design_values);

/// Array name made of a word and the name of a load case: "displacement_left_bending".
std::string array_name(const std::string &word, const std::string &load_case);

/// Point array [n_local_nodes x 3] of sum_k wrench[k] u[column k], mm. Ghost and hanging entries of u must be current.
GridArray displacement_array(const std::string &name, const meshing::DesignDomain &domain,
                             const solver::BlockVector<double> &unit_displacements,
                             const std::array<double, 6> &wrench);

} // namespace cageopt::postprocess
