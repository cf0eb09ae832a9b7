#pragma once

#include <cstdint>
#include <string>

namespace cageopt::tests {

namespace detail {

inline std::string number(const std::uint32_t value, const int n_bytes)
{
  std::string bytes;
  for (int i = 0; i < n_bytes; ++i)
    bytes += char(value >> 8 * i & 0xff);
  return bytes;
}

/// An element in explicit little endian.
inline std::string element(const std::uint32_t tag, const std::string &vr, std::string value)
{
  if (value.size() % 2 == 1)
    value += vr == "UI" ? '\0' : ' ';
  const bool is_long = vr == "OW" || vr == "OB";
  return number(tag >> 16, 2) + number(tag & 0xffff, 2) + vr +
         (is_long ? number(0, 2) + number(std::uint32_t(value.size()), 4) : number(std::uint32_t(value.size()), 2)) +
         value;
}

} // namespace detail

/// Slice `k` of a CT series of 8 x 8 pixels and 2 mm from slice to slice, as a DICOM file. With a `stream`, that is
/// what stands for its pixels, in transfer syntax `syntax`.
inline std::string dicom_slice(const int k, const std::string &syntax = "1.2.840.10008.1.2.1", std::string stream = "")
{
  using detail::element, detail::number;
  const std::string meta = element(0x00020001, "OB", std::string("\0\1", 2)) +
                           element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2") +
                           element(0x00020003, "UI", "1.2.3." + std::to_string(k)) + element(0x00020010, "UI", syntax);
  std::string pixels;
  for (int i = 0; i < 64; ++i)
    pixels += number(std::uint32_t(1000 + 7 * i + 50 * k), 2);
  const std::string item("\xfe\xff\x00\xe0", 4), end("\xfe\xff\xdd\xe0", 4);
  if (stream.size() % 2 == 1)
    stream += '\0';
  const std::string pixel_element =
      stream.empty() ? element(0x7fe00010, "OW", pixels)
                     : number(0x7fe0, 2) + number(0x0010, 2) + "OB" + number(0, 2) + number(0xffffffff, 4) + item +
                           number(0, 4) + item + number(std::uint32_t(stream.size()), 4) + stream + end + number(0, 4);
  return std::string(128, '\0') + "DICM" + element(0x00020000, "UL", number(std::uint32_t(meta.size()), 4)) + meta +
         element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2") +
         element(0x00080018, "UI", "1.2.3." + std::to_string(k)) + element(0x00080060, "CS", "CT") +
         element(0x0020000d, "UI", "1.2") + element(0x0020000e, "UI", "1.2.3") + element(0x00200011, "IS", "1") +
         element(0x00200032, "DS", "0\\0\\" + std::to_string(2 * k)) + element(0x00200037, "DS", "1\\0\\0\\0\\1\\0") +
         element(0x00280002, "US", number(1, 2)) + element(0x00280004, "CS", "MONOCHROME2") +
         element(0x00280010, "US", number(8, 2)) + element(0x00280011, "US", number(8, 2)) +
         element(0x00280030, "DS", "1\\1") + element(0x00280100, "US", number(16, 2)) +
         element(0x00280101, "US", number(16, 2)) + element(0x00280102, "US", number(15, 2)) +
         element(0x00280103, "US", number(0, 2)) + element(0x00281052, "DS", "-1024") + element(0x00281053, "DS", "1") +
         pixel_element;
}

} // namespace cageopt::tests
