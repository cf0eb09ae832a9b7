#include <inputs/image_header.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <zlib.h>

namespace cageopt::inputs {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_header = 1 << 16, longest_line = 1000;
constexpr std::uint64_t furthest_voxels = 1 << 24; ///< extensions of a NIfTI header stand before them

ImageDefect damaged(const std::string &what) { return ImageDefect("damaged", what); }
ImageDefect other_file() { return ImageDefect("no image", "it was tried as NIfTI, NRRD and MetaImage and is none"); }

std::string lower(std::string text)
{
  std::transform(text.begin(), text.end(), text.begin(), [](const unsigned char c) { return std::tolower(c); });
  return text;
}

std::string trimmed(const std::string &text)
{
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> words_of(const std::string &text)
{
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

std::uint64_t whole_number(const std::string &field, const std::string &text)
{
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    throw damaged("its '" + field + "' is '" + text.substr(0, 40) + "', which is no whole number");
  return std::stoull(text);
}

std::vector<std::uint64_t> sizes(const std::string &field, const std::string &text, const std::uint64_t n)
{
  std::vector<std::uint64_t> result;
  for (const std::string &word : words_of(text))
    result.push_back(whole_number(field, word));
  if (result.size() != n || std::count(result.begin(), result.end(), 0u) > 0)
    throw damaged("its '" + field + "' is not " + std::to_string(n) + " numbers above 0");
  return result;
}

// NIfTI-1

using NiftiBytes = std::array<unsigned char, 348>;

NiftiBytes nifti_bytes(const std::string &path, const bool is_compressed)
{
  NiftiBytes bytes{};
  std::size_t n_read = 0;
  if (is_compressed) {
    const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
    n_read = file ? std::size_t(std::max(0, gzread(file.get(), bytes.data(), unsigned(bytes.size())))) : 0;
  } else {
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char *>(bytes.data()), bytes.size());
    n_read = std::size_t(file.gcount());
  }
  if (n_read != bytes.size())
    throw other_file();
  return bytes;
}

/// The number at byte `at`, whose bytes stand in the order of this machine or the other.
template <typename T>
T number_at(const NiftiBytes &bytes, const std::size_t at, const bool is_swapped)
{
  unsigned char copy[sizeof(T)];
  std::memcpy(copy, bytes.data() + at, sizeof(T));
  if (is_swapped)
    std::reverse(copy, copy + sizeof(T));
  T value;
  std::memcpy(&value, copy, sizeof(T));
  return value;
}

/// Numbers per voxel and bytes of each, by the datatype's code (nifti1.h).
const std::map<int, std::array<std::uint64_t, 2>> nifti_types = {
    {2, {{1, 1}}},    {4, {{1, 2}}},    {8, {{1, 4}}},    {16, {{1, 4}}},  {32, {{2, 4}}},
    {64, {{1, 8}}},   {128, {{3, 1}}},  {256, {{1, 1}}},  {512, {{1, 2}}}, {768, {{1, 4}}},
    {1024, {{1, 8}}}, {1280, {{1, 8}}}, {1792, {{2, 8}}}, {2304, {{4, 1}}}};

void check_nifti_place(const NiftiBytes &bytes, const bool is_swapped)
{
  const auto check = [&](const std::size_t at, const std::size_t n, const std::string &what) {
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isfinite(number_at<float>(bytes, at + 4 * i, is_swapped)))
        throw damaged("its " + what + " is no number");
  };
  for (std::size_t axis = 1; axis <= 3; ++axis)
    if (const float width = number_at<float>(bytes, 76 + 4 * axis, is_swapped); !(std::isfinite(width) && width > 0))
      throw damaged("its voxels are " + std::to_string(width) + " wide");
  if (number_at<std::int16_t>(bytes, 252, is_swapped) > 0)
    check(256, 6, "qform");
  if (number_at<std::int16_t>(bytes, 254, is_swapped) > 0)
    check(280, 12, "sform");
  for (const std::size_t at : {112, 116}) // a slope that is no number means none
    if (std::isinf(number_at<float>(bytes, at, is_swapped)))
      throw damaged("its slope or intercept is infinite");
}

ImageHeader read_nifti(const std::string &path, const bool is_compressed)
{
  const NiftiBytes bytes = nifti_bytes(path, is_compressed);
  const auto length = number_at<std::int32_t>(bytes, 0, false), other = number_at<std::int32_t>(bytes, 0, true);
  const bool is_swapped = other == 348;
  if (length == 540 || other == 540)
    throw ImageDefect("a NIfTI-2 file", "NIfTI-1 is read");
  if ((length != 348 && !is_swapped) || std::memcmp(bytes.data() + 344, "n+1", 4) != 0)
    throw other_file();

  ImageHeader header;
  header.format = ImageFormat::nifti;
  const auto dimension = [&](const int i) { return number_at<std::int16_t>(bytes, 40 + 2 * i, is_swapped); };
  const int n_dimensions = dimension(0);
  if (n_dimensions < 1 || n_dimensions > 7)
    throw damaged("its number of dimensions is " + std::to_string(n_dimensions));
  for (int axis = 1; axis <= n_dimensions; ++axis) {
    if (dimension(axis) < 1)
      throw damaged("it states " + std::to_string(dimension(axis)) + " voxels along an axis");
    header.size.push_back(std::uint64_t(dimension(axis)));
  }
  const int code = number_at<std::int16_t>(bytes, 70, is_swapped);
  const auto type = nifti_types.find(code);
  if (type == nifti_types.end())
    throw damaged("its datatype " + std::to_string(code) + " is none of whole numbers, float and double");
  header.components = type->second[0];
  header.component_bytes = type->second[1];

  const float offset = number_at<float>(bytes, 108, is_swapped);
  if (!(offset >= 352 && offset <= float(furthest_voxels)) || offset != std::floor(offset))
    throw damaged("its voxels begin at byte " + std::to_string(offset) + ", but 352 to " +
                  std::to_string(furthest_voxels) + " are possible");
  check_nifti_place(bytes, is_swapped);
  header.data_path = path;
  header.encoding = is_compressed ? ImageEncoding::deflated : ImageEncoding::raw;
  (is_compressed ? header.lead : header.data_at) = std::uint64_t(offset);
  return header;
}

// NRRD and MetaImage: lines of text

/// A header's fields with the place where the voxels would follow.
struct Fields
{
  std::map<std::string, std::string> values;
  std::uint64_t end = 0;

  const std::string &required(const std::string &name) const
  {
    const auto found = values.find(name);
    if (found == values.end())
      throw damaged("it states no '" + name + "'");
    return found->second;
  }
  std::string optional(const std::string &name, const std::string &otherwise) const
  {
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
  }
  void add(const std::string &name, const std::string &value)
  {
    if (!values.emplace(name, value).second)
      throw damaged("it states '" + name + "' twice");
  }
};

/// The next line of a header, without its end.
bool next_line(std::istream &file, std::string &line, std::uint64_t &end)
{
  line.clear();
  for (int c = file.get(); c != '\n'; c = file.get()) {
    if (c == std::char_traits<char>::eof())
      return !line.empty();
    if ((c < 32 && c != '\t' && c != '\r') || c == 127)
      throw damaged("its header holds a byte that is no text");
    line += char(c);
    if (line.size() > longest_line)
      throw damaged("a line of its header is longer than " + std::to_string(longest_line) + " bytes");
  }
  end = std::uint64_t(file.tellg());
  if (end > longest_header)
    throw damaged("its header is longer than " + std::to_string(longest_header) + " bytes");
  line = trimmed(line);
  return true;
}

/// The file of the voxels beside the header.
std::string beside(const std::string &path, const std::string &name)
{
  const fs::path file(name);
  const bool leaves = file.is_absolute() || std::find(file.begin(), file.end(), "..") != file.end();
  if (leaves || name.empty() || name.find_first_of("\\:") != std::string::npos)
    throw ImageDefect("an image with its voxels in '" + name + "'", "they are in the header's folder or below");
  std::error_code error;
  const fs::path full = fs::path(path).parent_path() / file;
  if (!fs::is_regular_file(full, error))
    throw ImageDefect("an image with its voxels in '" + name + "'",
                      "there is no such file, and voxels in several files are not read");
  return full.string();
}

const std::map<std::string, std::uint64_t> nrrd_types = {{"signed char", 1},
                                                         {"int8", 1},
                                                         {"int8_t", 1},
                                                         {"uchar", 1},
                                                         {"unsigned char", 1},
                                                         {"uint8", 1},
                                                         {"uint8_t", 1},
                                                         {"short", 2},
                                                         {"short int", 2},
                                                         {"signed short", 2},
                                                         {"signed short int", 2},
                                                         {"int16", 2},
                                                         {"int16_t", 2},
                                                         {"ushort", 2},
                                                         {"unsigned short", 2},
                                                         {"unsigned short int", 2},
                                                         {"uint16", 2},
                                                         {"uint16_t", 2},
                                                         {"int", 4},
                                                         {"signed int", 4},
                                                         {"int32", 4},
                                                         {"int32_t", 4},
                                                         {"uint", 4},
                                                         {"unsigned int", 4},
                                                         {"uint32", 4},
                                                         {"uint32_t", 4},
                                                         {"longlong", 8},
                                                         {"long long", 8},
                                                         {"long long int", 8},
                                                         {"signed long long", 8},
                                                         {"signed long long int", 8},
                                                         {"int64", 8},
                                                         {"int64_t", 8},
                                                         {"ulonglong", 8},
                                                         {"unsigned long long", 8},
                                                         {"unsigned long long int", 8},
                                                         {"uint64", 8},
                                                         {"uint64_t", 8},
                                                         {"float", 4},
                                                         {"double", 8}};

Fields nrrd_fields(const std::string &path)
{
  std::ifstream file(path, std::ios::binary);
  char magic[8] = {0};
  if (!file.read(magic, 8) || std::memcmp(magic, "NRRD000", 7) != 0 || magic[7] < '1' || magic[7] > '5')
    throw other_file();
  Fields fields;
  std::string line;
  next_line(file, line, fields.end);
  if (!line.empty())
    throw other_file();
  while (next_line(file, line, fields.end) && !line.empty()) {
    const auto colon = line.find(':');
    if (line[0] == '#')
      continue;
    if (colon == std::string::npos || colon + 1 == line.size())
      throw damaged("its header holds the line '" + line.substr(0, 40) + "'");
    if (line[colon + 1] == '=') // a remark, not a field
      continue;
    std::string name = lower(line.substr(0, colon));
    name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
    fields.add(name, trimmed(line.substr(colon + 1)));
  }
  return fields;
}

ImageHeader read_nrrd(const std::string &path)
{
  const Fields fields = nrrd_fields(path);
  ImageHeader header;
  header.format = ImageFormat::nrrd;
  const std::uint64_t n_dimensions = whole_number("dimension", fields.required("dimension"));
  if (n_dimensions < 1 || n_dimensions > 16)
    throw damaged("its number of dimensions is " + std::to_string(n_dimensions));
  header.size = sizes("sizes", fields.required("sizes"), n_dimensions);
  const auto type = nrrd_types.find(lower(fields.required("type")));
  if (type == nrrd_types.end())
    throw damaged("its type '" + fields.required("type").substr(0, 40) +
                  "' is none of whole numbers, float and double");
  header.component_bytes = type->second;

  const std::string encoding = lower(fields.required("encoding"));
  if (encoding == "gz" || encoding == "gzip")
    header.encoding = ImageEncoding::deflated;
  else if (encoding == "txt" || encoding == "text" || encoding == "ascii")
    header.encoding = ImageEncoding::text;
  else if (encoding != "raw")
    throw ImageDefect("an image in encoding '" + encoding.substr(0, 40) + "'", "raw, gzip and ascii are read");
  if (whole_number("line skip", fields.optional("lineskip", "0")) != 0)
    throw ImageDefect("an image with a 'line skip'", "voxels begin where the header ends, or after a 'byte skip'");

  const bool is_alone = fields.values.count("datafile") == 0;
  header.data_path = is_alone ? path : beside(path, fields.required("datafile"));
  const std::string skip = fields.optional("byteskip", "0");
  header.ends_file = skip == "-1" && !is_alone;
  if (skip != "0" && header.encoding != ImageEncoding::raw)
    throw ImageDefect("a compressed image with a 'byte skip'", "its voxels begin where the header ends");
  header.data_at = (is_alone ? fields.end : 0) + (header.ends_file ? 0 : whole_number("byte skip", skip));
  return header;
}

const std::map<std::string, std::uint64_t> meta_types = {
    {"MET_CHAR", 1}, {"MET_UCHAR", 1}, {"MET_SHORT", 2},     {"MET_USHORT", 2},
    {"MET_INT", 4},  {"MET_UINT", 4},  {"MET_LONG_LONG", 8}, {"MET_ULONG_LONG", 8},
    {"MET_LONG", 4}, {"MET_ULONG", 4}, {"MET_FLOAT", 4},     {"MET_DOUBLE", 8}};

/// All fields up to the last one, which says where the voxels are.
Fields meta_fields(const std::string &path)
{
  std::ifstream file(path, std::ios::binary);
  Fields fields;
  std::string line;
  while (fields.values.count("ElementDataFile") == 0 && next_line(file, line, fields.end)) {
    const auto equal = line.find('=');
    const std::string name = trimmed(line.substr(0, equal));
    if (equal == std::string::npos || name.empty() || name.find(' ') != std::string::npos || name.size() > 60)
      throw fields.values.empty() ? other_file() : damaged("its header holds the line '" + line.substr(0, 40) + "'");
    fields.add(name, trimmed(line.substr(equal + 1)));
  }
  if (fields.values.count("NDims") == 0 || fields.values.count("ElementDataFile") == 0)
    throw other_file();
  return fields;
}

bool is_true(const std::string &field, const std::string &text)
{
  if (text != "True" && text != "False" && text != "true" && text != "false" && text != "1" && text != "0")
    throw damaged("its '" + field + "' is '" + text.substr(0, 40) + "' instead of True or False");
  return text[0] == 'T' || text[0] == 't' || text[0] == '1';
}

/// Fields that MetaIO reads into arrays of fixed length.
void check_meta_lengths(const Fields &fields, const std::uint64_t n_dimensions)
{
  for (const auto &[name, value] : fields.values) {
    const bool is_matrix = name == "TransformMatrix" || name == "Rotation" || name == "Orientation";
    const bool is_vector = name == "Offset" || name == "Position" || name == "Origin" || name == "CenterOfRotation" ||
                           name == "ElementSpacing" || name == "ElementSize";
    if (!is_matrix && !is_vector)
      continue;
    const auto words = words_of(value);
    if (words.size() != (is_matrix ? n_dimensions * n_dimensions : n_dimensions))
      throw damaged("its '" + name + "' has " + std::to_string(words.size()) + " numbers in " +
                    std::to_string(n_dimensions) + " dimensions");
    for (const std::string &word : words) {
      std::istringstream stream(word);
      double number = 0;
      if (!(stream >> number) || !stream.eof() || !std::isfinite(number))
        throw damaged("its '" + name + "' holds '" + word.substr(0, 40) + "', which is no number");
    }
  }
}

ImageHeader read_meta_image(const std::string &path)
{
  const Fields fields = meta_fields(path);
  ImageHeader header;
  header.format = ImageFormat::meta_image;
  const std::uint64_t n_dimensions = whole_number("NDims", fields.required("NDims"));
  if (n_dimensions < 1 || n_dimensions > 10)
    throw damaged("its number of dimensions is " + std::to_string(n_dimensions));
  header.size = sizes("DimSize", fields.required("DimSize"), n_dimensions);
  check_meta_lengths(fields, n_dimensions);
  const std::string type = fields.required("ElementType");
  const bool is_array = type.size() > 6 && type.compare(type.size() - 6, 6, "_ARRAY") == 0;
  const auto known = meta_types.find(is_array ? type.substr(0, type.size() - 6) : type);
  if (known == meta_types.end())
    throw damaged("its type '" + type.substr(0, 40) + "' is none of whole numbers, float and double");
  header.component_bytes = known->second;
  header.components = whole_number("ElementNumberOfChannels", fields.optional("ElementNumberOfChannels", "1"));

  if (!is_true("BinaryData", fields.optional("BinaryData", "True")))
    header.encoding = ImageEncoding::text;
  if (is_true("CompressedData", fields.optional("CompressedData", "False")))
    header.encoding = ImageEncoding::deflated;
  header.stream_bytes = whole_number("CompressedDataSize", fields.optional("CompressedDataSize", "0"));
  const std::string data_file = fields.required("ElementDataFile");
  const bool is_alone = lower(data_file) == "local";
  header.data_path = is_alone ? path : beside(path, data_file);
  const std::string skip = fields.optional("HeaderSize", "0");
  header.ends_file = skip == "-1" && !is_alone;
  if (skip != "0" && (is_alone || header.encoding != ImageEncoding::raw))
    throw ImageDefect("an image with 'HeaderSize = " + skip.substr(0, 40) + "'",
                      "only uncompressed voxels in a file of their own may follow a header");
  header.data_at = is_alone ? fields.end : header.ends_file ? 0 : whole_number("HeaderSize", skip);
  return header;
}

} // namespace

ImageHeader read_image_header(const std::string &path)
{
  const std::string name = lower(fs::path(path).filename().string());
  const auto ends_with = [&](const std::string &end) {
    return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  if (ends_with(".nii") || ends_with(".nii.gz"))
    return read_nifti(path, ends_with(".gz"));
  if (ends_with(".nrrd") || ends_with(".nhdr"))
    return read_nrrd(path);
  if (ends_with(".mha") || ends_with(".mhd"))
    return read_meta_image(path);
  throw other_file();
}

} // namespace cageopt::inputs
