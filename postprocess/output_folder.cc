#include <postprocess/output_folder.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <inputs/collective.h>
#include <inputs/error.h>

namespace cageopt::postprocess {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string &path, const std::string &rule, const std::string &remedy)
{
  throw inputs::InputError("the output folder", "'" + path + "'", rule, remedy);
}

void prepare(const std::string &path, const bool overwrite)
{
  const std::string elsewhere = "choose another folder with --output or change its permissions";
  if (path.empty())
    refuse(path, "an empty name is no folder", "name a folder with --output");
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    refuse(path, "there is a file of that name", "choose another folder with --output or remove the file");
  fs::create_directories(path, error);
  if (error)
    refuse(path, "it cannot be created (" + error.message() + ")", elsewhere);

  if (fs::exists(path + "/summary.json") && !overwrite)
    refuse(path, "it holds the summary.json of a finished run", "choose another folder or give --overwrite");

  const std::string probe = path + "/.cageopt_write_probe";
  const int file = open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0)
    refuse(path, std::string("no file can be written there (") + std::strerror(errno) + ")", elsewhere);
  close(file);
  fs::remove(probe, error);

  try {
    for (const auto *name : {"summary.json", "provenance.json", "history.csv", "validation.html", "solution.pvd",
                             "bmd.csv", "histogram.csv"})
      fs::remove(path + "/" + name);
    if (fs::is_directory(path + "/solution"))
      for (const auto &entry : fs::directory_iterator(path + "/solution"))
        if (entry.path().extension() == ".vtu" || entry.path().extension() == ".pvtu")
          fs::remove(entry.path());
    fs::create_directories(path + "/field");
    for (const auto &entry : fs::directory_iterator(path + "/field"))
      if (entry.path().extension() == ".vti" || entry.path().extension() == ".gz")
        fs::remove(entry.path());
  } catch (const fs::filesystem_error &failure) {
    refuse(path, std::string("it cannot be prepared (") + failure.what() + ")", elsewhere);
  }
}

} // namespace

void write_atomically(const std::string &path, const std::string &text)
{
  const std::string temporary = path + ".tmp";
  const auto fail = [&](const char *action) {
    const std::string reason = std::strerror(errno);
    unlink(temporary.c_str());
    throw inputs::InputError("the output file", "'" + path + "'",
                             std::string("it cannot be ") + action + " (" + reason + ")",
                             "check the folder's permissions and the free disk space, or choose another with "
                             "--output");
  };
  std::FILE *file = std::fopen(temporary.c_str(), "wb");
  if (!file)
    fail("opened");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0 &&
                       fsync(fileno(file)) == 0;
  const int write_error = errno;
  if (std::fclose(file) != 0 || !written) {
    if (!written)
      errno = write_error;
    fail("written");
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0)
    fail("renamed");
}

OutputFolder::OutputFolder(MPI_Comm comm, const std::string &path, const bool overwrite) : folder(path)
{
  inputs::on_root(comm, [&] { prepare(path, overwrite); });
}

std::string OutputFolder::step_name(const unsigned int iteration)
{
  std::string number = std::to_string(iteration);
  if (number.size() < 4)
    number.insert(0, 4 - number.size(), '0');
  return "solution/solution_" + number;
}

} // namespace cageopt::postprocess
