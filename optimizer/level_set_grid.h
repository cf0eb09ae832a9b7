#pragma once

#include <algorithm>
#include <array>

#include <optimizer/helmholtz_filter.h>

namespace cageopt::optimizer {

/// A level set function phi on the nodes of the design cells: phi > 0 is material, and |phi| is the distance to the
/// material's surface, mm, cut off at band(). Where cells of two sizes meet, hanging nodes follow their masters. Nodal
/// vectors are [n_nodes()], the nodes that this rank owns. The border of the design cells is no surface: phi knows
/// nothing beyond it. All functions are collective, and do not depend on the number of ranks but for rounding.
class LevelSetGrid
{
public:
  /// `cells`: indices of the owned design cells of `domain`, which must outlive this. `radius`: of regularised() and
  /// extended(), as the radius of HelmholtzFilter, mm.
  LevelSetGrid(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells, double radius);

  const meshing::OctreeMesh &mesh() const { return filter.design_mesh(); }
  std::size_t n_nodes() const { return mesh().n_owned_nodes(); }
  double edge() const { return smallest_edge; } ///< of the smallest cells, mm
  double edge(const std::uint32_t cell) const { return unit * mesh().cell(cell).edge(); }
  double volume(const std::uint32_t cell) const { return edge(cell) * edge(cell) * edge(cell); }
  double total_volume() const { return whole_volume; } ///< of all cells of all ranks
  double band() const { return std::max(6. * largest_edge, 2. * radius); }
  /// mm in the design frame: of an owned node, and of a cell's lowest node.
  inputs::Point position(std::uint32_t node) const;
  inputs::Point corner(std::uint32_t cell) const { return position(mesh().nodes_of(cell)[0]); }
  /// Volume that belongs to each node, mm3; only the owned ones are valid.
  const std::vector<double> &nodal_volume() const { return filter.nodal_volume(); }
  /// With ghosts and hanging nodes: [n local nodes].
  std::vector<double> with_ghosts(const DesignVector &field) const;

  /// The Riesz representative V of a derivative g = dJ/dphi in the inner product of H1, with l = radius / (2 sqrt 3):
  ///   int (l^2 grad V . grad w + V w) = sum_i g_i w_i for all w.
  /// g lives on the surface; V is smooth and extends it to the volume. Unit: that of g per mm3.
  DesignVector regularised(const DesignVector &derivative) const;
  /// S u, the solution of -l^2 laplace V + V = u; |V| <= max |u|. Its transpose is nodal_volume * regularised(.).
  DesignVector extended(const DesignVector &u) const;

  /// Makes phi a signed distance again, and keeps its zero set: next to it phi is divided by its slope across it
  /// (Russo & Smereka 2000, J Comput Phys 163:51), elsewhere the eikonal equation |grad phi| = 1 is solved with
  /// Godunov's differences (Rouy & Tourin 1992, SIAM J Numer Anal 29:867) by iteration from that, up to the band.
  /// Slopes between 1/slack and slack are left as they are: then shares of cut cells do not change at all.
  void redistance(DesignVector &phi, double slack = 1) const;

private:
  /// A node's neighbour on one side: the nearest along that axis.
  struct Neighbour
  {
    double value = 0, distance = 0; ///< mm; 0: there is none
  };
  static constexpr unsigned int n_sides = 6; ///< lower and upper along x, y, z
  /// [n_nodes()][side]
  std::vector<std::array<Neighbour, n_sides>> neighbours(const DesignVector &field) const;

  const meshing::DesignDomain &domain;
  HelmholtzFilter filter;
  double radius, unit, smallest_edge, largest_edge, whole_volume;
  unsigned int lowest_level, n_levels;
  std::vector<std::uint8_t> count; ///< [n_nodes()][side][level] cells of that size along the edge to that neighbour
};

} // namespace cageopt::optimizer
