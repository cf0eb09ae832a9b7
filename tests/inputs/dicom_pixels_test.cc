#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <inputs/dicom_pixels.h>
#include <tests/fuzz/dicom_slice.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::dicom_slice;
using cageopt::tests::TemporaryFolder;

namespace {

const std::string corpus = CAGEOPT_SOURCE_DIR "/tests/fuzz/corpus/dicom_pixels";

/// The slice of an input of the fuzzer: its first byte is the compression, the rest the stream.
std::string slice_of(const std::filesystem::path &path)
{
  constexpr const char *syntaxes[] = {".4.70", ".4.90", ".5", ".4.80", ".4.50", ".4.91"};
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return dicom_slice(0, std::string("1.2.840.10008.1.2") + syntaxes[static_cast<unsigned char>(bytes[0]) % 6],
                     bytes.substr(1));
}

} // namespace

// Whole streams of every compression hold what the uncompressed slice holds: 1000 + 7 i.
TEST(DicomPixels, streams_are_decompressed)
{
  const TemporaryFolder folder;
  for (const char *name : {"jpeg_lossless", "jpeg2000", "rle", "jpeg_ls"}) {
    const std::string path = folder.write("slice", slice_of(corpus + "/" + name));
    std::vector<float> values(64);
    EXPECT_EQ(read_dicom_pixels(path, screen_dicom(path), 2, -1024, values.data()), "") << name;
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(values[std::size_t(i)], 2 * (1000 + 7 * i) - 1024) << name;
  }
}

// Found by the fuzzer. GDCM 3.0.21 divides by zero, writes out of its memory, aborts by assertion or never ends.
TEST(DicomPixels, streams_at_which_gdcm_dies_are_refused)
{
  const TemporaryFolder folder;
  int n_streams = 0;
  for (const auto &entry : std::filesystem::directory_iterator(corpus)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("gdcm_", 0) != 0)
      continue;
    ++n_streams;
    const std::string path = folder.write("slice", slice_of(entry.path()));
    const DicomScreen screen = screen_dicom(path);
    EXPECT_EQ(screen.defect, "") << name;
    std::vector<float> values(64);
    EXPECT_NE(read_dicom_pixels(path, screen, 1, 0, values.data()), "") << name;
  }
  EXPECT_GT(n_streams, 4);
}
