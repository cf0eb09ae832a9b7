#include <inputs/image_integrity.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include <zlib.h>

namespace cageopt::inputs {

namespace {

std::string shortage(const std::size_t present, const std::size_t needed)
{
  return present >= needed ? "" : "it holds " + std::to_string(present) + " bytes instead of " + std::to_string(needed);
}

/// Also reads files that are not compressed.
std::string check_stream(const std::string &path, const std::size_t n_bytes)
{
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file)
    return "it cannot be opened";
  std::vector<char> buffer(1 << 20);
  std::size_t present = 0;
  int n_read = 0;
  while ((n_read = gzread(file.get(), buffer.data(), buffer.size())) > 0)
    present += n_read;
  int status = Z_OK;
  const std::string message = gzerror(file.get(), &status);
  if (n_read < 0 || (status != Z_OK && status != Z_STREAM_END))
    return "its compressed data are cut off or damaged (" + message + ")";
  return shortage(present, n_bytes);
}

/// Of a NIfTI-1 file; the voxels begin here at the earliest.
constexpr std::size_t nifti_header = 352;

std::string check_meta_image(const std::string &path, std::size_t n_bytes)
{
  std::ifstream file(path, std::ios::binary);
  bool is_compressed = false;
  std::string data_file;
  for (std::string line; data_file.empty() && std::getline(file, line);) {
    const auto equal = line.find('=');
    if (equal == std::string::npos)
      continue;
    const auto trim = [](const std::string &text) {
      const auto first = text.find_first_not_of(" \t\r");
      return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
    };
    const std::string key = trim(line.substr(0, equal)), value = trim(line.substr(equal + 1));
    if (key == "CompressedData")
      is_compressed = !value.empty() && (value[0] == 'T' || value[0] == 't' || value[0] == '1');
    else if (key == "CompressedDataSize")
      n_bytes = std::strtoull(value.c_str(), nullptr, 10);
    else if (key == "ElementDataFile")
      data_file = value;
  }
  if (is_compressed && n_bytes == 0)
    return "";
  const bool is_local = data_file == "LOCAL" || data_file == "Local" || data_file == "local";
  if (is_local)
    return shortage(std::filesystem::file_size(path) - static_cast<std::size_t>(file.tellg()), n_bytes);
  const auto beside = std::filesystem::path(path).parent_path() / data_file;
  std::error_code error;
  if (!std::filesystem::is_regular_file(beside, error)) // a list or pattern of slices, each checked by the reader
    return "";
  return shortage(std::filesystem::file_size(beside), n_bytes);
}

} // namespace

std::string missing_data(const std::string &path, const std::size_t n_bytes)
{
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".mha" || extension == ".mhd")
    return check_meta_image(path, n_bytes);
  const bool is_compressed = extension == ".gz";
  const std::filesystem::path inner = is_compressed ? std::filesystem::path(path).stem() : std::filesystem::path(path);
  if (is_compressed || extension == ".nii")
    return check_stream(path, n_bytes + (inner.extension() == ".nii" ? nifti_header : 0));
  return "";
}

} // namespace cageopt::inputs
