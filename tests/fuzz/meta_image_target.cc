#include <tests/fuzz/fuzz_image.h>

using namespace cageopt::tests;

/// The first byte: 1 = a .mhd, 2 = what follows the header is to be gzipped, 4 = labels.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  if (size == 0)
    return 0;
  const std::string file(reinterpret_cast<const char *>(data + 1), size - 1);
  fuzz_image((data[0] & 1) != 0 ? ".mhd" : ".mha", (data[0] & 2) != 0 ? with_packed_voxels(file, "LOCAL\n") : file,
             (data[0] & 4) != 0);
  return 0;
}
