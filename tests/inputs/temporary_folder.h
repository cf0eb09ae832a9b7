#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <mpi.h>

#include <inputs/error.h>

namespace cageopt::tests {

/// A new folder of rank 0, known to all ranks and removed at the end. Collective.
class TemporaryFolder
{
public:
  explicit TemporaryFolder(MPI_Comm comm = MPI_COMM_SELF) : comm(comm)
  {
    MPI_Comm_rank(comm, &rank);
    char name[64] = "/tmp/cageopt_inputs_XXXXXX";
    if (rank == 0 && mkdtemp(name) == nullptr)
      throw std::runtime_error("no temporary folder");
    MPI_Bcast(name, sizeof(name), MPI_CHAR, 0, comm);
    folder = name;
  }
  ~TemporaryFolder()
  {
    MPI_Barrier(comm);
    std::error_code ignored;
    if (rank == 0)
      std::filesystem::remove_all(folder, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string operator/(const std::string &name) const { return folder + "/" + name; }
  std::string path() const { return folder; }

  /// Writes a file on rank 0 and returns its path.
  std::string write(const std::string &name, const std::string &text) const
  {
    if (rank == 0)
      std::ofstream(*this / name, std::ios::binary) << text;
    MPI_Barrier(comm);
    return *this / name;
  }

private:
  MPI_Comm comm;
  int rank = 0;
  std::string folder;
};

/// The message of the bad-input Error that `action` throws; a failure if it throws none or another code.
inline std::string bad_input_message(const std::function<void()> &action)
{
  try {
    action();
  } catch (const inputs::Error &error) {
    EXPECT_EQ(error.code, inputs::ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find("Way out: "), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

/// Each of `parts` occurs in the message.
inline void expect_parts(const std::string &message, const std::initializer_list<std::string> &parts)
{
  for (const std::string &part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << "no '" << part << "' in: " << message;
}

} // namespace cageopt::tests
