#include <meshing/bone_integrals.h>

#include <algorithm>
#include <cmath>

#include <meshing/convex_polyhedron.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

/// Half of an affine map's image of the unit cube, along one axis of its target.
double half_width(const Affine &map, const int axis)
{
  return .5 * (std::abs(map.linear[axis][0]) + std::abs(map.linear[axis][1]) + std::abs(map.linear[axis][2]));
}

Point unit_vector(const int axis)
{
  Point result = {{0, 0, 0}};
  result[axis] = 1;
  return result;
}

} // namespace

BoneIntegrals &BoneIntegrals::operator+=(const BoneIntegrals &other)
{
  for (int body = 0; body < 2; ++body) {
    bone[body] += other.bone[body];
    mineral[body] += other.mineral[body];
  }
  modulus += other.modulus;
  disc += other.disc;
  return *this;
}

BoneIntegrator::BoneIntegrator(const Patient &patient, const Affine &design_to_index)
    : patient(patient), design_to_index(design_to_index),
      voxel_volume(std::abs(patient.labels.grid.index_to_world.determinant()))
{
}

int BoneIntegrator::body_of(const std::uint16_t label) const
{
  return label == patient.level.caudal ? caudal_body : label == patient.level.cranial ? cranial_body : -1;
}

BoneIntegrator::Neighbourhood BoneIntegrator::around(const Point &corner, const double edge) const
{
  Neighbourhood near;
  const Point centre = design_to_index(corner + Point{.5 * edge, .5 * edge, .5 * edge});
  const auto &size = patient.labels.grid.size;
  for (int d = 0; d < 3; ++d) {
    const double reach = edge * half_width(design_to_index, d);
    const int first = static_cast<int>(std::floor(centre[d] - reach + .5));
    const int last = static_cast<int>(std::floor(centre[d] + reach + .5));
    near.first[d] = std::max(first, 0);
    near.last[d] = std::min(last, size[d] - 1);
    near.is_cut = near.is_cut || first < 0 || last >= size[d];
  }
  for (int k = near.first[2]; k <= near.last[2]; ++k)
    for (int j = near.first[1]; j <= near.last[1]; ++j)
      for (int i = near.first[0]; i <= near.last[0]; ++i) {
        const auto label = patient.labels(i, j, k);
        near.has_body = near.has_body || body_of(label) >= 0;
        near.has_disc = near.has_disc || label == patient.level.disc;
        near.is_all_disc = near.is_all_disc && label == patient.level.disc;
      }
  return near;
}

bool BoneIntegrator::may_hold_tissue(const Point &corner, const double edge) const
{
  const auto near = around(corner, edge);
  return near.has_body || near.has_disc;
}

BoneIntegrals BoneIntegrator::over_cube(const Point &corner, const double edge) const
{
  BoneIntegrals sums;
  const auto near = around(corner, edge);
  if (!near.has_body && !near.has_disc)
    return sums;
  if (near.is_all_disc && !near.is_cut) {
    sums.disc = edge * edge * edge;
    return sums;
  }

  // The cube among the voxels, cut into slabs, columns and pieces of one voxel.
  std::array<Point, 3> edges;
  for (int d = 0; d < 3; ++d)
    for (int row = 0; row < 3; ++row)
      edges[d][row] = edge * design_to_index.linear[row][d];
  const auto take = [](ConvexPolyhedron &rest, const int axis, const int voxel) {
    ConvexPolyhedron piece = rest;
    piece.cut(unit_vector(axis), voxel + .5);
    rest.cut(-1. * unit_vector(axis), -(voxel + .5));
    return piece;
  };
  const auto &size = patient.bmd.grid.size;
  ConvexPolyhedron rest(design_to_index(corner), edges);
  for (int d = 0; d < 3; ++d)
    rest.cut(-1. * unit_vector(d), -(near.first[d] - .5)); // beyond the border there is nothing
  for (int k = near.first[2]; k <= near.last[2] && !rest.empty(); ++k) {
    ConvexPolyhedron slab = take(rest, 2, k);
    for (int j = near.first[1]; j <= near.last[1] && !slab.empty(); ++j) {
      ConvexPolyhedron column = take(slab, 1, j);
      for (int i = near.first[0]; i <= near.last[0] && !column.empty(); ++i) {
        const ConvexPolyhedron piece = take(column, 0, i);
        const auto label = patient.labels(i, j, k);
        const int body = body_of(label);
        if (body < 0 && label != patient.level.disc)
          continue;
        const double volume = piece.volume() * voxel_volume;
        if (body < 0) {
          sums.disc += volume;
          continue;
        }
        const std::size_t voxel = i + std::size_t(size[0]) * (j + std::size_t(size[1]) * k);
        sums.bone[body] += volume;
        sums.mineral[body] += 1e-3 * patient.bmd.values[voxel] * volume;
        sums.modulus += patient.youngs_modulus_of(voxel) * volume;
      }
    }
  }
  return sums;
}

BoneIntegrals BoneIntegrator::between(const double z_low, const double z_high) const
{
  BoneIntegrals sums;
  const auto &grid = patient.labels.grid;
  const Affine index_to_design = design_to_index.inverse();
  const double reach = half_width(index_to_design, 2);
  const std::array<Point, 3> edges = {unit_vector(0), unit_vector(1), unit_vector(2)};
  const Point &slope = index_to_design.linear[2];
  const double offset = index_to_design.offset[2];
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const int body = body_of(patient.labels(i, j, k));
        if (body < 0)
          continue;
        const Point index = {{double(i), double(j), double(k)}};
        const double z = index_to_design(index)[2];
        if (z + reach <= z_low || z - reach >= z_high)
          continue;
        double volume = voxel_volume;
        if (z - reach < z_low || z + reach > z_high) {
          ConvexPolyhedron voxel(index - Point{.5, .5, .5}, edges);
          voxel.cut(slope, z_high - offset);
          voxel.cut(-1. * slope, offset - z_low);
          volume *= voxel.volume();
        }
        sums.bone[body] += volume;
        sums.mineral[body] += 1e-3 * patient.bmd(i, j, k) * volume;
      }
  return sums;
}

} // namespace cageopt::meshing
