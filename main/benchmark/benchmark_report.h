#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include <mpi.h>

namespace cageopt {

/// What the suites measured: tables on the terminal, line by line as the figures arrive, and the same as JSON.
///
/// The JSON has the keys program, version, git_commit, compiler, build_type, ranks, machine {processor, logical_cores,
/// l3_cache_bytes, memory_bytes, simd_bits} and records [{suite, <key of each column>}]; keys end in their unit. What
/// was not measured is null. It holds no host or user name and no path.
class BenchmarkReport
{
public:
  /// Not measured, a text, a count, or a number.
  using Value = std::variant<std::monostate, std::string, std::uint64_t, double>;
  struct Column
  {
    std::string key;     ///< in the JSON, with the unit: "solve_seconds"
    std::string heading; ///< in the table
    int digits = 3;      ///< significant ones of a number
  };

  /// Prints the machine and the number of ranks in `comm`. `out` is the terminal of rank 0.
  BenchmarkReport(std::ostream &out, MPI_Comm comm);
  ~BenchmarkReport();

  /// Starts the table of `suite`; `explanation` is printed above it.
  void begin_table(const std::string &suite, const std::string &explanation, std::vector<Column> columns);
  /// One value per column.
  void add_row(const std::vector<Value> &values);
  void note(const std::string &text);

  /// Rank 0 writes. Collective; throws Error{bad_input} if the file cannot be written.
  void write_json(const std::string &path, MPI_Comm comm) const;

private:
  struct Content;
  std::ostream &out;
  std::string suite;
  std::vector<Column> columns;
  std::unique_ptr<Content> content;
};

} // namespace cageopt
