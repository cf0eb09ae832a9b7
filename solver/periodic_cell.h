#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <mpi.h>

#include <inputs/cell_stiffness.h>
#include <meshing/octree_mesh.h>
#include <solver/block_vector.h>
#include <solver/elasticity_solver.h>
#include <solver/solver_parameters.h>

namespace cageopt::solver {

/// Symmetric 6 x 6 matrix in Voigt form with engineering shear strains; components in the order xx, yy, zz, yz, xz, xy.
using VoigtMatrix = std::array<std::array<double, 6>, 6>;
using VoigtVector = std::array<double, 6>;

/// Voxels of a periodic medium, one period of it: void, or one of a few materials.
struct PeriodicVoxels
{
  std::array<int, 3> size{{0, 0, 0}}; ///< voxels along x, y, z; two or more
  std::vector<std::uint8_t> material; ///< [n_voxels], x fastest; 0: void, else 1 + the index of the material
  std::size_t n_voxels() const { return std::size_t(size[0]) * size[1] * size[2]; }
};

/// First-order homogenisation of a linear elastic periodic medium: one trilinear cube per voxel that is not void, and
/// nodes a period apart are one. For each of the six unit macroscopic strains E the periodic fluctuation chi solves
///   a(E x + chi, v) = 0 for all periodic v,   a(u, v) = sum_c int_c eps(u) : C_c : eps(v) dx,
/// and the effective stiffness is the energy C_kl = a(u_k, u_l) / volume of the period, u_k = E_k x + chi_k (Guedes &
/// Kikuchi 1990, Comput Methods Appl Mech Eng 83:143; Michel, Moulinec & Suquet 1999, ibid. 172:109). Being an energy
/// it bounds the exact value for these voxels from above.
///
/// The system is singular (translations, and rotations of bars that touch nothing else) but consistent; parts without
/// connection to their own copies carry nothing and do no harm.
class PeriodicCell
{
public:
  /// `materials`: MPa, or per unit of anything, as the results are then. Collective; `voxels` the same on all ranks.
  /// Throws std::invalid_argument for fewer than two voxels along an axis, or without any material.
  PeriodicCell(const PeriodicVoxels &voxels, const std::vector<inputs::CellStiffness> &materials,
               const SolverParameters &parameters, MPI_Comm comm);

  /// Solves for the fluctuations. Throws Error{not_converged}. Collective.
  void solve();

  /// After solve(), the same on all ranks.
  const VoigtMatrix &stiffness() const { return effective; }
  unsigned int iterations() const { return n_iterations; }
  std::uint64_t n_cells() const { return mesh.n_global_cells(); }
  std::uint64_t n_unknowns() const { return 3 * mesh.n_global_nodes(); }

  /// Von Mises stress at the centres of this rank's voxels under the macroscopic *strain* `strain`, in the order of
  /// own_voxels().
  std::vector<double> von_mises(const VoigtVector &strain);
  /// Positions of this rank's voxels in PeriodicVoxels::material.
  const std::vector<std::size_t> &own_voxels() const { return voxel_of_cell; }

private:
  template <typename Action>
  void for_each_cell(const Action &action);

  std::vector<std::size_t> voxel_of_cell;
  meshing::OctreeMesh mesh;
  std::vector<inputs::CellStiffness> cell_stiffness; ///< [n_owned_cells]
  double volume;                                     ///< voxels of the period
  std::unique_ptr<ElasticitySolver> solver;
  BlockVector<double> fluctuation; ///< a lane per macroscopic strain, voxel edges
  VoigtMatrix effective{};
  unsigned int n_iterations = 0;
};

/// Inverse by Cholesky's factors. Throws std::domain_error if `matrix` is not positive definite.
VoigtMatrix inverse(const VoigtMatrix &matrix);
/// Eigenvalues, rising, of the matrix as a tensor acts on strains (Mandel's scaling of the shears), so that they do not
/// depend on the axes.
VoigtVector tensor_eigenvalues(const VoigtMatrix &matrix);
VoigtMatrix voigt_matrix(const inputs::CellStiffness &stiffness);

} // namespace cageopt::solver
