#include <postprocess/vtk_encoding.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <type_traits>

#include <zlib.h>

#include <inputs/error.h>

namespace cageopt::postprocess::vtk_encoding {

namespace {

// Large enough that zlib's window is used to the full, small enough that a reader can skip to a part.
constexpr std::size_t block_size = std::size_t(1) << 18;

std::string string_array(const std::string &name, const std::vector<std::string> &tuples)
{
  std::ostringstream xml;
  xml << "      <DataArray type=\"String\" Name=\"" << escape(name) << "\" NumberOfTuples=\"" << tuples.size()
      << "\" format=\"ascii\">\n        ";
  for (const auto &tuple : tuples) {
    for (const unsigned char character : tuple)
      xml << int(character) << ' ';
    xml << "0 ";
  }
  xml << "\n      </DataArray>\n";
  return xml.str();
}

} // namespace

std::string file_opening(const std::string &type)
{
  return "<?xml version=\"1.0\"?>\n<VTKFile type=\"" + type +
         "\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\" "
         "compressor=\"vtkZLibDataCompressor\">\n";
}

std::string compress(const void *data, const std::size_t n_bytes)
{
  const std::size_t n_blocks = (n_bytes + block_size - 1) / block_size;
  std::vector<std::uint64_t> header(3 + n_blocks);
  header[0] = n_blocks;
  header[1] = block_size;
  header[2] = n_bytes % block_size;

  const std::size_t header_bytes = header.size() * sizeof(std::uint64_t);
  std::string result(header_bytes, '\0');
  std::vector<Bytef> buffer(compressBound(block_size));
  for (std::size_t block = 0; block < n_blocks; ++block) {
    const auto *begin = static_cast<const Bytef *>(data) + block * block_size;
    uLongf size = buffer.size();
    const int status =
        compress2(buffer.data(), &size, begin, std::min(block_size, n_bytes - block * block_size), Z_BEST_SPEED);
    if (status != Z_OK)
      throw inputs::Error(inputs::ExitCode::internal_error, "zlib's compress2 failed with " + std::to_string(status));
    header[3 + block] = size;
    result.append(reinterpret_cast<const char *>(buffer.data()), size);
  }
  std::copy_n(reinterpret_cast<const char *>(header.data()), header_bytes, result.begin());
  return result;
}

std::string compress(const GridArray &array)
{
  return std::visit([](const auto &data) { return compress(data.data(), data.size() * sizeof(data[0])); },
                    array.values);
}

std::string type_name(const GridArray &array)
{
  return std::visit(
      [](const auto &data) -> std::string {
        using Value = typename std::decay_t<decltype(data)>::value_type;
        if constexpr (std::is_same_v<Value, double>)
          return "Float64";
        else if constexpr (std::is_same_v<Value, float>)
          return "Float32";
        else if constexpr (std::is_same_v<Value, std::uint8_t>)
          return "UInt8";
        else
          return "Int32";
      },
      array.values);
}

std::string appended_array(const std::string &type, const std::string &name, const int n_components,
                           const std::uint64_t offset)
{
  return "        <DataArray type=\"" + type + "\" Name=\"" + escape(name) + "\" NumberOfComponents=\"" +
         std::to_string(n_components) + "\" format=\"appended\" offset=\"" + std::to_string(offset) + "\"/>\n";
}

std::string appended_array(const GridArray &array, const std::uint64_t offset)
{
  return appended_array(type_name(array), array.name, array.n_components, offset);
}

std::string field_data(const std::vector<GridArray> &cell_arrays, const std::vector<GridArray> &point_arrays,
                       const Notes &notes)
{
  std::vector<std::string> units;
  for (const auto *arrays : {&cell_arrays, &point_arrays})
    for (const auto &array : *arrays)
      units.push_back(array.name + ": " + array.unit);
  std::string xml = "    <FieldData>\n";
  if (!units.empty())
    xml += string_array("units", units);
  for (const auto &[name, text] : notes)
    xml += string_array(name, {text});
  return xml + "    </FieldData>\n";
}

void check_arrays(const std::vector<GridArray> &arrays, const std::size_t n_tuples, const std::string &what)
{
  std::set<std::string> names;
  for (const auto &array : arrays) {
    const auto fail = [&](const std::string &rule) {
      throw inputs::Error(inputs::ExitCode::internal_error,
                          what + " array '" + array.name + "' has " + std::to_string(array.n_values()) + " values in " +
                              std::to_string(array.n_components) + " components: " + rule);
    };
    if (array.n_components != 1 && array.n_components != 3 && array.n_components != 6)
      fail("components must be 1, 3 or 6");
    if (array.n_values() != n_tuples * array.n_components)
      fail("there are " + std::to_string(n_tuples) + " tuples");
    if (array.name.empty() || array.unit.empty())
      fail("a name and a unit (\"1\" for dimensionless) are needed");
    if (!names.insert(array.name).second)
      fail("the name occurs twice");
  }
}

std::string escape(const std::string &text)
{
  std::string result;
  for (const char character : text)
    switch (character) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += character;
    }
  return result;
}

} // namespace cageopt::postprocess::vtk_encoding
