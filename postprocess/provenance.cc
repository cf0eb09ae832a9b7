#include <postprocess/provenance.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include <deal.II/base/config.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <postprocess/build_info.h>
#include <postprocess/output_folder.h>

namespace cageopt::postprocess {

namespace {

namespace fs = std::filesystem;

std::string utc_now()
{
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// Name and version only: what follows the first comma names the machine that built the library.
std::string mpi_version()
{
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, length);
  return version.substr(0, version.find_first_of(",\n"));
}

std::string p4est_version()
{
#ifdef DEAL_II_WITH_P4EST
  return std::to_string(DEAL_II_P4EST_VERSION_MAJOR) + "." + std::to_string(DEAL_II_P4EST_VERSION_MINOR) + "." +
         std::to_string(DEAL_II_P4EST_VERSION_SUBMINOR);
#else
  return "none";
#endif
}

std::vector<fs::path> files_below(const fs::path &folder)
{
  std::vector<fs::path> files;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

std::string sha256_of_file(const std::string &path)
{
  const auto fail = [&] {
    throw inputs::InputError("the file", "'" + path + "'", "it cannot be read to compute its SHA-256",
                             "check that it exists and its permissions");
  };
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path))
    fail();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::vector<char> buffer(1 << 20);
  while (file) {
    file.read(buffer.data(), std::streamsize(buffer.size()));
    good = good && EVP_DigestUpdate(context.get(), buffer.data(), std::size_t(file.gcount())) == 1;
  }
  if (file.bad())
    fail();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (!good || EVP_DigestFinal_ex(context.get(), digest, &length) != 1)
    throw inputs::Error(inputs::ExitCode::internal_error, "OpenSSL could not compute the SHA-256 of '" + path + "'");
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    char hexadecimal[3];
    std::snprintf(hexadecimal, sizeof(hexadecimal), "%02x", digest[i]);
    text += hexadecimal;
  }
  return text;
}

std::string version_text() { return CAGEOPT_VERSION " (" CAGEOPT_GIT_COMMIT ")"; }

Provenance::Provenance(MPI_Comm comm, const std::vector<std::string> &command_line, const std::string &itk_version)
    : comm(comm), command_line(command_line), itk_version(itk_version), start_utc(utc_now())
{
}

void Provenance::add_input(const std::string &path, const std::string &location)
{
  inputs::on_root(comm, [&] {
    const fs::path place = location.empty() ? path : location;
    if (!fs::is_directory(place)) {
      const std::string hash = sha256_of_file(place.string());
      input_files.push_back({path, fs::file_size(place), hash});
      return;
    }
    for (const auto &file : files_below(place))
      input_files.push_back(
          {(fs::path(path) / fs::relative(file, place)).string(), fs::file_size(file), sha256_of_file(file.string())});
  });
}

void Provenance::write(const std::string &output_folder) const
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  inputs::on_root(comm, [&] {
    using nlohmann::ordered_json;
    ordered_json root;
    root["program"] = "cageopt";
    root["version"] = CAGEOPT_VERSION;
    root["git_commit"] = CAGEOPT_GIT_COMMIT;
    root["compiler"] = CAGEOPT_COMPILER;
    root["build_type"] = CAGEOPT_BUILD_TYPE;
    root["libraries"] = {
        {"dealii", DEAL_II_PACKAGE_VERSION}, {"p4est", p4est_version()}, {"mpi", mpi_version()}, {"itk", itk_version}};
    root["ranks"] = n_ranks;
    root["command_line"] = command_line;
    root["start_utc"] = start_utc;
    root["end_utc"] = utc_now();
    const auto entry = [](const File &file) {
      return ordered_json{{"path", file.path}, {"bytes", file.n_bytes}, {"sha256", file.sha256}};
    };
    root["inputs"] = ordered_json::array();
    for (const auto &file : input_files)
      root["inputs"].push_back(entry(file));
    root["outputs"] = ordered_json::array();
    const fs::path own = fs::path(output_folder) / "provenance.json";
    for (const auto &file : files_below(output_folder))
      if (file != own)
        root["outputs"].push_back(
            entry({fs::relative(file, output_folder).string(), fs::file_size(file), sha256_of_file(file.string())}));
    // Paths are bytes, JSON is UTF-8: what is not is replaced rather than ending a finished run.
    write_atomically(own.string(), root.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  });
}

} // namespace cageopt::postprocess
