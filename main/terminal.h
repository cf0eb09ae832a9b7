#pragma once

#include <fstream>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>

#include <mpi.h>

namespace cageopt {

/// What the user reads: rank 0's standard output, and a copy in log.txt. The other ranks' text goes nowhere.
class Terminal
{
public:
  /// Without a log file.
  explicit Terminal(MPI_Comm comm);
  ~Terminal();
  /// From here on all text goes to `path` too, what was said before included. Rank 0 writes.
  void log_to(const std::string &path);
  std::ostream &out() { return *stream; }
  void close_log();

private:
  class Tee;
  std::unique_ptr<Tee> buffer;
  std::unique_ptr<std::ostream> stream;
};

} // namespace cageopt
