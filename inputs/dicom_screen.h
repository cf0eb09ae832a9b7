#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace cageopt::inputs {

/// Elements whose text is kept (PS3.6), as group << 16 | element.
namespace dicom {
constexpr std::uint32_t modality = 0x00080060, series_uid = 0x0020000e, series_number = 0x00200011,
                        position = 0x00200032, orientation = 0x00200037, n_frames = 0x00280008,
                        pixel_spacing = 0x00280030, intercept = 0x00281052, slope = 0x00281053,
                        contrast_agent = 0x00180010;
}

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
  unsigned int rows = 0, columns = 0;
  unsigned int samples = 1;                   ///< numbers per pixel
  std::map<std::uint32_t, std::string> texts; ///< without padding; none that may name a person
};

/// Walks all elements of the file at `path` (PS3.5 section 7: explicit or implicit little endian, nested sequences,
/// encapsulated pixels) and checks that each lies within what holds it, that what describes the image comes once and
/// before the pixels, that uncompressed pixels are all there, and that compressed ones do not claim 20000 times their
/// length. Memory does not grow with what a header claims.
DicomScreen screen_dicom(const std::string &path);

} // namespace cageopt::inputs
