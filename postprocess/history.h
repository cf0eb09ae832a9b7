#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

namespace cageopt::postprocess {

/// A quantity with its unit; "-" for dimensionless, empty for counters.
struct Column
{
  std::string name;
  std::string unit;
};

/// Values by column name.
using NamedValues = std::vector<std::pair<std::string, double>>;

/// history.csv: a header "iteration,effective_modulus [MPa],..." and one line per iteration, flushed at once. Numbers
/// are the shortest text that reads back to the same double; a value that is not known is an empty field.
class HistoryCsv
{
public:
  /// Creates the file (rank 0). Collective; throws Error{bad_input} if it cannot be written.
  HistoryCsv(MPI_Comm comm, const std::string &path, const std::vector<Column> &columns);

  /// Adds a line; columns that `values` does not name stay empty. Collective. Throws Error{internal_error} for a name
  /// that is no column, Error{bad_input} if the disk refuses. Rank 0's values are written.
  void append(const NamedValues &values);

private:
  const MPI_Comm comm;
  const std::string path;
  const std::vector<Column> columns;
  std::ofstream file;

  void write_line(const std::string &line);
};

} // namespace cageopt::postprocess
