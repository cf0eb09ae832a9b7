#pragma once

#include <array>
#include <vector>

#include <inputs/load_case.h>
#include <meshing/design_domain.h>
#include <solver/block_vector.h>

namespace cageopt::optimizer {

/// Strain at the cells' centres, the worst over the load cases. [n_cells], dimensionless; stress in MPa.
struct StrainField
{
  std::vector<float> min_principal;    ///< most compressive principal strain
  std::vector<float> max_principal;    ///< most tensile
  std::vector<float> von_mises_stress; ///< MPa, with the stiffness given
};

/// From the displacements [mm] of the unit wrenches. Refreshes their ghost and hanging entries.
StrainField strain_field(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness,
                         const std::vector<inputs::LoadCase> &load_cases,
                         solver::BlockVector<double> &unit_displacements);

/// Bone within `distance` mm of the cage with a principal strain below -`compression` or above `tension` in some load
/// case, mm^3. Cells count with their share of bone. Collective.
double overstrained_volume(const meshing::DesignDomain &domain, const StrainField &field, double distance,
                           double compression, double tension);

/// Eigenvalues of a symmetric 3 x 3 matrix (xx, yy, zz, xy, yz, xz), ascending.
std::array<double, 3> principal_values(const std::array<double, 6> &tensor);

} // namespace cageopt::optimizer
