#pragma once

#include <array>

#include <solver/solver_parameters.h>

namespace cageopt::solver {

/// What one rank sends, mean over the ranks.
struct CommunicationVolume
{
  double messages = 0;   ///< point to point
  double bytes = 0;      ///< in them
  double reductions = 0; ///< MPI_Allreduce of one number per right-hand side
  double gathers = 0;    ///< of the coarsest level's right-hand side, by all ranks
};

/// Prediction for a box of cubes that p_x p_y p_z ranks share as equal boxes.
///
/// A node is owned by the lowest rank that touches it. On a level of N_d cells a rank's part has n_d = N_d / p_d, so of
/// prod_d (n_d + 1) nodes, in the mean prod_d (n_d + 1 / p_d) are its own; the others are ghosts, about 3 n^2 of n^3:
/// the faces of the partition. It has prod_d (2 - 1 / p_d) - 1 neighbours to send to, 7 in the interior. Levels of
/// fewer cells than ranks are shared by as many ranks as there are cells.
///
/// An exchange, ghosts refreshed or added to their owners, is one message to each neighbour and three numbers per
/// ghost. A cycle with smoother degree m takes, at each visit of a level, 4 m exchanges (2 m products) or, on the
/// coarsest, a gather, and 2 (transfer) at each visit of the level above. Levels 1 and 2 are visited twice, as
/// Multigrid says, with a product between. All is in single precision.
struct CommunicationModel
{
  std::array<unsigned int, 3> n_cells; ///< finest level
  std::array<unsigned int, 3> n_ranks;
  unsigned int n_lanes = 1; ///< right-hand sides as stored

  /// The most cubic parts among the factorisations of `ranks`.
  static CommunicationModel for_box(const std::array<unsigned int, 3> &n_cells, unsigned int ranks);

  unsigned int n_levels(const MultigridParameters &parameters) const;
  CommunicationVolume per_cycle(const MultigridParameters &parameters) const;
  /// Of conjugate gradients: a cycle, a product in double precision, three reductions.
  CommunicationVolume per_iteration(const MultigridParameters &parameters) const;
};

} // namespace cageopt::solver
