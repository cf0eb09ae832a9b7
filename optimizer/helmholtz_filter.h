#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <meshing/design_domain.h>
#include <optimizer/design_problem.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Filter".
struct FilterParameters
{
  double radius = 2.; ///< mm

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError when the radius is below 1.5 cells.
  void check(double cell_size) const;
};

/// Density filter by a Helmholtz equation on the design cells, with natural boundary conditions:
///   -l^2 laplace(n) + n = x,   rho_c = mean of n over the corners of cell c,   l = R / (2 sqrt 3),
/// Lazarov & Sigmund (2011), doi:10.1002/nme.3072. Trilinear elements with lumped mass: the matrix is then an M-matrix,
/// so that rho stays within the bounds of x, and the mean density is kept. Lumping widens the filter: in one dimension
/// it is exactly as if l^2 were larger by h^2 / 6, h the cell's width (in three, to leading order). That much is taken
/// off l^2 beforehand (down to 0), so that the filter is as wide as with the consistent mass matrix, which lets rho
/// overshoot. With R of 2.5 cells, l would be 15 % too large otherwise.
/// R is the radius of the equivalent cone filter. Vectors are [n owned design cells].
class HelmholtzFilter
{
public:
  /// `cells`: indices of the owned design cells of `domain`, which must outlive this. Collective.
  HelmholtzFilter(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells, double radius);

  /// rho = F x.
  DesignVector apply(const DesignVector &x) const;
  /// df/dx = F^T df/drho.
  DesignVector pull_back(const DesignVector &df_drho) const;

  /// The mesh of the design cells, in their order.
  const meshing::OctreeMesh &design_mesh() const { return mesh; }
  /// [n local nodes, owned ones valid] volume that belongs to a node, mm3.
  const std::vector<double> &nodal_volume() const { return lumped_mass; }
  /// The nodal field whose products with all test functions are `right_hand_side` [n local nodes, ghosts count]; in the
  /// result ghosts are up to date. Collective.
  std::vector<double> solve(std::vector<double> right_hand_side) const;

private:
  void multiply(std::vector<double> &dst, std::vector<double> &src) const;
  /// l^2 times the edge of a cell, l^2 less what lumping adds.
  double stiffness(std::uint32_t cell) const;

  std::unique_ptr<meshing::OctreeMesh> own_mesh; ///< of the design cells; none where these are the whole domain
  const meshing::OctreeMesh &mesh;
  double unit;
  double length_squared;
  std::vector<double> diagonal, lumped_mass;
};

} // namespace cageopt::optimizer
