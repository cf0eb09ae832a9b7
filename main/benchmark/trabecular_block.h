#pragma once

#include <string>
#include <vector>

#include <mpi.h>

#include <inputs/image.h>

namespace cageopt {

/// A cube of trabecular bone from micro-CT as bone and void. The image: 200^3 voxels of 19.5 um, grey values 0 to 255,
/// Living Human Digital Library (EC project FP6-IST 026932), distributed with ciclope, github.com/gianthk/ciclope.
class TrabecularBlock
{
public:
  /// Where the image is below the data folder.
  static std::string image_path(const std::string &data_directory);

  /// Reads the image on rank 0 and sends it to the others. Collective. Throws Error{bad_input}.
  TrabecularBlock(const std::string &data_directory, MPI_Comm comm);

  /// The image's voxels along its shortest edge: a finer mesh would not see more bone.
  unsigned int n_voxels() const;

  /// Bone in `cells`^3 cells of the whole cube, x fastest: a cell's mean grey value is above 63 (ciclope's threshold
  /// for this image), and the cell hangs together, face to face, with the largest piece of bone. Rank-local.
  std::vector<bool> bone(unsigned int cells) const;

private:
  inputs::Image<float> image;
};

} // namespace cageopt
