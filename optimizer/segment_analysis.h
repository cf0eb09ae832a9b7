#pragma once

#include <array>
#include <memory>
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
/// adjoint solves of responses. The cage is bonded to the bone; derived classes may see the interface otherwise. The
/// domain must outlive this.
class SegmentAnalysis
{
public:
  SegmentAnalysis(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                  std::vector<inputs::LoadCase> load_cases);
  /// The same segment, bonded, with other bone and loads: `intact` [n_cells] takes the place of the domain's, all
  /// wrenches are multiplied by `load_factor`. Mesh and solver are shared with `other`, which one at a time uses;
  /// displacements are its own. total_iterations() of each counts those of all. `other` must be bonded, too.
  SegmentAnalysis(const SegmentAnalysis &other, std::vector<inputs::CellStiffness> intact, double load_factor);
  virtual ~SegmentAnalysis() = default;
  SegmentAnalysis(const SegmentAnalysis &) = delete;
  SegmentAnalysis &operator=(const SegmentAnalysis &) = delete;

  /// As combinations of the unit loads' columns.
  const std::vector<inputs::LoadCase> &load_cases() const { return cases; }
  /// Of all load cases, for normalisations and values.
  const LoadMatrix &load_matrix() const { return all_loads; }
  /// Gradients from now on hold only what comes through load case `index`: over all load cases these add up to the
  /// whole gradient. A negative index asks for the whole again. Values are not affected.
  void focus(int index);
  bool counts(const unsigned int load_case) const { return focused < 0 || focused == int(load_case); }
  /// Of the load cases that count in gradients.
  const LoadMatrix &focused_load_matrix() const { return focused_loads; }

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
  const std::vector<inputs::CellStiffness> &intact() const { return own_intact.empty() ? meshed.intact : own_intact; }
  /// The whole envelope filled with one material.
  std::vector<inputs::CellStiffness> with_envelope(const inputs::CellStiffness &material) const;

  /// The present design's cell stiffness [n_cells] as load case `index` sees it.
  virtual std::vector<inputs::CellStiffness> present_stiffness(std::size_t index) const;
  /// Whether an owned cell carries a law of the interface: its strain is then that of a gap, not of its material.
  virtual bool is_interface(std::uint32_t /*cell*/) const { return false; }
  /// From now on whether parts of the interface are closed or open stays as the present design has them, so that
  /// responses are smooth functions of the design.
  virtual void hold_interface(bool /*held*/) {}

  /// Solves for loads() with any material and a bonded interface, without touching the present design's displacements.
  solver::BlockVector<double> displacements_for(const std::vector<inputs::CellStiffness> &stiffness);

  /// Makes `state` the present design: new coefficients, displacements solved from the last ones as start.
  virtual void update(const DesignState &state);
  /// Displacements, mm, and forces, N, of the columns that load_cases() combines: here those of the unit wrenches.
  solver::BlockVector<double> &displacements() { return column_displacements; }
  const solver::BlockVector<double> &loads() const { return column_loads; }
  /// K^-1 f for the present design; `x` is the start and the result.
  virtual solver::SolveReport solve(solver::BlockVector<double> &x, const solver::BlockVector<double> &f);

  /// Derivatives of sum over columns of u^T K v with respect to the stiffness of each owned design cell.
  virtual std::vector<inputs::CubicStiffness> stiffness_gradient(solver::BlockVector<double> &u,
                                                                 solver::BlockVector<double> &v) const;
  /// result[column j] = sum_k A_jk u[column k].
  solver::BlockVector<double> combine(const LoadMatrix &a, const solver::BlockVector<double> &u) const;
  /// u_j . v_k over owned nodes of all ranks.
  LoadMatrix dot_matrix(const solver::BlockVector<double> &u, const solver::BlockVector<double> &v) const;

  /// Largest relative residual and iterations of the latest solve, and iterations of all so far.
  const solver::SolveReport &last_report() const { return latest; }
  /// Of the present design's displacements.
  const solver::SolveReport &state_report() const { return forward; }
  unsigned int total_iterations() const { return shared->iterations; }
  /// Resultants of loads and reactions of the present solution, [column][force, moment about the origin]: their
  /// largest difference relative to the load.
  double reaction_imbalance();

  solver::BlockVector<double> make_vector() const { return elasticity.make_vector(n_columns()); }

protected:
  /// K u of the present design's displacements on all components, N.
  virtual solver::BlockVector<double> internal_forces();
  std::vector<inputs::CellStiffness> with_design(const std::vector<inputs::CubicStiffness> &materials) const;
  void count(const solver::SolveReport &report);

  /// What analyses of one mesh have in common.
  struct Shared
  {
    Shared(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters)
        : elasticity(domain.mesh, domain.unit, domain.fixed, parameters)
    {
    }
    solver::ElasticitySolver elasticity;
    const SegmentAnalysis *latest_user = nullptr; ///< that gave the solver its material
    unsigned int iterations = 0;
  };

  std::shared_ptr<Shared> shared;
  std::vector<inputs::CubicStiffness> present; ///< [n owned design cells] of the present design
  solver::ElasticitySolver &elasticity;        ///< the shared one
  solver::BlockVector<double> column_loads, column_displacements;
  bool is_present = false; ///< whether it was `present` that this gave the solver last
  solver::SolveReport forward;

private:
  /// Gives the solver the present design's material again after displacements_for().
  void restore_present();

  const meshing::DesignDomain &meshed;
  std::vector<inputs::CellStiffness> own_intact; ///< empty: the domain's
  std::vector<inputs::LoadCase> cases;
  LoadMatrix all_loads, focused_loads;
  int focused = -1;
  std::vector<std::uint32_t> design;
  solver::SolveReport latest;
};

} // namespace cageopt::optimizer
