#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace cageopt::inputs {

/// Why a file is no image that is read here: `problem` says what it is instead, what() which rule it breaks.
class ImageDefect : public std::runtime_error
{
public:
  ImageDefect(const std::string &problem, const std::string &rule) : std::runtime_error(rule), problem(problem) {}
  const std::string problem;
};

enum class ImageFormat
{
  nifti,
  nrrd,
  meta_image
};

enum class ImageEncoding
{
  raw,
  deflated, ///< a gzip or zlib stream
  text
};

/// What an image file's header says of its voxels, read without a library: those trust what stands there.
struct ImageHeader
{
  ImageFormat format = ImageFormat::nifti;
  std::vector<std::uint64_t> size;             ///< voxels along each axis, none of them 0
  std::uint64_t components = 1;                ///< numbers per voxel
  std::uint64_t component_bytes = 0;           ///< per number, where it is not text
  ImageEncoding encoding = ImageEncoding::raw; ///< of the file that holds the voxels
  std::string data_path;                       ///< that file: this one, or one in its folder or below
  std::uint64_t data_at = 0;                   ///< where in that file the voxels, or their stream, begin
  bool ends_file = false;                      ///< instead: they are the last bytes of that file
  std::uint64_t lead = 0;                      ///< bytes of the decompressed stream before the voxels
  std::uint64_t stream_bytes = 0;              ///< stated length of the stream, 0 where none is stated
};

/// Reads the header of the file at `path`: NIfTI-1 in one file (.nii, .nii.gz), NRRD (.nrrd, .nhdr), MetaImage (.mha,
/// .mhd). Throws ImageDefect for any other file, and for a header that is longer than 64 KiB, lacks or repeats what
/// describes the voxels, or states it in a way the format does not know; for voxels in a file outside the header's
/// folder; and for voxels in several files, ASCII hex or bzip2. The numbers of voxels and bytes are not yet compared
/// with any file's length.
ImageHeader read_image_header(const std::string &path);

} // namespace cageopt::inputs
