#pragma once

#include <vector>

#include <mpi.h>

namespace cageopt::optimizer {

/// The separable convex subproblem of MMA, distributed over the variables t (each rank has its own; none is fine):
///   min sum_j (p_0j/(U_j-t_j) + q_0j/(t_j-L_j)) + a0 z + sum_i (c_i y_i + d_i y_i^2/2)
///   sum_j (p_ij/(U_j-t_j) + q_ij/(t_j-L_j)) - a_i z - y_i <= b_i,   alpha <= t <= beta,   y, z >= 0,
/// with L < alpha < beta < U, and p, q >= 0. Dimensionless.
struct MmaSubproblem
{
  std::vector<double> low, upp, alpha, beta, p0, q0; ///< [variable]
  std::vector<std::vector<double>> p, q;             ///< [constraint][variable]
  std::vector<double> a, b, c, d;                    ///< [constraint]; same on all ranks
  double a0 = 1;
  double weight = 1; ///< of the bounds' barrier: 1 / number of variables on all ranks
};

struct MmaSubproblemSolution
{
  std::vector<double> t;      ///< [variable]
  std::vector<double> lambda; ///< [constraint] multipliers; same on all ranks
  double residual = 0;        ///< largest residual of the optimality conditions, those of t divided by `weight`
};

/// Primal-dual interior-point method of Svanberg (2007), MMA and GCMMA: two methods for nonlinear optimization,
/// section 5, in its form with linear systems of the size of the constraints. The barrier parameter falls tenfold from
/// 1 to `tolerance`; at each, damped Newton steps until the largest residual is below 0.9 of it, or no step reduces
/// the residual any more. A Newton step costs four reductions of at most m (m + 3) / 2 numbers, and two more per
/// halving of the step. Collective.
MmaSubproblemSolution solve(MPI_Comm comm, const MmaSubproblem &problem, double tolerance);

} // namespace cageopt::optimizer
