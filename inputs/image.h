#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// A voxel lattice in space. `index_to_world` maps a continuous index (voxel centres at integers) to RAS mm
/// (x to the patient's right, y anterior, z superior: NIfTI's convention; DICOM's LPS is (-x, -y, z)).
struct ImageGrid
{
  std::array<int, 3> size{{0, 0, 0}};
  Affine index_to_world;

  std::size_t n_voxels() const { return std::size_t(size[0]) * size[1] * size[2]; }
  /// Edge length of a voxel along each index axis, mm.
  Point spacing() const;
  /// Same size, and voxel centres that differ by less than `tolerance` mm at every corner.
  bool matches(const ImageGrid &other, double tolerance = 1e-2) const;
};

/// Values on a voxel lattice; value (i, j, k) is `values[i + size[0] * (j + size[1] * k)]`.
template <typename T>
struct Image
{
  ImageGrid grid;
  std::vector<T> values;

  T operator()(const int i, const int j, const int k) const
  {
    return values[i + std::size_t(grid.size[0]) * (j + std::size_t(grid.size[1]) * k)];
  }
};

/// Reads a scalar NIfTI, NRRD or MHA/MHD image (gzip or not) through ITK; direction cosines, sform and qform are
/// honoured. Rank-local: call inside on_root(). Throws Error{bad_input} for a missing file or one that is no image.
Image<float> read_image(const std::string &path);
Image<std::uint16_t> read_labels(const std::string &path);

/// Writes NIfTI (.nii.gz), NRRD or MHA by the extension of `path`. Rank-local.
void write_image(const std::string &path, const Image<float> &image);
void write_image(const std::string &path, const Image<std::uint16_t> &image);
void write_image(const std::string &path, const Image<std::int16_t> &image);

/// The version of ITK that reads and writes, for provenance.
std::string itk_version();

/// Copies rank 0's image to all ranks. Collective.
template <typename T>
void broadcast(MPI_Comm comm, Image<T> &image);

/// Trilinear value at a continuous voxel index, clamped to the lattice (outside, the nearest edge value).
double interpolate(const Image<float> &image, const Point &index);
/// Value of the nearest voxel, 0 outside the lattice.
std::uint16_t nearest(const Image<std::uint16_t> &image, const Point &index);

} // namespace cageopt::inputs
