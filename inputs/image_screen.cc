#include <inputs/image_screen.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include <zlib.h>

namespace cageopt::inputs {

namespace {

/// Deflate (RFC 1951) shrinks to no less than a 1032nd.
constexpr std::uint64_t highest_ratio = 1032, most_voxels = std::numeric_limits<std::int32_t>::max();
/// Bytes that a stream may hold after the voxels.
constexpr std::uint64_t longest_tail = 1 << 20;

ImageDefect incomplete(const std::uint64_t present, const std::uint64_t needed)
{
  return ImageDefect("incomplete",
                     "it holds " + std::to_string(present) + " bytes instead of " + std::to_string(needed));
}

ImageDefect damaged_stream(const std::string &why)
{
  return ImageDefect("incomplete", "its compressed data are cut off or damaged (" + why + ")");
}

/// zlib's state for one gzip or zlib stream; several gzip members are one stream.
class Inflation
{
public:
  Inflation()
  {
    if (inflateInit2(&state, 15 + 32) != Z_OK) // the longest window; both forms of header
      throw std::bad_alloc();
  }
  ~Inflation() { inflateEnd(&state); }
  Inflation(const Inflation &) = delete;
  Inflation &operator=(const Inflation &) = delete;

  /// Bytes that `input` holds decompressed. No more is read once they are above `limit`.
  std::uint64_t length(std::istream &input, std::uint64_t n_input, const std::uint64_t limit)
  {
    std::uint64_t total = 0;
    bool is_whole = false;
    while (total <= limit && fill(input, n_input)) {
      if (is_whole && state.next_in[0] != 0x1f) // what follows the last member is no data
        return total;
      is_whole = false;
      total += step(is_whole);
    }
    if (total <= limit && !is_whole)
      throw damaged_stream("unexpected end");
    return total;
  }

private:
  /// Whether there is input to go on with.
  bool fill(std::istream &input, std::uint64_t &n_input)
  {
    if (state.avail_in > 0)
      return true;
    input.read(from.data(), std::streamsize(std::min<std::uint64_t>(from.size(), n_input)));
    n_input -= std::uint64_t(input.gcount());
    state.next_in = reinterpret_cast<unsigned char *>(from.data());
    state.avail_in = unsigned(input.gcount());
    return state.avail_in > 0;
  }

  /// Decompresses what fits into the buffer; returns its length.
  std::uint64_t step(bool &is_whole)
  {
    state.next_out = reinterpret_cast<unsigned char *>(to.data());
    state.avail_out = unsigned(to.size());
    const int status = inflate(&state, Z_NO_FLUSH);
    const std::uint64_t n_bytes = to.size() - state.avail_out;
    is_whole = status == Z_STREAM_END;
    if (is_whole)
      inflateReset(&state);
    else if (status != Z_OK && status != Z_BUF_ERROR)
      throw damaged_stream(state.msg != nullptr ? state.msg : "no stream");
    return n_bytes;
  }

  z_stream state{};
  std::vector<char> from = std::vector<char>(1 << 16), to = std::vector<char>(1 << 18);
};

void check_stream(const ImageHeader &header, const std::uint64_t there, const std::uint64_t n_bytes)
{
  if (header.stream_bytes > there)
    throw incomplete(there, header.stream_bytes);
  const std::uint64_t stored = header.stream_bytes > 0 ? header.stream_bytes : there;
  if (n_bytes / highest_ratio > stored)
    throw ImageDefect("incomplete", "it states " + std::to_string(n_bytes) + " bytes of voxels, and its " +
                                        std::to_string(stored) + " compressed bytes cannot hold so many");
  std::ifstream file(header.data_path, std::ios::binary);
  file.seekg(std::streamoff(header.data_at));
  const std::uint64_t needed = header.lead + n_bytes, present = Inflation().length(file, stored, needed + longest_tail);
  if (present < needed)
    throw incomplete(present, needed);
  if (present > needed + longest_tail)
    throw ImageDefect("damaged", "its compressed data go on after the " + std::to_string(n_bytes) +
                                     " bytes of voxels that it states");
}

void check_volume(const ImageHeader &header)
{
  if (header.components != 1)
    throw ImageDefect("an image with " + std::to_string(header.components) + " components per voxel",
                      "one number per voxel is needed");
  const auto &size = header.size;
  if (size.size() >= 3 && std::all_of(size.begin() + 3, size.end(), [](const std::uint64_t n) { return n == 1; }))
    return;
  std::string text;
  for (const std::uint64_t n : size)
    text += (text.empty() ? "" : " x ") + std::to_string(n);
  throw ImageDefect(std::to_string(size.size()) + "-D (" + text + ")", "one 3-D volume is needed");
}

} // namespace

ImageHeader screen_image(const std::string &path)
{
  ImageHeader header = read_image_header(path);
  check_volume(header);
  std::uint64_t n_voxels = 1;
  for (const std::uint64_t n : header.size) {
    if (n > most_voxels / n_voxels)
      throw ImageDefect("too large", "2147483647 voxels are read at most");
    n_voxels *= n;
  }
  const std::uint64_t length = std::filesystem::file_size(header.data_path),
                      there = length - std::min(length, header.data_at);
  if (header.encoding == ImageEncoding::deflated)
    check_stream(header, there, n_voxels * header.component_bytes);
  else { // a number as text takes a digit, and a space between two
    const std::uint64_t needed =
        header.encoding == ImageEncoding::raw ? n_voxels * header.component_bytes : 2 * n_voxels - 1;
    if (there < needed)
      throw incomplete(there, needed);
  }
  return header;
}

} // namespace cageopt::inputs
