#include <postprocess/domain_view.h>

#include <algorithm>

namespace cageopt::postprocess {

using meshing::Region;

GridView mesh_view_of(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness)
{
  const auto &mesh = domain.mesh;
  GridView view;
  view.points.reserve(mesh.n_local_nodes());
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    view.points.push_back(domain.node_position(node));
  std::vector<float> modulus;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    view.hexahedra.push_back(lexicographic_to_vtk(mesh.nodes_of(cell)));
    const auto &c = stiffness[cell];
    modulus.push_back(c.c11 > 0 ? static_cast<float>(c.youngs_modulus_z()) : 0.f);
  }
  view.cell_arrays.push_back({"youngs_modulus", "MPa", 1, std::move(modulus)});
  return view;
}

GridView view_of(const meshing::DesignDomain &domain, const std::vector<inputs::CellStiffness> &stiffness)
{
  GridView view = mesh_view_of(domain, stiffness);
  std::vector<std::uint8_t> region;
  for (const auto part : domain.region)
    region.push_back(static_cast<std::uint8_t>(part));
  view.cell_arrays.insert(view.cell_arrays.begin(),
                          {{"region", "1", 1, std::move(region)}, {"bmd", "mg/cm3", 1, domain.bmd}});
  view.cell_arrays.push_back({"cage_distance", "mm", 1, domain.cage_distance});
  view.notes = {{"frame", "design: mm, x right, y anterior, z cranial"},
                {"regions", "1 cranial bone, 2 caudal bone, 3 disc, 4 design, 5 frame, 6 window"}};
  return view;
}

double view_memory(const meshing::DesignDomain &domain, const std::size_t n_load_cases)
{
  // region, and seven arrays of float: bmd, modulus, distance, density, two strains, stress
  const double per_cell = sizeof(GridView::hexahedra[0]) + 1 + 7 * sizeof(float);
  const double per_node = sizeof(GridView::points[0]) + 3 * sizeof(float) * n_load_cases;
  const double view = domain.mesh.n_cells() * per_cell + domain.mesh.n_local_nodes() * per_node;
  const double compressed = .5 * view; // measured 0.35 to 0.6, in base64
  return view + std::max(compressed, double(domain.mesh.n_cells()) * sizeof(inputs::CellStiffness));
}

GridArray design_array(const std::string &name, const meshing::DesignDomain &domain,
                       const std::vector<std::uint32_t> &design_cells, const std::vector<double> &design_values)
{
  std::vector<float> values(domain.mesh.n_cells(), 0.f);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (domain.region[cell] == Region::frame)
      values[cell] = 1.f;
  for (std::size_t i = 0; i < design_cells.size(); ++i)
    values[design_cells[i]] = static_cast<float>(design_values[i]);
  return {name, "1", 1, std::move(values)};
}

std::string array_name(const std::string &word, const std::string &load_case)
{
  std::string name = word + "_" + load_case;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

GridArray displacement_array(const std::string &name, const meshing::DesignDomain &domain,
                             const solver::BlockVector<double> &u, const std::array<double, 6> &wrench)
{
  std::vector<float> values(std::size_t(domain.mesh.n_local_nodes()) * 3);
  for (std::uint32_t node = 0; node < domain.mesh.n_local_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      double sum = 0;
      for (unsigned int k = 0; k < domain.n_load_columns; ++k)
        sum += wrench[k] * u(node, c, k);
      values[std::size_t(node) * 3 + c] = static_cast<float>(sum);
    }
  return {name, "mm", 3, std::move(values)};
}

} // namespace cageopt::postprocess
