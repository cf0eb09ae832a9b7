#pragma once

#include <optimizer/level_set_parametrisation.h>
#include <optimizer/quadratic_step.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

/// Subsection "Level set".
struct LevelSetParameters
{
  unsigned int maximum_iterations = 300; ///< in a case: that of subsection "Optimizer"
  double move_limit = .5;                ///< of the surface, in cells
  double density_move_limit = .1;        ///< relative to the range of rho
  double constraint_rate = .2;
  double start_period = 4; ///< in filter radii
  unsigned int nucleation_interval = 10;
  unsigned int last_nucleation = 100;
  double nucleation_radius = 1; ///< in filter radii
  double nucleation_share = .02;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

/// All that the optimiser needs of earlier iterations; vectors are [phi of the owned nodes | rho of the cells].
struct LevelSetMemory
{
  DesignVector move; ///< largest step of each variable
  DesignVector last_step;
  std::vector<double> multipliers;
  std::vector<double> expected;             ///< constraints that the last step was to lead to
  std::vector<double> drift;                ///< how far they were missed of late
  double reduction = 1;                     ///< of all move limits, since progress ended
  std::vector<std::vector<double>> history; ///< [latest iterations, older first][objective, constraints]
};

/// Moves the surface of a LevelSetParametrisation, and its densities, to a constrained minimum by sequential
/// programming (Dunning & Kim 2015, Struct Multidisc Optim 51:631, who have the multipliers and move limits; Feppon,
/// Allaire & Dapogny 2020, ESAIM: COCV 26:90, for several constraints and the bounded restoration).
///
/// An iteration: derivatives by phi are made velocities s_k by the H1 inner product of LevelSetGrid; QuadraticStep
/// finds velocities and density steps u, with the linearised constraints
///   dg_k . u <= max(-g_k - drift_k, -rate (what the move limits allow at most)),
/// whose multipliers are those of the Lagrangian; phi takes a step of the Hamilton-Jacobi equation
///   phi_t = V |grad phi|,   |grad phi| = 1,   V the smoothed u,
/// and is made a distance again. The drift, a running mean of how far constraints came out from where the step was to
/// lead, makes up for what is not linear.
/// Where a variable's step turns back its own move limit shrinks, where it keeps its direction it grows, as the
/// asymptotes of MMA do. When the Lagrangian fell by less than 1e-3 of the objective in ten iterations, and the
/// constraints hold, all move limits shrink with each iteration, and with them how far phi is made a distance again,
/// until the design rests. Every few iterations, up to a last one, balls of void (or of material) are put where the
/// topological derivative of the Lagrangian says that they pay most, away from the surface.
///
/// KKT residual, dimensionless: with the Lagrangian's velocity s = s_0 + sum lambda_k s_k, cell edge h, volume V and
/// F = max(|f|, 1e-30), the largest of min(1, |s| h V / F) at nodes within a cell of the surface, of the projected
/// gradient of the densities as in Mma, and of lambda_k max(0, -g_k) / F. Results do not depend on the number of ranks
/// but for rounding.
class LevelSetOptimizer : public Optimizer
{
public:
  /// `radius`: of nucleated balls, mm; at least 1.5 cells.
  LevelSetOptimizer(const LevelSetParameters &parameters, const LevelSetParametrisation &parametrisation,
                    double radius);

  /// `problem` is over the variables of the parametrisation. Throws Error{bad_input} when phi has no surface.
  OptimizerSummary minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer) override;

private:
  void unpack(std::size_t n_constraints);
  OptimizerState packed() const;
  QuadraticStep linearised(const Evaluation &evaluation) const;
  /// Strides for which a typical step at the surface is as long as the move limit, then multipliers and step.
  DesignVector solve(MPI_Comm comm, const DesignVector &x, QuadraticStep &problem);
  void set_move_limits(const DesignVector &x, const Evaluation &evaluation, MPI_Comm comm,
                       QuadraticStep &problem) const;
  /// Shrinks the moves when there was no progress of late.
  void update_reduction(const Evaluation &evaluation);
  double kkt_residual(MPI_Comm comm, const DesignVector &x, const QuadraticStep &problem,
                      const Evaluation &evaluation) const;
  /// True if any ball was inserted.
  bool nucleate(MPI_Comm comm, const Evaluation &evaluation, DesignVector &phi) const;

  const LevelSetParameters parameters;
  const LevelSetParametrisation &parametrisation;
  const LevelSetGrid &grid;
  double radius;
  LevelSetMemory next; ///< after the present iteration
};

} // namespace cageopt::optimizer
