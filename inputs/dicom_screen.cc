#include <inputs/dicom_screen.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>

namespace cageopt::inputs {

namespace {

constexpr std::uint32_t undefined_length = 0xffffffff;
constexpr std::uint32_t item = 0xfffee000, end_of_item = 0xfffee00d, end_of_sequence = 0xfffee0dd;
constexpr std::uint32_t pixel_data = 0x7fe00010;
constexpr int deepest = 32;
constexpr std::uint64_t highest_ratio = 20000;
constexpr std::uint32_t kept[] = {dicom::modality,    dicom::series_uid,    dicom::series_number, dicom::position,
                                  dicom::orientation, dicom::n_frames,      dicom::pixel_spacing, dicom::intercept,
                                  dicom::slope,       dicom::contrast_agent};

/// Types (PS3.6) of the elements that describe the image, which GDCM takes for granted.
struct Known
{
  std::uint32_t tag;
  const char *vr;
};
constexpr Known known[] = {
    {0x00080008, "CS"}, {0x00080016, "UI"}, {0x00080018, "UI"}, {0x00080060, "CS"}, {0x00180050, "DS"},
    {0x00180010, "LO"}, {0x00180088, "DS"}, {0x00181164, "DS"}, {0x00182010, "DS"}, {0x00185100, "CS"},
    {0x0020000d, "UI"}, {0x0020000e, "UI"}, {0x00200011, "IS"}, {0x00200013, "IS"}, {0x00200032, "DS"},
    {0x00200037, "DS"}, {0x00201041, "DS"}, {0x00280002, "US"}, {0x00280004, "CS"}, {0x00280006, "US"},
    {0x00280008, "IS"}, {0x00280010, "US"}, {0x00280011, "US"}, {0x00280030, "DS"}, {0x00280034, "IS"},
    {0x00280100, "US"}, {0x00280101, "US"}, {0x00280102, "US"}, {0x00280103, "US"}, {0x00281050, "DS"},
    {0x00281051, "DS"}, {0x00281052, "DS"}, {0x00281053, "DS"}, {0x00281054, "LO"}};

struct Element
{
  std::uint32_t tag = 0, length = 0;
  char vr[3] = {0, 0, 0};
};

class Walk
{
public:
  explicit Walk(const std::string &path) : file(path, std::ios::binary)
  {
    file.seekg(0, std::ios::end);
    size = file ? std::uint64_t(file.tellg()) : 0;
    file.seekg(0);
  }

  DicomScreen screen()
  {
    DicomScreen result;
    char mark[4];
    if (size < 132 || !at(128).read(mark, 4) || std::memcmp(mark, "DICM", 4) != 0)
      return result;
    result.is_dicom = true;
    place = 132;
    walk_meta();
    if (defect.empty())
      walk_set(size, false, 0);
    if (defect.empty() && !has_pixels)
      defect = "it holds no pixels";
    if (defect.empty() && (rows == 0 || columns == 0 || (bits != 8 && bits != 16 && bits != 32) || bits_stored == 0 ||
                           bits_stored > bits || highest_bit + 1 != bits_stored || is_signed > 1 || samples == 0))
      defect = "its pixels are not described as whole numbers of 8, 16 or 32 bits";
    const std::uint64_t needed = rows * columns * samples * (bits / 8);
    if (defect.empty() && pixels_at == 0 && needed > highest_ratio * fragment_bytes)
      defect = "its pixels claim " + std::to_string(needed) + " bytes and have " + std::to_string(fragment_bytes);
    result.defect = defect;
    result.is_compressed = pixels_at == 0;
    result.pixels_at = pixels_at;
    result.bits = unsigned(bits);
    result.bits_stored = unsigned(bits_stored);
    result.is_signed = is_signed == 1;
    result.rows = unsigned(rows);
    result.columns = unsigned(columns);
    result.samples = unsigned(samples);
    result.texts = texts;
    return result;
  }

private:
  std::istream &at(const std::uint64_t offset)
  {
    file.clear();
    file.seekg(std::streamoff(offset));
    return file;
  }

  void fail(const std::string &what) { defect = what + " at byte " + std::to_string(place); }

  /// Little-endian, at the present place, which moves on.
  template <typename T>
  T number()
  {
    unsigned char bytes[sizeof(T)] = {0};
    at(place).read(reinterpret_cast<char *>(bytes), sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      value = T(value | T(T(bytes[i]) << 8 * i));
    place += sizeof(T);
    return value;
  }

  bool next(Element &element, const std::uint64_t end, const bool is_implicit)
  {
    if (end - place < 8) {
      fail("an element is cut off");
      return false;
    }
    const std::uint32_t group = number<std::uint16_t>();
    element.tag = group << 16 | number<std::uint16_t>();
    std::memset(element.vr, 0, sizeof element.vr);
    if (is_implicit || group == 0xfffe) {
      element.length = number<std::uint32_t>();
      return true;
    }
    at(place).read(element.vr, 2);
    place += 2;
    const auto is_one_of = [&](const std::initializer_list<const char *> &list) {
      return std::any_of(list.begin(), list.end(), [&](const char *vr) { return std::strcmp(element.vr, vr) == 0; });
    };
    const bool is_long = is_one_of({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"});
    if (!is_long && !is_one_of({"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO",
                                "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"})) {
      fail("an element has a type that DICOM does not know");
      return false;
    }
    if (!is_long) {
      element.length = number<std::uint16_t>();
      return true;
    }
    if (end - place < 6) {
      fail("an element is cut off");
      return false;
    }
    place += 2;
    element.length = number<std::uint32_t>();
    return true;
  }

  /// Whether the element's value ends before `end`.
  bool fits(const Element &element, const std::uint64_t end)
  {
    if (element.length <= end - place)
      return true;
    char text[120];
    std::snprintf(text, sizeof text, "element (%04x,%04x) claims %u bytes where %llu are left", element.tag >> 16,
                  element.tag & 0xffff, element.length, static_cast<unsigned long long>(end - place));
    fail(text);
    return false;
  }

  /// Group 2, whose first element states the length of the others.
  void walk_meta()
  {
    std::string syntax;
    std::uint64_t end = 0;
    while (defect.empty() && (end == 0 || place < end)) {
      Element element;
      if (!next(element, end == 0 ? size : end, false) || !fits(element, end == 0 ? size : end))
        return;
      if (element.tag >> 16 != 2 || (end == 0) != (element.tag == 0x00020000)) {
        fail("the file's own description is broken");
        return;
      }
      const std::uint64_t after = place + element.length;
      if (end == 0) {
        const std::uint32_t length =
            element.length == 4 && std::strcmp(element.vr, "UL") == 0 ? number<std::uint32_t>() : 0;
        if (length < 8 || length > size - place) {
          fail("the length of the file's own description is wrong");
          return;
        }
        end = place + length;
      } else if (element.tag == 0x00020010) {
        syntax.resize(std::min<std::uint32_t>(element.length, 64));
        at(place).read(syntax.data(), std::streamsize(syntax.size()));
        while (!syntax.empty() && (syntax.back() == '\0' || syntax.back() == ' '))
          syntax.pop_back();
      }
      place = after;
    }
    if (size - place >= 2) {
      const auto here = place;
      if (number<std::uint16_t>() == 2)
        fail("the length of the file's own description is wrong");
      place = here;
    }
    if (!defect.empty())
      return;
    if (syntax == "1.2.840.10008.1.2")
      implicit_syntax = true;
    else if (syntax == "1.2.840.10008.1.2.2" || syntax == "1.2.840.10008.1.2.1.99")
      defect = "its transfer syntax " + syntax + " (big endian or deflated) is not read";
    else if (syntax.empty())
      defect = "it states no transfer syntax";
  }

  /// Elements from the present place to `end`, or to the end of an item of undefined length.
  void walk_set(const std::uint64_t end, const bool until_mark, const int depth)
  {
    while (defect.empty() && place < end) {
      Element element;
      if (!next(element, end, implicit_syntax || inside_unknown > 0))
        return;
      if (until_mark && element.tag == end_of_item)
        return;
      if (element.length == undefined_length) {
        const bool is_unknown = std::strcmp(element.vr, "UN") == 0; // its items are implicit, PS3.5 section 6.2.2
        inside_unknown += is_unknown;
        if (element.tag == pixel_data && depth == 0)
          walk_fragments(end);
        else
          walk_items(end, true, depth + 1);
        inside_unknown -= is_unknown;
        continue;
      }
      if (!fits(element, end))
        return;
      const std::uint64_t after = place + element.length;
      if (std::strcmp(element.vr, "SQ") == 0)
        walk_items(after, false, depth + 1);
      else if (depth == 0)
        look_at(element);
      if (defect.empty())
        place = after;
    }
    if (until_mark && defect.empty())
      fail("a sequence has no end");
  }

  void walk_items(const std::uint64_t end, const bool until_mark, const int depth)
  {
    if (depth > deepest) {
      fail("sequences are nested deeper than " + std::to_string(deepest));
      return;
    }
    while (defect.empty() && place < end) {
      Element element;
      if (!next(element, end, true))
        return;
      if (until_mark && element.tag == end_of_sequence)
        return;
      if (element.tag != item) {
        fail("something other than an item stands in a sequence");
        return;
      }
      if (element.length == undefined_length)
        walk_set(end, true, depth);
      else if (fits(element, end)) {
        const std::uint64_t after = place + element.length;
        walk_set(after, false, depth);
      }
    }
    if (until_mark && defect.empty())
      fail("a sequence has no end");
  }

  void walk_fragments(const std::uint64_t end)
  {
    has_pixels = true;
    while (defect.empty() && place < end) {
      Element element;
      if (!next(element, end, true))
        return;
      if (element.tag == end_of_sequence)
        return;
      if (element.tag != item || !fits(element, end)) {
        if (defect.empty())
          fail("something other than a fragment stands in the pixels");
        return;
      }
      fragment_bytes += element.length;
      place += element.length;
    }
    if (defect.empty())
      fail("the pixels have no end");
  }

  /// Whether a known element has its type; keeps its text.
  bool check_type(const Element &element)
  {
    const Known &one =
        *std::find_if(std::begin(known), std::end(known), [&](const Known &other) { return other.tag == element.tag; });
    std::string text(std::min<std::uint32_t>(element.length, 256), ' ');
    at(place).read(text.data(), std::streamsize(text.size()));
    const bool is_number = std::strcmp(one.vr, "DS") == 0 || std::strcmp(one.vr, "IS") == 0;
    if ((element.vr[0] != 0 && std::strcmp(element.vr, one.vr) != 0) ||
        (std::strcmp(one.vr, "US") == 0 && element.length != 2) ||
        (is_number && text.find_first_not_of(std::string("0123456789+-.eE\\ \0", 18)) != std::string::npos)) {
      fail("an element that describes the image is not of its type");
      return false;
    }
    if (std::find(std::begin(kept), std::end(kept), element.tag) != std::end(kept)) {
      const std::string padding(" \0", 2);
      const auto first = text.find_first_not_of(padding);
      texts[element.tag] =
          first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(padding) - first + 1);
    }
    return true;
  }

  void look_at(const Element &element)
  {
    const std::uint64_t start = place;
    const bool is_known =
        std::any_of(std::begin(known), std::end(known), [&](const Known &one) { return one.tag == element.tag; });
    if ((is_known && has_pixels) || ((is_known || element.tag == pixel_data) && !seen.insert(element.tag).second)) {
      fail("an element that describes the image comes twice or too late");
      return;
    }
    if (is_known && !check_type(element))
      return;
    std::uint64_t *const wanted = element.tag == 0x00280002   ? &samples
                                  : element.tag == 0x00280010 ? &rows
                                  : element.tag == 0x00280011 ? &columns
                                  : element.tag == 0x00280100 ? &bits
                                  : element.tag == 0x00280101 ? &bits_stored
                                  : element.tag == 0x00280102 ? &highest_bit
                                  : element.tag == 0x00280103 ? &is_signed
                                                              : nullptr;
    if (wanted != nullptr)
      *wanted = number<std::uint16_t>();
    else if (element.tag == pixel_data) {
      has_pixels = true;
      pixels_at = start;
      const std::uint64_t needed = rows * columns * samples * (bits / 8);
      if (element.length != needed + needed % 2)
        fail("its pixels need " + std::to_string(needed) + " bytes and have " + std::to_string(element.length));
    }
    place = start;
  }

  std::ifstream file;
  std::uint64_t size = 0, place = 0;
  std::string defect;
  bool implicit_syntax = false, has_pixels = false;
  int inside_unknown = 0;
  std::set<std::uint32_t> seen; ///< of the elements that describe the image
  std::map<std::uint32_t, std::string> texts;
  std::uint64_t fragment_bytes = 0, pixels_at = 0, samples = 1, rows = 0, columns = 0, bits = 0, bits_stored = 0,
                highest_bit = 0, is_signed = 0;
};

} // namespace

DicomScreen screen_dicom(const std::string &path) { return Walk(path).screen(); }

} // namespace cageopt::inputs
