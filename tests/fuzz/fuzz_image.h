#pragma once

#include <inputs/image.h>
#include <tests/fuzz/fuzz_input.h>

namespace cageopt::tests {

/// Reads `file` as an image or, on request, as labels from a folder where voxel files for detached headers stand too.
inline void fuzz_image(const std::string &extension, const std::string &file, const bool as_labels)
{
  static const FuzzFolder folder;
  static const std::string voxels = folder.write("voxels.raw", std::string(256, 1)),
                           packed = folder.write("voxels.raw.gz", gzipped(folder, std::string(256, 1)));
  const std::string path = folder.write("image" + extension, file);
  may_refuse([&] {
    if (as_labels)
      inputs::read_labels(path);
    else
      inputs::read_image(path);
  });
}

/// `file` with what follows `end`, the header's last characters, as a gzip stream.
inline std::string with_packed_voxels(const std::string &file, const std::string &end)
{
  static const FuzzFolder folder;
  const auto found = file.find(end);
  if (found == std::string::npos)
    return file;
  const auto begin = found + end.size();
  return file.substr(0, begin) + gzipped(folder, file.substr(begin));
}

} // namespace cageopt::tests
