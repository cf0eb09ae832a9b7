#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

#include <inputs/cell_stiffness.h>
#include <inputs/geometry.h>
#include <meshing/octree_mesh.h>

namespace cageopt::meshing {

/// What a cell is. The numbers are those of the array "region" in every output.
enum class Region : std::uint8_t
{
  cranial_bone = 1,
  caudal_bone = 2,
  disc = 3,
  design = 4,
  frame = 5,
  window = 6,
  fixation = 7 ///< mostly screw or rod
};
constexpr int n_regions = 8; ///< arrays over regions; nothing is 0
constexpr const char *region_names[n_regions] = {"",       "cranial bone", "caudal bone", "disc",
                                                 "design", "frame",        "window",      "fixation"};
constexpr bool is_bone(const Region region) { return region == Region::cranial_bone || region == Region::caudal_bone; }
constexpr bool is_cage(const Region region) { return region >= Region::design && region <= Region::window; }

/// Force per column at a node, N; see DesignDomain::loads.
struct NodalLoad
{
  std::uint32_t node;                     ///< local, owned, ghost or hanging
  std::array<std::array<double, 3>, 6> f; ///< [column][component]
};

/// The meshed problem, constant once built: an octree in the design frame with a region and a material for each cell,
/// supports, and unit loads. Positions are origin + unit * lattice, mm in the design frame.
struct DesignDomain
{
  explicit DesignDomain(OctreeMesh octree) : mesh(std::move(octree)) {}

  OctreeMesh mesh;
  double unit = 1; ///< mm per lattice unit; the smallest cells have edge `unit`
  inputs::Point origin{{0, 0, 0}};

  std::vector<Region> region;                ///< [n_cells]
  std::vector<inputs::CellStiffness> intact; ///< [n_cells] MPa, before surgery: bone from the image, disc
  std::vector<float> bmd;                    ///< [n_cells] mean density of the cell's bone, mg/cm3, NaN elsewhere
  std::vector<float> bone_fraction;          ///< [n_cells] share of the cell that is bone of the two bodies
  std::vector<float> cage_distance;          ///< [n_cells] from the cell's centre to the envelope, mm
  inputs::CubicStiffness disc, graft, frame; ///< MPa
  inputs::CubicStiffness fixation;           ///< MPa, of posterior screws and rods
  std::vector<float> metal_share;  ///< [n_cells] share of the cell that is screw or rod; empty: there are none
  std::vector<std::uint8_t> fixed; ///< [n_local_nodes] bits of fixed components
  std::vector<NodalLoad> loads;    ///< unit wrenches 0..5 (N, N mm), or the loads themselves
  unsigned int n_load_columns = 6; ///< columns of `loads` in use

  inputs::Point cell_centre(const std::uint32_t cell) const
  {
    const auto &c = mesh.cell(cell);
    const double half = .5 * c.edge();
    return {origin[0] + unit * (c.corner[0] + half), origin[1] + unit * (c.corner[1] + half),
            origin[2] + unit * (c.corner[2] + half)};
  }
  inputs::Point node_position(const std::uint32_t node) const
  {
    const auto &p = mesh.position(node);
    return {origin[0] + unit * p[0], origin[1] + unit * p[1], origin[2] + unit * p[2]};
  }
  inputs::Point corner(const std::uint32_t cell) const
  {
    const auto &c = mesh.cell(cell).corner;
    return {origin[0] + unit * c[0], origin[1] + unit * c[1], origin[2] + unit * c[2]};
  }
  double edge(const std::uint32_t cell) const { return unit * mesh.cell(cell).edge(); }
  double volume(const std::uint32_t cell) const { return edge(cell) * edge(cell) * edge(cell); }
  /// About how much of the cell lies within `distance` mm of the cage's envelope, 0 to 1.
  double share_within(const std::uint32_t cell, const double distance) const
  {
    return std::clamp(.5 + (distance - cage_distance[cell]) / edge(cell), 0., 1.);
  }
  /// Puts screws and rods into the stiffness of a segment without them, [n_cells], by their share of each cell.
  void add_fixation(std::vector<inputs::CellStiffness> &stiffness) const;
  std::uint64_t n_unknowns() const { return 3 * mesh.n_global_nodes(); }
};

/// Loads on the nodes of the upper faces of some cells that make up the six unit wrenches about
/// `reference`: tractions t = sum_k alpha_k R_k, R_k the rigid motions, the coefficients from the faces' Gram matrix,
/// so that resultant force and moment are exact to rounding (the traction is linear over the face). Collective.
std::vector<NodalLoad> unit_wrench_loads(const OctreeMesh &mesh, double unit, const inputs::Point &origin,
                                         const std::vector<std::uint32_t> &cells_with_loaded_top,
                                         const inputs::Point &reference);

} // namespace cageopt::meshing
