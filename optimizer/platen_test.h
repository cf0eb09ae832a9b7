#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/elasticity_solver.h>

namespace cageopt::optimizer {

/// A virtual compression test of the cage alone between rigid platens (after ASTM F2077, axial): the nodes of the lower
/// endplate-side face do not move in z, those of the upper one by -delta, lateral motion is free. The graft window is
/// empty. With F the platen force, A the projected area of the envelope including the window and H = V / A its mean
/// height (V the envelope's volume):
///   E_eff = F H / (A delta)  [MPa].
/// The three rigid motions that are left are held at two nodes, which carry no force.
///
/// Along x and y the same test has its platens across that axis, A and H accordingly. In shear the platens are normal
/// to z and hold their nodes in all components; the upper one moves along x or y, sides are free:
///   G_eff = F H / (A delta),
/// F the force along the motion. That is the apparent shear modulus of this specimen, below the material's C44 as far
/// as the cage is tall, for it bends as well.
class PlatenTest
{
public:
  /// A cell of the envelope; window cells give area and volume but no stiffness.
  struct Cell
  {
    meshing::OctreeCell cell;
    bool is_window = false;
  };
  /// Axes 0, 1, 2: the platens' normal, and the direction in which one of them moves.
  struct Mode
  {
    unsigned int normal = 2, motion = 2;
  };
  /// `cells`: this rank's cells of the envelope; none may cover another's face across the
  /// platens' axis in part. `unit`: mm per lattice unit. Collective.
  PlatenTest(MPI_Comm comm, const std::vector<Cell> &cells, double unit, const solver::SolverParameters &parameters,
             const Mode &mode = {2, 2});

  /// E_eff or G_eff [MPa] for the stiffness [MPa] of the cells that are not window, in the order given.
  double effective_modulus(const std::vector<inputs::CellStiffness> &stiffness);
  /// For each of those cells dE_eff/dC11, dE_eff/dC12, dE_eff/dC44 at the latest stiffness; E_eff is an energy, so that
  /// it is its own adjoint: u . dK u H / (A delta^2).
  std::vector<std::array<double, 3>> sensitivities();

  double area() const { return projected_area; } ///< A, mm^2
  double height() const { return mean_height; }  ///< H, mm
  const Mode &mode() const { return platens; }
  std::uint64_t n_unknowns() const { return 3 * mesh.n_global_nodes(); }
  const solver::SolveReport &last_report() const { return report; }

private:
  meshing::OctreeMesh mesh;
  double unit;
  Mode platens;
  double projected_area = 0, mean_height = 0;
  std::unique_ptr<solver::ElasticitySolver> elasticity;
  solver::BlockVector<double> displacement, no_force;
  solver::SolveReport report;
};

} // namespace cageopt::optimizer
