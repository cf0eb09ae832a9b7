// Writes a small synthetic run folder with the project's writers, and beside it, in expected/, the raw bytes of every
// array as each rank held them. The scene is what a cage run looks like: two vertebral bodies, a disc, a cage with
// frame and window, all ellipses of crude numbers; no mechanics.
//   usage: mpirun -n N postprocess_sample FOLDER [cell size in mm]
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <tuple>

#include <mpi.h>

#include <inputs/collective.h>
#include <postprocess/output_folder.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vti_writer.h>
#include <postprocess/vtu_writer.h>

using namespace cageopt;
using namespace cageopt::postprocess;

namespace {

enum Region : std::uint8_t
{
  outside = 0,
  cranial_bone = 1,
  caudal_bone = 2,
  disc = 3,
  design = 4,
  frame = 5,
  window = 6
};

Region region_at(const inputs::Point &x)
{
  const double radius = std::hypot(x[0] / 22, x[1] / 16);
  if (radius > 1)
    return outside;
  if (std::abs(x[2]) > 5)
    return x[2] > 0 ? cranial_bone : caudal_bone;
  if (radius > 0.85)
    return disc;
  if (radius > 0.75)
    return frame;
  return radius < 0.3 ? window : design;
}

GridView make_grid(const int rank, const int n_ranks, const double h, const double density_scale)
{
  const int n[3] = {int(44 / h), int(32 / h), int(50 / h)};
  GridView grid;
  std::map<std::tuple<int, int, int>, std::uint32_t> point_index;
  std::vector<double> density, modulus, bmd, displacement;
  std::vector<float> strain;
  std::vector<std::uint8_t> regions;
  for (int k = n[2] * rank / n_ranks; k < n[2] * (rank + 1) / n_ranks; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i) {
        const inputs::Point centre = {{-22 + (i + 0.5) * h, -16 + (j + 0.5) * h, -25 + (k + 0.5) * h}};
        const Region region = region_at(centre);
        if (region == outside)
          continue;
        std::array<std::uint32_t, 8> vertices;
        for (int vertex = 0; vertex < 8; ++vertex) {
          const int a = i + vertex % 2, b = j + vertex / 2 % 2, c = k + vertex / 4;
          const auto [entry, is_new] = point_index.try_emplace({a, b, c}, std::uint32_t(grid.points.size()));
          if (is_new)
            grid.points.push_back({{-22 + a * h, -16 + b * h, -25 + c * h}});
          vertices[vertex] = entry->second;
        }
        grid.hexahedra.push_back(lexicographic_to_vtk(vertices));
        const double radius = std::hypot(centre[0] / 22, centre[1] / 16);
        const bool bone = region == cranial_bone || region == caudal_bone;
        const double rho = region == frame ? 1 : region == design ? density_scale * (0.1 + 0.4 * radius * radius) : 0;
        const double endplate = std::exp(-(std::abs(centre[2]) - 5) / 1.5);
        regions.push_back(region);
        density.push_back(rho);
        bmd.push_back(bone ? 75 + 15 * std::sin(centre[0]) * std::cos(centre[1]) + 250 * endplate +
                                 (radius > 0.92 ? 400 : 0)
                           : 0);
        modulus.push_back(bone               ? 3 * bmd.back()
                          : region == disc   ? 4.2
                          : region == window ? 100
                          : region == frame  ? 110000
                                             : 30000 * rho * rho);
        strain.push_back(float(-1e-3 * (bone ? 1 + 3 * endplate * radius : region == disc ? 12 : 0.5)));
      }
  for (const auto &point : grid.points)
    for (int component = 0; component < 3; ++component)
      displacement.push_back(component == 2 ? -0.01 * (point[2] + 25) : 1e-3 * point[component]);
  grid.cell_arrays = {{"density", "1", 1, density},
                      {"youngs_modulus", "MPa", 1, modulus},
                      {"strain_min_principal", "1", 1, strain},
                      {"region", "1", 1, regions},
                      {"bmd", "mg/cm3", 1, bmd}};
  grid.point_arrays = {{"displacement", "mm", 3, displacement}};
  grid.notes = {{"frame", "design: x right, y anterior, z cranial"}};
  return grid;
}

void dump(const std::string &path, const void *data, const std::size_t n_bytes)
{
  std::ofstream(path, std::ios::binary).write(static_cast<const char *>(data), std::streamsize(n_bytes));
}

void dump(const std::string &stem, const std::vector<GridArray> &arrays, const std::string &suffix)
{
  for (const auto &array : arrays)
    std::visit([&](const auto &data) { dump(stem + array.name + suffix, data.data(), data.size() * sizeof(data[0])); },
               array.values);
}

void run(const std::string &path, const double cell_size)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const OutputFolder folder(MPI_COMM_WORLD, path, true);
  const VtuWriter writer(MPI_COMM_WORLD, path);
  PvdSeries series(MPI_COMM_WORLD, folder.series());
  series.append(1, writer.write(folder.step_name(1), make_grid(rank, n_ranks, cell_size, 0.5)));
  const GridView grid = make_grid(rank, n_ranks, cell_size, 1);
  series.append(10, writer.write(folder.step_name(10), grid));

  const std::string expected = path + "/expected/";
  inputs::on_root(MPI_COMM_WORLD, [&] { std::filesystem::create_directories(expected); });
  const std::string suffix = "." + std::to_string(rank);
  dump(expected + "points" + suffix, grid.points.data(), grid.points.size() * sizeof(grid.points[0]));
  dump(expected + "hexahedra" + suffix, grid.hexahedra.data(), grid.hexahedra.size() * sizeof(grid.hexahedra[0]));
  dump(expected, grid.cell_arrays, suffix);
  dump(expected, grid.point_arrays, suffix);

  inputs::on_root(MPI_COMM_WORLD, [&] {
    inputs::ImageGrid voxels;
    voxels.size = {{5, 4, 3}};
    voxels.index_to_world.linear = {{{{0, -1, 0}}, {{0.6, 0, -1.6}}, {{0.8, 0, 1.2}}}};
    voxels.index_to_world.offset = {{10, 20, 30}};
    RegularGrid image = RegularGrid::from_voxels(voxels);
    std::vector<float> density(voxels.n_voxels());
    std::vector<double> centres;
    for (std::size_t i = 0; i < density.size(); ++i) {
      density[i] = i % 7 == 0 ? NAN : 0.1f * float(i);
      const auto centre = voxels.index_to_world({{double(i % 5), double(i / 5 % 4), double(i / 20)}});
      centres.insert(centres.end(), centre.begin(), centre.end());
    }
    image.cell_arrays = {{"density", "1", 1, density}};
    image.notes = {{"frame", "RAS"}};
    VtiWriter::write(folder.field("density.vti"), image);
    dump(expected + "vti_", image.cell_arrays, "");
    dump(expected + "vti_centres", centres.data(), centres.size() * sizeof(double));
  });
}

} // namespace

int main(int argc, char **argv)
{
  MPI_Init(&argc, &argv);
  int status = 0;
  try {
    run(argc > 1 ? argv[1] : "sample_run", argc > 2 ? std::atof(argv[2]) : 2.);
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    status = 1;
  }
  MPI_Finalize();
  return status;
}
