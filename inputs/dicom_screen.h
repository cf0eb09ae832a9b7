#pragma once

#include <cstdint>
#include <string>

namespace cageopt::inputs {

/// What a file is, seen without a library: GDCM ends the program at some damaged files.
struct DicomScreen
{
  bool is_dicom = false; ///< it has the preamble of DICOM PS3.10 section 7.1
  std::string defect;    ///< why it cannot be read, empty if it can; only for DICOM files
  bool is_compressed = false;
  std::uint64_t pixels_at = 0; ///< offset of uncompressed pixels, which are all there
  unsigned int bits = 0;       ///< 8, 16 or 32 per pixel
  unsigned int bits_stored = 0;
  bool is_signed = false;
};

/// Walks all elements of the file at `path` (PS3.5 section 7: explicit or implicit little endian, nested sequences,
/// encapsulated pixels) and checks that each lies within what holds it, and that uncompressed pixels are all there. No
/// value but sizes and the transfer syntax is looked at; memory does not grow with what a header claims.
DicomScreen screen_dicom(const std::string &path);

} // namespace cageopt::inputs
