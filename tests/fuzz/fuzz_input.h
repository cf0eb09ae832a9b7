#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <zlib.h>

#include <inputs/error.h>

namespace cageopt::tests {

/// Runs `action` on input that may be anything. A fault is whatever is neither success nor an Error{bad_input}.
inline void may_refuse(const std::function<void()> &action)
{
  try {
    action();
  } catch (const inputs::Error &error) {
    if (error.code == inputs::ExitCode::bad_input)
      return;
    std::fprintf(stderr, "Error with another exit code: %s\n", error.what());
    std::abort();
  }
}

/// A folder of this process, in memory where there is such a file system, removed at the end.
class FuzzFolder
{
public:
  FuzzFolder()
  {
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/cageopt_fuzz_XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
      std::abort();
    folder = name;
  }
  ~FuzzFolder()
  {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  FuzzFolder(const FuzzFolder &) = delete;
  FuzzFolder &operator=(const FuzzFolder &) = delete;

  std::string path() const { return folder; }
  std::string write(const std::string &name, const std::string &content) const
  {
    std::ofstream file(folder + "/" + name, std::ios::binary);
    file << content;
    return folder + "/" + name;
  }

private:
  std::string folder;
};

/// `content` as a gzip file.
inline std::string gzipped(const FuzzFolder &folder, const std::string &content)
{
  const std::string path = folder.path() + "/packed.gz";
  const gzFile file = gzopen(path.c_str(), "wb1");
  gzwrite(file, content.data(), unsigned(content.size()));
  gzclose(file);
  std::ifstream packed(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(packed), {}};
}

} // namespace cageopt::tests
