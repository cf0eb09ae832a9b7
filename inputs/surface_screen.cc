#include <inputs/surface_screen.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

namespace cageopt::inputs {

namespace {

constexpr std::size_t stl_header = 84, stl_triangle = 50; // bytes
constexpr const char *white = " \t\r\n";

/// Lines that begin with `word`; elsewhere it may be part of a name.
std::size_t lines_of(const std::string &text, const std::string &word)
{
  std::size_t n = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    at = text.find_first_not_of(white, at);
    if (at == std::string::npos)
      break;
    const std::size_t end = std::min(text.find_first_of(white, at), text.size());
    n += text.compare(at, end - at, word) == 0;
    at = std::min(text.find_first_of("\r\n", end), text.size());
  }
  return n;
}

SurfaceScreen screen_ascii_stl(const std::string &bytes)
{
  SurfaceScreen screen{"stl", "", lines_of(bytes, "endfacet")};
  const auto end = bytes.find_last_not_of(white);
  const auto line = bytes.find_last_of('\n', end);
  const auto first = bytes.find_first_not_of(white, line == std::string::npos ? 0 : line);
  if (bytes.compare(first, 8, "endsolid") != 0)
    screen.defect = "it does not end with 'endsolid': it was cut off";
  else if (3 * screen.n_faces != lines_of(bytes, "vertex"))
    screen.defect = "not every facet has three corners";
  return screen;
}

SurfaceScreen screen_stl(const std::string &bytes)
{
  const bool is_text = bytes.find('\0') == std::string::npos;
  if (bytes.compare(0, 5, "solid") == 0 && is_text)
    return screen_ascii_stl(bytes);
  if (is_text || bytes.size() < stl_header)
    return {};
  std::uint32_t n_triangles = 0;
  std::memcpy(&n_triangles, bytes.data() + 80, sizeof n_triangles);
  SurfaceScreen screen{"stl", "", n_triangles};
  if (const std::size_t needed = stl_header + stl_triangle * n_triangles; bytes.size() != needed)
    screen.defect = "it declares " + std::to_string(n_triangles) + " triangles, which take " + std::to_string(needed) +
                    " bytes, and holds " + std::to_string(bytes.size());
  return screen;
}

struct Property
{
  bool is_list = false;
  std::size_t count_size = 0, size = 0; // bytes
};

struct Element
{
  std::string name;
  std::size_t n = 0;
  std::vector<Property> properties;
};

std::size_t size_of(const std::string &type)
{
  const std::pair<const char *, std::size_t> sizes[] = {{"char", 1},  {"uchar", 1},   {"int8", 1},   {"uint8", 1},
                                                        {"short", 2}, {"ushort", 2},  {"int16", 2},  {"uint16", 2},
                                                        {"int", 4},   {"uint", 4},    {"int32", 4},  {"uint32", 4},
                                                        {"float", 4}, {"float32", 4}, {"double", 8}, {"float64", 8}};
  for (const auto &[name, size] : sizes)
    if (type == name)
      return size;
  return 0;
}

/// Walks the rows after a PLY header.
class PlyWalk
{
public:
  PlyWalk(const std::string &bytes, const std::size_t at, const bool is_text)
      : bytes(bytes), position(at), is_text(is_text)
  {
  }

  /// Whether all rows are there.
  bool pass(const Element &element)
  {
    if (element.n > bytes.size() - position)
      return false;
    for (std::size_t row = 0; row < element.n; ++row)
      for (const Property &property : element.properties) {
        std::size_t n = 1;
        if (property.is_list && !read_count(property.count_size, n))
          return false;
        for (std::size_t number = 0; number < n; ++number)
          if (!skip(property.size))
            return false;
      }
    return true;
  }

  bool at_end() const
  {
    return is_text ? bytes.find_first_not_of(white, position) == std::string::npos : position == bytes.size();
  }

private:
  bool skip(const std::size_t size)
  {
    const std::size_t begin = position;
    if (is_text) {
      position = bytes.find_first_not_of(white, position);
      if (position == std::string::npos)
        position = bytes.size();
      token = position;
      position = std::min(bytes.find_first_of(white, position), bytes.size());
      return position > token;
    }
    token = begin;
    if (size > bytes.size() - position)
      return false;
    position += size;
    return true;
  }

  bool read_count(const std::size_t size, std::size_t &n)
  {
    if (!skip(size))
      return false;
    if (is_text)
      n = std::strtoul(bytes.c_str() + token, nullptr, 10);
    else {
      std::uint32_t little_endian = 0;
      std::memcpy(&little_endian, bytes.data() + token, std::min(size, sizeof little_endian));
      n = little_endian;
    }
    return n <= bytes.size() - position;
  }

  const std::string &bytes;
  std::size_t position, token = 0;
  bool is_text;
};

/// Reads a header line into the elements; an empty text, or what is wrong.
std::string read_header_line(const std::string &line, std::string &form, std::vector<Element> &elements)
{
  std::istringstream words(line);
  std::string keyword, type, count_type;
  words >> keyword;
  if (keyword == "format") {
    words >> form;
    if (form != "ascii" && form != "binary_little_endian")
      return "its form is '" + form + "', and 'ascii' and 'binary_little_endian' are read";
  } else if (keyword == "element") {
    Element element;
    long long n = -1;
    words >> element.name >> n;
    if (n < 0)
      return "the line '" + line + "' of its header counts nothing";
    element.n = n;
    elements.push_back(element);
  } else if (keyword == "property") {
    words >> type;
    Property property;
    if (property.is_list = type == "list"; property.is_list) {
      words >> count_type >> type;
      property.count_size = size_of(count_type);
    }
    property.size = size_of(type);
    if (elements.empty() || property.size == 0 || (property.is_list && property.count_size == 0))
      return "the line '" + line + "' of its header is not of the format";
    elements.back().properties.push_back(property);
  } else if (keyword != "comment" && keyword != "obj_info" && keyword != "ply")
    return "the line '" + line + "' of its header is not of the format";
  return "";
}

SurfaceScreen screen_ply(const std::string &bytes)
{
  SurfaceScreen screen{"ply", "", 0};
  std::string form;
  std::vector<Element> elements;
  std::size_t at = 0;
  for (bool in_header = true; in_header;) {
    const auto end = bytes.find('\n', at);
    if (end == std::string::npos) {
      screen.defect = "its header does not end with 'end_header'";
      return screen;
    }
    std::string line = bytes.substr(at, end - at);
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    at = end + 1;
    in_header = line != "end_header";
    if (in_header)
      screen.defect = read_header_line(line, form, elements);
    if (!screen.defect.empty())
      return screen;
  }
  if (form.empty())
    screen.defect = "its header states no form";
  PlyWalk walk(bytes, at, form == "ascii");
  for (const Element &element : elements) {
    if (element.name == "face")
      screen.n_faces = element.n;
    if (screen.defect.empty() && !walk.pass(element))
      screen.defect = "it declares " + std::to_string(element.n) + " rows of the element '" + element.name +
                      "' and ends before the last";
  }
  if (screen.defect.empty() && !walk.at_end())
    screen.defect = "it goes on after the last row that its header declares";
  return screen;
}

} // namespace

SurfaceScreen screen_surface(const std::string &bytes)
{
  const bool is_ply = bytes.compare(0, 4, "ply\n") == 0 || bytes.compare(0, 5, "ply\r\n") == 0;
  return is_ply ? screen_ply(bytes) : screen_stl(bytes);
}

} // namespace cageopt::inputs
