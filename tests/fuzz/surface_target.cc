#include <inputs/surface_file.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

/// The first byte: odd = the rest is called PLY, else STL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  if (size == 0)
    return 0;
  static const tests::FuzzFolder folder;
  const std::string path = folder.write((data[0] & 1) != 0 ? "surface.ply" : "surface.stl",
                                        std::string(reinterpret_cast<const char *>(data + 1), size - 1));
  tests::may_refuse([&] { inputs::read_surface(path); });
  return 0;
}
