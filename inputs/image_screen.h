#pragma once

#include <string>

#include <inputs/image_header.h>

namespace cageopt::inputs {

/// Reads the header of the image at `path` and compares it with the file, before a library sees either. ITK allocates
/// what a header states, and fills the missing part of a NIfTI or MetaImage file that was cut off (copy or download
/// broken) with zeros, without an error.
///
/// Throws ImageDefect as read_image_header() does, and for: several numbers per voxel; anything but one volume; 2^31
/// voxels or more; a file that is too short for them; a gzip or zlib stream that is damaged (length and checksum), too
/// short, or goes on for more than 1 MiB after the voxels. A stream is decompressed piece by piece and not kept.
ImageHeader screen_image(const std::string &path);

} // namespace cageopt::inputs
