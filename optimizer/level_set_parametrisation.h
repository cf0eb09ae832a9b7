#pragma once

#include <optimizer/field_map.h>
#include <optimizer/level_set_grid.h>
#include <optimizer/parametrisation.h>
#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// Material where a level set function is positive. With v the share of a cell in which phi > 0 (see CutCell), rho the
/// density of the lattice there and C_o the stiffness of openings:
///   C = C_o + v (C_lattice(rho) - C_o),   density = v rho,   utilisation = v^(1/2) C_lattice(rho) / strength(rho),
/// the root relaxed as in TwoFieldParametrisation.
///
/// The variables are [phi of the owned nodes, mm | rho of the owned design cells, if it is free | insertion of the
/// owned design cells]. The insertion e adds to v. It is no freedom, both its bounds are 0, but df/de is the
/// topological derivative per cell: of a small ball of material (or, negative, of void) inside the cell, times the
/// cell's volume. To that end the derivative by the stiffness is multiplied with the dilute limit for a ball of Young's
/// modulus E_i in a cell of modulus E_c, 1 / (1 + beta (E_i / E_c - 1)), beta = (8 - 10 nu) / (15 (1 - nu)) of Eshelby
/// (1957), Proc R Soc A 241:376, with nu = 0.3. In cut cells that factor is 1.
class LevelSetParametrisation : public Parametrisation
{
public:
  /// `density_map`: from the variables of rho to rho; null: rho is fixed at the law's upper density. `period`: of the
  /// pattern that uniform() starts from, mm. grid and law must outlive this.
  LevelSetParametrisation(const LevelSetGrid &grid, const FieldMap *density_map, const StiffnessLaw &law,
                          const inputs::CubicStiffness &opening, double period);

  const LevelSetGrid &grid() const { return nodes; }
  bool has_density() const { return !maps.empty(); }
  /// Where the densities and the insertions begin among the variables.
  std::size_t first_density() const { return nodes.n_nodes(); }
  std::size_t first_insertion() const { return nodes.n_nodes() + (has_density() ? n_cells : 0); }

  std::size_t n_variables() const override { return first_insertion() + n_cells; }
  void bounds(DesignVector &lower, DesignVector &upper) const override;
  DesignState state(const DesignVector &x) const override;
  DesignVector pull_back(const DesignState &state, const StateGradient &gradient) const override;
  /// A gyroid network of the right volume, because a surface is needed to move; between 10 and 90 % of the volume.
  /// Collective.
  DesignVector uniform(double density) const override;
  std::vector<std::pair<std::string, DesignVector>> fields(const DesignState &state) const override;

private:
  std::array<double, 8> corners(const std::vector<double> &phi, std::uint32_t cell) const;

  const LevelSetGrid &nodes;
  std::vector<FieldMap> maps; ///< none or one, of rho
  const StiffnessLaw &law;
  inputs::CubicStiffness opening;
  double period;
  std::size_t n_cells;
};

} // namespace cageopt::optimizer
