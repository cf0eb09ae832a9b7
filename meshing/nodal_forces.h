#pragma once

#include <array>
#include <vector>

#include <meshing/design_domain.h>

namespace cageopt::meshing {

/// Force [n_local_nodes x 3] under `wrench` (N, N mm; or weights of the domain's own load columns), N, as the solver
/// sees it: the share of hanging nodes is with their masters, ghosts are current. Collective.
std::vector<double> nodal_forces(const DesignDomain &domain, const std::array<double, 6> &wrench);

/// F = sum f_i [N] and M = sum p_i x f_i [N mm] about the disc centre, over the nodes that are unknowns, of what
/// nodal_forces() gives. Collective.
std::array<double, 6> resultant(const DesignDomain &domain, const std::vector<double> &forces);

} // namespace cageopt::meshing
