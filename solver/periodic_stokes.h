#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <mpi.h>

namespace cageopt::solver {

/// Permeability of the pores of a periodic medium: Stokes' flow -mu lap u + grad p = f, div u = 0 between no-slip
/// walls, u and p periodic, and Darcy's law <u> = K f / mu, <.> the mean over the whole period.
///
/// Marker-and-cell grid (Harlow & Welch 1965, Phys Fluids 8:2182) on the voxels: velocity components on faces, pressure
/// in voxels; walls are the faces of solid voxels, half a voxel from the tangential components beside them. The
/// pressure is found by conjugate gradients on Schur's complement (Uzawa), each application with a solve for the
/// velocities.
struct PeriodicStokes
{
  /// K in squares of a voxel's edge, symmetric, and iterations on the pressure for each direction.
  std::array<std::array<double, 3>, 3> permeability{};
  std::array<unsigned int, 3> iterations{};

  /// `solid` [n_voxels], x fastest, the same on all ranks; 0 is pore. Each direction is solved by one rank, so that
  /// three ranks are used at most. Throws Error{not_converged}; std::invalid_argument for less than two voxels along an
  /// axis. Collective.
  PeriodicStokes(const std::vector<std::uint8_t> &solid, const std::array<int, 3> &size, MPI_Comm comm);
};

} // namespace cageopt::solver
