#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/image.h>
#include <inputs/specimen_parameters.h>

namespace cageopt::inputs {

/// What a voxel is. The numbers are those of the array "part" in the output.
enum class SpecimenPart : std::uint8_t
{
  none = 0,
  bone = 1,
  lower_pad = 2,
  upper_pad = 3
};

/// A voxel image as a body to be pressed, the same on all ranks and constant from here on.
struct Specimen
{
  std::string name;
  ImageGrid grid;                     ///< after resampling; voxels are cubes
  std::vector<SpecimenPart> part;     ///< [n_voxels]
  std::vector<float> density;         ///< [n_voxels] mg/cm3; empty without a density law
  std::vector<double> youngs_modulus; ///< [n_voxels] MPa, 0 in void
  std::size_t n_removed = 0;          ///< voxels that did not hang together with the largest part over faces
  std::size_t n_unnamed = 0;          ///< voxels whose label the case does not name: void
  std::size_t n_softest = 0;          ///< bone voxels at the law's floor of 1e-4 MPa
  std::string cortex;                 ///< what was told apart as shell; empty: nothing

  double voxel_edge() const { return grid.spacing()[0]; } ///< mm
  std::size_t n_voxels_of(SpecimenPart which) const;
};

/// Reads image and labels on rank 0, finds the bone, gives each voxel its modulus and broadcasts. Relative file names
/// start at `data_directory`. Collective. Throws the same Error on all ranks for: unreadable files, voxels that are no
/// cubes, labels on another grid, a label that is absent, numbers that are not finite, no bone at all,
/// a pad apart from it.
Specimen read_specimen(const SpecimenParameters &parameters, const std::string &data_directory, MPI_Comm comm);

} // namespace cageopt::inputs
