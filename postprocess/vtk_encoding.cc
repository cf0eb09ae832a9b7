#include <postprocess/vtk_encoding.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <type_traits>

#include <openssl/evp.h>
#include <zlib.h>

#include <inputs/error.h>

namespace cageopt::postprocess::vtk_encoding {

namespace {

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

namespace {

/// Appends the base64 text of `n` bytes.
void append_base64(std::string &text, const unsigned char *bytes, const std::size_t n)
{
  const std::size_t old_size = text.size();
  text.resize(old_size + 4 * ((n + 2) / 3) + 1); // and the closing zero
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data() + old_size), bytes, static_cast<int>(n));
  text.resize(old_size + written);
}

} // namespace

std::string compress(const std::size_t n_bytes,
                     const std::function<void(std::size_t, std::size_t, unsigned char *)> &fill)
{
  const std::size_t block_size = std::min<std::size_t>(n_bytes, 1u << 18);
  std::vector<std::uint64_t> header = {0, 0, 0};
  if (n_bytes > 0)
    header = {(n_bytes + block_size - 1) / block_size, block_size, n_bytes % block_size};
  std::vector<unsigned char> block(block_size), buffer(compressBound(block.size()) + 2);
  std::string content;
  std::size_t n_left_over = 0; // base64 takes three bytes at a time
  for (std::size_t begin = 0; begin < n_bytes; begin += block_size) {
    const std::size_t n = std::min(block_size, n_bytes - begin);
    fill(begin, n, block.data());
    uLongf size = buffer.size() - n_left_over;
    const int status = compress2(buffer.data() + n_left_over, &size, block.data(), n, Z_BEST_SPEED);
    if (status != Z_OK)
      throw inputs::Error(inputs::ExitCode::internal_error,
                          "VTK file: zlib's compress2 failed with " + std::to_string(status));
    header.push_back(size);
    const std::size_t n_ready = n_left_over + size, n_encoded = begin + n == n_bytes ? n_ready : n_ready / 3 * 3;
    append_base64(content, buffer.data(), n_encoded);
    n_left_over = n_ready - n_encoded;
    std::copy_n(buffer.data() + n_encoded, n_left_over, buffer.data());
  }
  std::string text;
  append_base64(text, reinterpret_cast<const unsigned char *>(header.data()), header.size() * sizeof(header[0]));
  return text + content;
}

std::string base64(const void *data, const std::size_t n_bytes)
{
  std::string text;
  append_base64(text, static_cast<const unsigned char *>(data), n_bytes);
  return text;
}

std::string compress(const void *data, const std::size_t n_bytes)
{
  return compress(n_bytes, [data](const std::size_t begin, const std::size_t n, unsigned char *target) {
    std::copy_n(static_cast<const unsigned char *>(data) + begin, n, target);
  });
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

void write_data_array(std::ostream &file, const std::string &type, const std::string &name, const int n_components,
                      const std::string &content)
{
  file << "        <DataArray type=\"" << type << "\" Name=\"" << escape(name) << "\" NumberOfComponents=\""
       << n_components << "\" format=\"binary\">\n"
       << content << "\n        </DataArray>\n";
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
