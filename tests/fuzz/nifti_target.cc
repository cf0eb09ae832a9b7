#include <tests/fuzz/fuzz_image.h>

using namespace cageopt::tests;

/// The first byte: 1 = the rest is to be gzipped, 2 = it is the content of a .nii.gz, 4 = it holds labels.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  if (size == 0)
    return 0;
  static const FuzzFolder folder;
  const std::string file(reinterpret_cast<const char *>(data + 1), size - 1);
  fuzz_image((data[0] & 3) != 0 ? ".nii.gz" : ".nii", (data[0] & 1) != 0 ? gzipped(folder, file) : file,
             (data[0] & 4) != 0);
  return 0;
}
