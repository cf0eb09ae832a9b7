#include <vector>

#include <inputs/dicom_pixels.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

/// One slice, mostly compressed: what passes the screen is decompressed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  static const tests::FuzzFolder folder;
  const std::string path = folder.write("slice", std::string(reinterpret_cast<const char *>(data), size));
  const inputs::DicomScreen screen = inputs::screen_dicom(path);
  if (!screen.is_dicom || !screen.defect.empty() || screen.samples != 1)
    return 0;
  std::vector<float> values(std::size_t(screen.rows) * screen.columns);
  inputs::read_dicom_pixels(path, screen, 1, -1024, values.data());
  return 0;
}
