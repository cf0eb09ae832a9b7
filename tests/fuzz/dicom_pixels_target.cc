#include <cstdlib>
#include <vector>

#include <inputs/dicom_pixels.h>
#include <tests/fuzz/dicom_slice.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

/// The stream of a compressed slice, whose header is whole; the first byte chooses the compression.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  constexpr const char *syntaxes[] = {".4.70", ".4.90", ".5", ".4.80", ".4.50", ".4.91"};
  if (size < 2)
    return 0;
  static const tests::FuzzFolder folder;
  const std::string stream(reinterpret_cast<const char *>(data + 1), size - 1);
  const std::string path =
      folder.write("slice", tests::dicom_slice(0, std::string("1.2.840.10008.1.2") + syntaxes[data[0] % 6], stream));
  const inputs::DicomScreen screen = inputs::screen_dicom(path);
  if (!screen.defect.empty()) // the header is ours
    std::abort();
  std::vector<float> values(std::size_t(screen.rows) * screen.columns);
  inputs::read_dicom_pixels(path, screen, 1, -1024, values.data());
  return 0;
}
