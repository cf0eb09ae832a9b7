#include <postprocess/field_emission.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include <inputs/collective.h>
#include <inputs/image.h>
#include <postprocess/vti_writer.h>

namespace cageopt::postprocess {

using namespace inputs;
using meshing::Region;

namespace {

struct Voxel
{
  meshing::LatticePoint corner;
  std::int32_t edge;
  float value;
};

std::vector<Voxel> gather_on_root(MPI_Comm comm, const std::vector<Voxel> &own)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  const int n_bytes = static_cast<int>(own.size() * sizeof(Voxel));
  std::vector<int> counts(n_ranks), offsets(n_ranks, 0);
  MPI_Gather(&n_bytes, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, comm);
  std::partial_sum(counts.begin(), counts.end() - 1, offsets.begin() + 1);
  std::vector<Voxel> all(rank == 0 ? (offsets.back() + counts.back()) / sizeof(Voxel) : 0);
  MPI_Gatherv(own.data(), n_bytes, MPI_BYTE, all.data(), counts.data(), offsets.data(), MPI_BYTE, 0, comm);
  return all;
}

} // namespace

void emit_field(const std::string &name, const meshing::DesignDomain &domain, const Affine &design_to_world,
                const std::vector<std::uint32_t> &design_cells, const std::vector<double> &values,
                const std::vector<std::pair<std::string, std::string>> &notes, const OutputFolder &folder)
{
  std::vector<Voxel> own;
  std::int32_t lattice_edge = std::numeric_limits<std::int32_t>::max(); // of the smallest cells
  const auto add = [&](const std::uint32_t index, const double value) {
    const auto &cell = domain.mesh.cell(index);
    own.push_back({cell.corner, cell.edge(), static_cast<float>(value)});
    lattice_edge = std::min(lattice_edge, cell.edge());
  };
  for (std::size_t i = 0; i < design_cells.size(); ++i)
    add(design_cells[i], values[i]);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (domain.region[cell] == Region::frame)
      add(cell, 1.);
  MPI_Allreduce(MPI_IN_PLACE, &lattice_edge, 1, MPI_INT32_T, MPI_MIN, domain.mesh.comm());
  const auto voxels = gather_on_root(domain.mesh.comm(), own);

  on_root(domain.mesh.comm(), [&] {
    meshing::LatticePoint low = voxels.front().corner, high = low; // the corners of the box
    for (const auto &voxel : voxels)
      for (unsigned int d = 0; d < 3; ++d) {
        low[d] = std::min(low[d], voxel.corner[d]);
        high[d] = std::max(high[d], voxel.corner[d] + voxel.edge);
      }
    const double spacing = domain.unit * lattice_edge;
    Image<float> image;
    for (unsigned int d = 0; d < 3; ++d)
      image.grid.size[d] = (high[d] - low[d]) / lattice_edge;
    Affine index_to_design;
    for (unsigned int d = 0; d < 3; ++d) {
      index_to_design.linear[d][d] = spacing;
      index_to_design.offset[d] = domain.origin[d] + domain.unit * low[d] + .5 * spacing;
    }
    image.grid.index_to_world = design_to_world * index_to_design;
    image.values.assign(image.grid.n_voxels(), 0.f);
    std::vector<float> with_nan(image.grid.n_voxels(), std::numeric_limits<float>::quiet_NaN());
    for (const auto &voxel : voxels) {
      std::array<int, 3> first;
      for (unsigned int d = 0; d < 3; ++d)
        first[d] = (voxel.corner[d] - low[d]) / lattice_edge;
      const int width = voxel.edge / lattice_edge;
      for (int k = first[2]; k < first[2] + width; ++k)
        for (int j = first[1]; j < first[1] + width; ++j)
          for (int i = first[0]; i < first[0] + width; ++i) {
            const std::size_t index = i + image.grid.size[0] * (j + std::size_t(image.grid.size[1]) * k);
            image.values[index] = with_nan[index] = voxel.value;
          }
    }
    write_image(folder.field(name + "_patient.nii.gz"), image);

    auto grid = RegularGrid::from_voxels(image.grid);
    grid.cell_arrays.push_back({name, "1", 1, with_nan});
    grid.notes = notes;
    grid.notes.insert(grid.notes.begin(), {"frame", "RAS"});
    VtiWriter::write(folder.field(name + "_patient.vti"), grid);
    grid.direction = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    for (unsigned int d = 0; d < 3; ++d)
      grid.origin[d] = domain.origin[d] + domain.unit * low[d];
    grid.notes.front().second = "design";
    VtiWriter::write(folder.field(name + "_design.vti"), grid);
  });
}

} // namespace cageopt::postprocess
