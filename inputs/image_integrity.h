#pragma once

#include <cstddef>
#include <string>

namespace cageopt::inputs {

/// Why the image file at `path` cannot hold `n_bytes` bytes of voxels, or an empty text if it can. ITK fills the
/// missing part of a NIfTI or MetaImage file that was cut off (copy or download broken) with zeros, without an error.
/// Checks: a gzip stream is whole (length and CRC); an uncompressed NIfTI or MetaImage is long enough; a compressed
/// MetaImage has the length its header states. NRRD is left to its reader, which does check.
std::string missing_data(const std::string &path, std::size_t n_bytes);

} // namespace cageopt::inputs
