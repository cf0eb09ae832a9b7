#pragma once

#include <memory>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <solver/elasticity_operator.h>
#include <solver/solver_parameters.h>

namespace cageopt::solver {

class LinearBackEnd;

struct SolveReport
{
  unsigned int iterations = 0;
  std::vector<double> relative_residual; ///< |b - K u| / |b| of the solution on free components, by
                                         ///< lane; b: f with the prescribed displacements' share; 0 for zero b
  double seconds = 0;                    ///< wall time of this solve
};

/// Solves K(C) u_l = f_l for one or several columns at once, by the back end that parameters.back_end names. Moves
/// prescribed displacements to the right-hand side before, and checks the residual with the matrix-free operator after.
class ElasticitySolver
{
public:
  /// `fixed`: components whose displacement is prescribed, [n_local_nodes]. The mesh must outlive this. Collective.
  ElasticitySolver(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed,
                   const SolverParameters &parameters);
  ~ElasticitySolver();

  /// New material, [n_owned_cells] MPa.
  void set_stiffness(const std::vector<inputs::CellStiffness> &stiffness);

  /// u [mm] such that K u = f [N] on free components. On entry u holds the start; its fixed components are the
  /// prescribed displacement and are kept. Columns whose f and prescribed displacement vanish give zero. Throws
  /// Error{not_converged} when the back end does not meet the tolerance, or the residual recomputed from its solution
  /// exceeds ten times the tolerance.
  SolveReport solve(BlockVector<double> &u, const BlockVector<double> &f) const;

  /// Of the solves to come; the parameters' until this is called.
  void set_relative_tolerance(double relative_tolerance);
  double relative_tolerance() const { return parameters.relative_tolerance; }

  /// K u on all components of the owned nodes: internal forces, at fixed components the load plus the support's
  /// reaction, N.
  BlockVector<double> internal_forces(BlockVector<double> &u) const;

  BlockVector<double> make_vector(const unsigned int n_columns) const
  {
    return BlockVector<double>(octree.n_local_nodes(), lanes_for(n_columns));
  }
  const meshing::OctreeMesh &mesh() const { return octree; }
  double unit_length() const { return stiffness_operator.unit_length(); }
  const FixedComponents &fixed() const { return stiffness_operator.fixed(); }
  std::uint64_t n_unknowns() const { return 3 * octree.n_global_nodes(); }

private:
  const meshing::OctreeMesh &octree;
  SolverParameters parameters;
  ElasticityOperator<double> stiffness_operator;
  std::unique_ptr<LinearBackEnd> back_end;
};

} // namespace cageopt::solver
