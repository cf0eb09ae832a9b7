#include <meshing/cage_surfaces.h>

#include <cmath>

#include <deal.II/base/mpi.h>

#include <inputs/case_file.h>
#include <inputs/collective.h>
#include <inputs/surface_axes.h>
#include <inputs/surface_file.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

TriangleSurface read_everywhere(const std::string &path, std::vector<std::string> &warnings, MPI_Comm comm)
{
  std::vector<std::string> told;
  std::vector<Point> points;
  std::vector<TriangleSurface::Triangle> triangles;
  on_root(comm, [&] {
    const auto surface = read_surface(path);
    points = surface.points();
    triangles = surface.triangles();
    told = surface.warnings();
  });
  int sizes[2] = {static_cast<int>(points.size()), static_cast<int>(triangles.size())};
  MPI_Bcast(sizes, 2, MPI_INT, 0, comm);
  points.resize(sizes[0]);
  triangles.resize(sizes[1]);
  MPI_Bcast(points.data(), 3 * sizes[0], MPI_DOUBLE, 0, comm);
  MPI_Bcast(triangles.data(), 3 * sizes[1], MPI_UINT32_T, 0, comm);
  told = dealii::Utilities::MPI::broadcast(comm, told);
  warnings.insert(warnings.end(), told.begin(), told.end());
  return {path, points, triangles};
}

Affine to_design(const CageParameters &given, const Affine &design_to_world)
{
  if (given.envelope_axes != "design")
    return design_to_world.inverse() * axes_to_ras(given.envelope_axes, "'Cage/Envelope axes'");
  const double angle = given.rotation * 3.14159265358979323846 / 180.;
  Affine motion;
  motion.linear = {{{std::cos(angle), -std::sin(angle), 0}, {std::sin(angle), std::cos(angle), 0}, {0, 0, 1}}};
  motion.offset = {given.offset_right, given.offset_anterior, 0};
  return motion;
}

} // namespace

CageSurfaces CageSurfaces::read(const CageParameters &parameters, const Affine &design_to_world, MPI_Comm comm)
{
  CageSurfaces result;
  parameters.check();
  if (parameters.family != "surface")
    return result;
  const auto motion = to_design(parameters, design_to_world);
  const auto read = [&](const std::string &file) {
    return read_everywhere(resolve_path(parameters.data_directory, file), result.warnings, comm).moved(motion);
  };
  result.envelope = read(parameters.envelope_file);
  if (!parameters.window_file.empty())
    result.window = read(parameters.window_file);
  return result;
}

} // namespace cageopt::meshing
