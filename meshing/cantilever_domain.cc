#include <meshing/cantilever_domain.h>

#include <limits>

#include <deal.II/base/parameter_handler.h>

#include <meshing/forest.h>

namespace cageopt::meshing {

void CantileverParameters::declare(dealii::ParameterHandler &prm)
{
  prm.enter_subsection("Cantilever");
  prm.add_parameter("Cells along y", cells_along_y,
                    "Cells along the short edges of the box 2 x 1 x 1; twice as many along the long one. Unit: -.",
                    dealii::Patterns::Integer(2, 1024));
  prm.leave_subsection();
}

DesignDomain make_cantilever_domain(const CantileverParameters &parameters, MPI_Comm comm)
{
  const int n = static_cast<int>(parameters.cells_along_y);
  DesignDomain domain{OctreeMesh(comm, make_box_leaves(comm, {2 * n, n, n}))};
  const auto &mesh = domain.mesh;
  domain.unit = 1. / n;
  domain.region.assign(mesh.n_cells(), Region::design);
  domain.intact.assign(mesh.n_cells(), {});
  domain.bmd.assign(mesh.n_cells(), std::numeric_limits<float>::quiet_NaN());
  domain.bone_fraction.assign(mesh.n_cells(), 0.f);
  domain.cage_distance.assign(mesh.n_cells(), 0.f);
  domain.fixed.assign(mesh.n_local_nodes(), 0);
  domain.n_load_columns = 1;
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) {
    const auto &p = mesh.position(node);
    if (p[0] == 0)
      domain.fixed[node] = 7;
    if (node < mesh.n_owned_nodes() && p[0] == 2 * n && p[2] == 0) {
      NodalLoad load{node, {}};
      load.f[0][2] = p[1] == 0 || p[1] == n ? -5e-4 : -1e-3;
      domain.loads.push_back(load);
    }
  }
  return domain;
}

} // namespace cageopt::meshing
