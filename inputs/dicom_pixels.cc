#include <inputs/dicom_pixels.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include <gdcmImageReader.h>
#include <gdcmTrace.h>

#include <inputs/child_process.h>

namespace cageopt::inputs {

namespace {

/// How pixels are stored: whole numbers, little endian.
struct Layout
{
  std::size_t width = 0; ///< bytes
  unsigned int bits_stored = 0;
  bool is_signed = false;
};

void convert(const std::vector<char> &bytes, const Layout &layout, const double slope, const double intercept,
             float *values)
{
  const std::int64_t range = std::int64_t(1) << layout.bits_stored;
  for (std::size_t i = 0; i < bytes.size() / layout.width; ++i) {
    std::int64_t number = 0;
    for (std::size_t k = 0; k < layout.width; ++k)
      number |= std::int64_t(static_cast<unsigned char>(bytes[i * layout.width + k])) << 8 * k;
    number &= range - 1; // bits above those stored may hold overlays
    if (layout.is_signed && number >= range / 2)
      number -= range;
    values[i] = float(slope * double(number) + intercept);
  }
}

bool decompress(const std::string &path, const DicomScreen &screen, const double slope, const double intercept,
                float *values)
{
  gdcm::Trace::SetWarning(false); // it prints what it then bears with
  gdcm::Trace::SetError(false);
  gdcm::ImageReader reader;
  reader.SetFileName(path.c_str());
  if (!reader.Read())
    return false;
  const gdcm::Image &image = reader.GetImage();
  const gdcm::PixelFormat &format = image.GetPixelFormat();
  const Layout layout = {format.GetBitsAllocated() / 8u, format.GetBitsStored(), format.GetPixelRepresentation() == 1};
  const std::size_t n = std::size_t(screen.rows) * screen.columns;
  if (image.GetDimension(0) != screen.columns || image.GetDimension(1) != screen.rows || layout.width < 1 ||
      layout.width > 4 || layout.bits_stored < 1 || layout.bits_stored > 8 * layout.width ||
      image.GetBufferLength() != n * layout.width)
    return false;
  std::vector<char> bytes(n * layout.width);
  if (!image.GetBuffer(bytes.data()))
    return false;
  convert(bytes, layout, slope, intercept, values);
  return true;
}

} // namespace

std::string read_dicom_pixels(const std::string &path, const DicomScreen &screen, const double slope,
                              const double intercept, float *values)
{
  const std::size_t n = std::size_t(screen.rows) * screen.columns;
  if (!screen.is_compressed) {
    const Layout layout = {screen.bits / 8, screen.bits_stored, screen.is_signed};
    std::vector<char> bytes(n * layout.width);
    std::ifstream file(path, std::ios::binary);
    file.seekg(std::streamoff(screen.pixels_at));
    if (!file.read(bytes.data(), std::streamsize(bytes.size())))
      return "the file ends before they do";
    convert(bytes, layout, slope, intercept, values);
    return "";
  }
  SharedMemory memory(n * sizeof(float));
  const auto shared = static_cast<float *>(memory.data());
  const auto action = [&] { return decompress(path, screen, slope, intercept, shared); };
  if (!succeeds_in_child(action, (std::uint64_t(1) << 28) + 64 * std::uint64_t(n), unsigned(2 + n / 1000000)))
    return "they are damaged, or compressed in a way that GDCM does not know";
  std::copy(shared, shared + n, values);
  return "";
}

} // namespace cageopt::inputs
