#pragma once

#include <cstdint>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <inputs/geometry.h>
#include <solver/elasticity_solver.h>

namespace cageopt::solver {

/// A body between two flat rigid platens. Those nodes that the lower one touches rest, those at the upper one move by
/// -`travel` along `axis`; a bonded platen holds the other components, too, a sliding one leaves them free. Where both
/// slide, the three rigid motions that are left are held at two nodes, which carry no force.
class PlatenCompression
{
public:
  struct Settings
  {
    unsigned int axis = 2;
    bool is_lower_bonded = false, is_upper_bonded = false;
    double travel = 1.; ///< mm
  };
  struct Reactions
  {
    inputs::Point lower, upper; ///< of the platens on the body, N
    double compression(const unsigned int axis) const { return -upper[axis]; }
    /// |lower + upper| / |upper| along the axis: 0 in equilibrium.
    double imbalance(unsigned int axis) const;
  };
  /// `at_lower`, `at_upper`: [n_local_nodes], nonzero where a platen touches. The mesh must outlive this. Collective.
  PlatenCompression(const meshing::OctreeMesh &mesh, double unit_length, const std::vector<std::uint8_t> &at_lower,
                    const std::vector<std::uint8_t> &at_upper, const Settings &settings,
                    const SolverParameters &parameters);

  /// For the stiffness [MPa] of the owned cells. Throws Error{not_converged}. Collective.
  Reactions press(const std::vector<inputs::CellStiffness> &stiffness);

  /// Of the last press(), mm; ghost and hanging entries are current.
  BlockVector<double> &displacement() { return u; }
  const SolveReport &last_report() const { return report; }

private:
  const std::vector<std::uint8_t> at_lower, at_upper;
  ElasticitySolver elasticity;
  BlockVector<double> u;
  SolveReport report;
};

} // namespace cageopt::solver
