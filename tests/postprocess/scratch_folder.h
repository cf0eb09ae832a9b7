#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <mpi.h>
#include <unistd.h>

/// An empty folder of this test's own, the same on all ranks, removed at the end.
class ScratchFolder
{
public:
  explicit ScratchFolder(MPI_Comm comm = MPI_COMM_SELF) : comm(comm)
  {
    static int n_made = 0;
    int id[2] = {int(getpid()), n_made++};
    MPI_Bcast(id, 2, MPI_INT, 0, comm);
    path = (std::filesystem::temp_directory_path() /
            ("cageopt_postprocess_" + std::to_string(id[0]) + "_" + std::to_string(id[1])))
               .string();
    if (is_root()) {
      std::filesystem::remove_all(path);
      std::filesystem::create_directories(path);
    }
    MPI_Barrier(comm);
  }
  ScratchFolder(const ScratchFolder &) = delete;
  ~ScratchFolder()
  {
    MPI_Barrier(comm);
    if (is_root())
      std::filesystem::remove_all(path);
  }

  bool is_root() const
  {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    return rank == 0;
  }

  std::string path;

private:
  MPI_Comm comm;
};

inline std::string read_text(const std::string &path)
{
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::string &path, const std::string &text)
{
  std::ofstream(path, std::ios::binary) << text;
}
