#include <meshing/specimen_domain.h>

#include <algorithm>
#include <limits>
#include <string>

#include <inputs/error.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

/// A cell of the specimen and the voxel it comes from.
struct Cell
{
  std::uint64_t code;
  LatticePoint corner;
  std::size_t voxel;
};

/// This rank's share of the voxels that are not void, along the space-filling curve.
std::vector<Cell> own_cells(const Specimen &specimen, MPI_Comm comm)
{
  const auto &size = specimen.grid.size;
  std::vector<Cell> cells;
  std::size_t voxel = 0;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i, ++voxel)
        if (specimen.part[voxel] != SpecimenPart::none)
          cells.push_back({morton_code({i, j, k}), {i, j, k}, voxel});
  std::sort(cells.begin(), cells.end(), [](const auto &a, const auto &b) { return a.code < b.code; });
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  const auto begin = cells.begin() + std::ptrdiff_t(cells.size() * rank / n_ranks),
             end = cells.begin() + std::ptrdiff_t(cells.size() * (rank + 1) / n_ranks);
  return {begin, end};
}

OctreeMesh mesh_of(const std::vector<Cell> &cells, MPI_Comm comm)
{
  std::vector<OctreeCell> leaves;
  leaves.reserve(cells.size());
  for (const auto &cell : cells)
    leaves.push_back({cell.corner, 0});
  return OctreeMesh(comm, std::move(leaves));
}

/// The nodes of the outermost plane across `axis` of the cells that are `pressed`, on its lower or upper side.
struct Plane
{
  std::vector<std::uint8_t> nodes; ///< [n_local_nodes], 1 or 0
  std::uint64_t n_nodes = 0;       ///< over all ranks
  std::int32_t position = 0;
};

Plane outermost_plane(const OctreeMesh &mesh, const std::vector<bool> &pressed, const unsigned int axis,
                      const bool is_upper)
{
  const auto end_of = [&](const std::uint32_t cell) { return mesh.cell(cell).corner[axis] + is_upper; };
  const std::int32_t sign = is_upper ? 1 : -1;
  std::int32_t outermost = std::numeric_limits<std::int32_t>::lowest();
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (pressed[cell])
      outermost = std::max(outermost, sign * end_of(cell));
  MPI_Allreduce(MPI_IN_PLACE, &outermost, 1, MPI_INT32_T, MPI_MAX, mesh.comm());

  Plane plane;
  plane.position = sign * outermost;
  std::vector<double> touched(mesh.n_local_nodes(), 0.);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (pressed[cell] && end_of(cell) == plane.position)
      for (unsigned int v = 0; v < 8; ++v)
        if ((v >> axis & 1) == static_cast<unsigned int>(is_upper))
          touched[mesh.nodes_of(cell)[v]] = 1.;
  mesh.halo().add_ghosts_to_owners(touched.data(), 1);
  mesh.halo().update_ghosts(touched.data(), 1);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node) {
    plane.nodes.push_back(touched[node] > 0);
    plane.n_nodes += node < mesh.n_owned_nodes() && touched[node] > 0;
  }
  MPI_Allreduce(MPI_IN_PLACE, &plane.n_nodes, 1, MPI_UINT64_T, MPI_SUM, mesh.comm());
  return plane;
}

/// A platen touches its pad, if there is one, else whatever is outermost.
void find_platens(SpecimenDomain &result, const SpecimenParameters &parameters)
{
  const auto plane = [&](const SpecimenPart pad, const bool has_pad, const bool is_upper) {
    std::vector<bool> pressed(result.part.size());
    std::transform(result.part.begin(), result.part.end(), pressed.begin(),
                   [&](const auto part) { return !has_pad || part == pad; });
    return outermost_plane(result.domain.mesh, pressed, parameters.axis(), is_upper);
  };
  auto lower = plane(SpecimenPart::lower_pad, parameters.lower_pad_label > 0, false);
  auto upper = plane(SpecimenPart::upper_pad, parameters.upper_pad_label > 0, true);
  result.at_lower = std::move(lower.nodes);
  result.at_upper = std::move(upper.nodes);
  result.n_lower_nodes = lower.n_nodes;
  result.n_upper_nodes = upper.n_nodes;
  result.height = result.domain.unit * (upper.position - lower.position);
  if (!(result.height > 0))
    throw InputError("The platens of the specimen", std::to_string(result.height) + " mm apart",
                     "the upper pad lies below the lower one along 'Specimen/Load axis'",
                     "exchange the labels of the pads, or choose another axis");
}

} // namespace

SpecimenDomain make_specimen_domain(const Specimen &specimen, const SpecimenParameters &parameters, MPI_Comm comm)
{
  for (const int n : specimen.grid.size)
    if (n >= lattice_limit)
      throw InputError("The specimen's image", std::to_string(n) + " voxels along an axis",
                       "the mesh has room for fewer than " + std::to_string(lattice_limit), "crop or resample it");
  const auto cells = own_cells(specimen, comm);
  SpecimenDomain result{DesignDomain(mesh_of(cells, comm)), {}, {}, {}};
  auto &domain = result.domain;
  domain.unit = specimen.voxel_edge();
  domain.n_load_columns = 1;
  for (const auto &cell : cells) {
    const auto part = specimen.part[cell.voxel];
    const double ratio = part == SpecimenPart::bone ? parameters.poissons_ratio : parameters.pad_poissons_ratio;
    result.part.push_back(part);
    domain.intact.push_back(CubicStiffness::isotropic(specimen.youngs_modulus[cell.voxel], ratio));
    if (!specimen.density.empty())
      domain.bmd.push_back(part == SpecimenPart::bone ? specimen.density[cell.voxel]
                                                      : std::numeric_limits<float>::quiet_NaN());
  }
  find_platens(result, parameters);
  return result;
}

} // namespace cageopt::meshing
