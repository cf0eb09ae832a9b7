#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <mpi.h>

#include <inputs/cell_voxels.h>
#include <inputs/cubic_stiffness.h>
#include <solver/periodic_cell.h>
#include <solver/resolution_study.h>

namespace cageopt {

/// What one grid of voxels gives, or two of them on either side of the wanted density, interpolated. Per unit of the
/// solid's Young's modulus, yield strength, and of L.
struct HomogenisedGrid
{
  int voxels = 0; ///< along L
  double density = 0;
  double threshold = 0;
  solver::VoigtMatrix stiffness{};
  double yield_axial = 0;                              ///< macroscopic stress along x
  double yield_shear = 0;                              ///< macroscopic shear stress xy
  double area = 0;                                     ///< of the surface, per volume
  std::array<std::array<double, 3>, 3> permeability{}; ///< L^2; zero where not asked for
  std::uint64_t n_unknowns = 0;
  unsigned int iterations = 0;
  std::size_t n_removed = 0; ///< voxels that carry nothing
  double seconds = 0;
};

/// One relative density on all grids, and what they tend to.
struct HomogenisedDensity
{
  std::vector<HomogenisedGrid> grids; ///< from coarse to fine
  solver::VoigtMatrix stiffness{};    ///< extrapolated, ResolutionStudy
  solver::VoigtMatrix error{};        ///< of the extrapolation; not a number for one grid
  double youngs_modulus_error = 0;    ///< of E along x, from the series of its own
  double order = 0;                   ///< of E along x
  double permeability = 0;            ///< L^2, mean of the three directions, extrapolated
  double permeability_error = 0;

  /// Throws InputError where the grids lead to no positive definite stiffness.
  explicit HomogenisedDensity(std::vector<HomogenisedGrid> grids);
  const HomogenisedGrid &finest() const { return grids.back(); }
  inputs::CubicStiffness cubic() const { return cubic_mean(stiffness); }
  /// The nearest cubic material with its axes along x, y, z.
  static inputs::CubicStiffness cubic_mean(const solver::VoigtMatrix &c);
  /// Largest component that a cubic material would not have, per C11.
  double deviation_from_cubic() const;
};

/// Homogenises the solid {value <= threshold} of a cell, an isotropic material of modulus 1.
class Homogenisation
{
public:
  /// `yielded_share`: see HomogenisedGrid; the stress at which von Mises's at this share of the solid's voxel centres
  /// has reached the solid's yield strength, by the elastic solution.
  Homogenisation(double poissons_ratio, double yielded_share, bool with_permeability, MPI_Comm comm)
      : poissons_ratio(poissons_ratio), yielded_share(yielded_share), with_permeability(with_permeability), comm(comm)
  {
  }

  /// At a threshold. Throws InputError for a solid that does not hang together in all three directions. Collective.
  HomogenisedGrid at_threshold(const inputs::CellVoxels &voxels, double threshold) const;
  /// At exactly this density, linear between the thresholds around it.
  HomogenisedGrid at_density(const inputs::CellVoxels &voxels, double density) const;

private:
  double poissons_ratio, yielded_share;
  bool with_permeability;
  MPI_Comm comm;
};

/// Young's modulus along a unit vector n: 1 / E = (n n) : S : (n n).
double youngs_modulus(const solver::VoigtMatrix &compliance, const inputs::Point &n);

} // namespace cageopt
