#include <inputs/dicom_series.h>
#include <tests/fuzz/dicom_slice.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

namespace {

void write_or_remove(const tests::FuzzFolder &folder, const std::string &name, const std::string &content,
                     const bool is_wanted)
{
  if (is_wanted)
    folder.write(name, content);
  else
    std::filesystem::remove(folder.path() + "/" + name);
}

} // namespace

/// A folder of DICOM slices. The rest is one slice; the first byte says what else is there: 1 = two whole slices of the
/// series, 2 = the slice again, 4 = a file of another kind, 8 = the series is chosen by number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  if (size == 0)
    return 0;
  static const tests::FuzzFolder folder;
  const std::string slice(reinterpret_cast<const char *>(data + 1), size - 1);
  folder.write("a", slice);
  write_or_remove(folder, "b", tests::dicom_slice(1), (data[0] & 1) != 0);
  write_or_remove(folder, "c", tests::dicom_slice(2), (data[0] & 1) != 0);
  write_or_remove(folder, "d", slice, (data[0] & 2) != 0);
  write_or_remove(folder, "e", "a letter", (data[0] & 4) != 0);
  tests::may_refuse([&] { inputs::read_dicom_series(folder.path(), (data[0] & 8) != 0 ? "1" : ""); });
  return 0;
}
