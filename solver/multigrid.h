#pragma once

#include <memory>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <solver/dense_coarse_solver.h>
#include <solver/elasticity_operator.h>
#include <solver/solver_parameters.h>

namespace cageopt::solver {

/// One multigrid cycle in single precision for K(C), by global coarsening: each level holds the whole domain, its
/// smallest cells replaced by their parents, with hanging nodes as on the fine mesh. Coarse operators are discretised
/// anew with the arithmetic mean of the children's stiffness (a missing child counts as zero); geometric and harmonic
/// means fail at high contrast.
///
/// The arithmetic mean makes coarse levels of thin walls too stiff. Therefore the first two coarse levels are visited
/// twice per cycle where each has at most a quarter of the nodes of the level above (a W-cycle there, a V-cycle further
/// down, so that the coarsest level is visited four times), and their corrections are lengthened by up to 1.15 where
/// the largest eigenvalue allows it; together it takes a third of the iterations away on porous designs. A Krylov
/// iteration instead (K-cycle) is as good there, but loses the stiff body that floats in soft surroundings: the cycle
/// has to stay the same linear, symmetric operator from one iteration to the next.
///
/// The coarsest level is solved directly, or, where the mesh cannot be coarsened far enough for that (a periodic one
/// whose period is no multiple of a high power of two), by a Chebyshev iteration of high degree.
class Multigrid
{
public:
  /// `fine` and its operator's fixed components describe level 0; all must outlive this. Collective.
  Multigrid(const meshing::OctreeMesh &fine, double unit_length, const FixedComponents &fixed,
            const MultigridParameters &parameters);
  ~Multigrid();

  /// New material, [n_owned_cells] MPa: level coefficients, diagonals, eigenvalue estimates, coarse factorisation.
  void update(const std::vector<inputs::CellStiffness> &stiffness);

  /// z = cycle of r; uses and overwrites r. Ghost entries are refreshed as needed.
  void vmult(BlockVector<float> &z, BlockVector<float> &r) const;

  unsigned int n_levels() const;
  bool is_visited_twice(unsigned int level) const;

private:
  struct Level;
  struct Work;
  struct Sweep; ///< degree and range of a Chebyshev iteration
  template <unsigned int lanes>
  void smooth(const Level &level, const Sweep &sweep, Work &work, BlockVector<float> &x, BlockVector<float> &r,
              bool x_is_zero) const;
  /// solution = nearly K^-1 residual on a level, by two cycles.
  template <unsigned int lanes>
  void visit_twice(std::size_t level) const;
  template <unsigned int lanes>
  void cycle(std::size_t level, BlockVector<float> &x, BlockVector<float> &r) const;
  Work &work(std::size_t level, unsigned int lanes) const;

  MultigridParameters parameters;
  std::vector<std::unique_ptr<Level>> levels;
  std::unique_ptr<DenseCoarseSolver> coarse; ///< none where the coarsest level has too many unknowns
};

} // namespace cageopt::solver
