#pragma once

#include <array>
#include <vector>

#include <inputs/load_case.h>
#include <meshing/design_domain.h>
#include <optimizer/response.h>
#include <solver/elasticity_solver.h>

namespace cageopt::optimizer {

/// sum_l w_l W_lj W_lk of the load cases: all that a quadratic response needs to know of them, since every load case is
/// a combination of the unit wrenches' solutions. W in N and N mm.
using LoadMatrix = std::array<std::array<double, 6>, 6>;
LoadMatrix load_matrix(const std::vector<inputs::LoadCase> &load_cases);
/// sum_jk a_jk b_jk
double contract(const LoadMatrix &a, const LoadMatrix &b);

/// Linear elasticity of the whole segment: displacements for the domain's unit loads at the present design, and the
/// adjoint solves of responses. The domain must outlive this.
class SegmentAnalysis
{
public:
  SegmentAnalysis(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters);

  const meshing::DesignDomain &domain() const { return meshed; }
  /// Owned design cells, as indices into the domain's cells; DesignVectors are in this order.
  const std::vector<std::uint32_t> &design_cells() const { return design; }
  unsigned int n_columns() const { return meshed.n_load_columns; }

  /// Of the solves to come, see ElasticitySolver.
  void set_relative_tolerance(double relative_tolerance) { elasticity.set_relative_tolerance(relative_tolerance); }
  double relative_tolerance() const { return elasticity.relative_tolerance(); }

  /// Cell stiffness [n_cells] with the design's material in the design cells, solid frame, and graft in the window.
  std::vector<inputs::CellStiffness> with_cage(const DesignState &state) const;
  /// Before surgery: disc in the envelope.
  const std::vector<inputs::CellStiffness> &intact() const { return meshed.intact; }
  /// The whole envelope filled with one material.
  std::vector<inputs::CellStiffness> with_envelope(const inputs::CellStiffness &material) const;

  /// Solves for the unit loads with any material, without touching the present design's displacements.
  solver::BlockVector<double> displacements_for(const std::vector<inputs::CellStiffness> &stiffness);

  /// Makes `state` the present design: new coefficients, unit displacements solved from the last ones as start.
  void update(const DesignState &state);
  solver::BlockVector<double> &displacements() { return unit_displacements; }
  const solver::BlockVector<double> &loads() const { return unit_loads; }
  /// K^-1 f for the present design; `x` is the start and the result.
  solver::SolveReport solve(solver::BlockVector<double> &x, const solver::BlockVector<double> &f);

  /// d/drho of sum over columns of u^T K v for the present slopes: [n owned design cells].
  DesignVector stiffness_gradient(const DesignState &state, solver::BlockVector<double> &u,
                                  solver::BlockVector<double> &v) const;
  /// result[column j] = sum_k A_jk u[column k].
  solver::BlockVector<double> combine(const LoadMatrix &a, const solver::BlockVector<double> &u) const;
  /// u_j . v_k over owned nodes of all ranks.
  LoadMatrix dot_matrix(const solver::BlockVector<double> &u, const solver::BlockVector<double> &v) const;

  /// Largest relative residual and iterations of the latest solve, and iterations of all so far.
  const solver::SolveReport &last_report() const { return latest; }
  /// Of the present design's displacements.
  const solver::SolveReport &state_report() const { return forward; }
  unsigned int total_iterations() const { return iterations; }
  /// Resultants of loads and reactions of the present solution, [column][force, moment about the origin]: their
  /// largest difference relative to the load.
  double reaction_imbalance();

  solver::BlockVector<double> make_vector() const { return elasticity.make_vector(n_columns()); }

private:
  const meshing::DesignDomain &meshed;
  std::vector<std::uint32_t> design;
  std::vector<inputs::CellStiffness> with_design(const std::vector<inputs::CubicStiffness> &materials) const;
  /// Gives the solver the present design's material again after displacements_for().
  void restore_present();

  std::vector<inputs::CubicStiffness> present; ///< [n owned design cells] of the present design
  solver::ElasticitySolver elasticity;
  solver::BlockVector<double> unit_loads, unit_displacements;
  bool is_present = false; ///< whether the solver holds `present`
  solver::SolveReport latest;
  solver::SolveReport forward;
  unsigned int iterations = 0;
};

} // namespace cageopt::optimizer
