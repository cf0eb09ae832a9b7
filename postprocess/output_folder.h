#pragma once

#include <string>

#include <mpi.h>

namespace cageopt::postprocess {

/// Writes `text` to `path` by a temporary file in the same folder, synced and renamed: a reader finds the old or the
/// new content, never a part. Rank-local. Throws Error{bad_input} with the system's reason.
void write_atomically(const std::string &path, const std::string &text);

/// The folder of one run and the names of the files in it.
class OutputFolder
{
public:
  /// Creates `path` if needed and makes sure that files can be written there. Collective; on all ranks throws
  /// Error{bad_input} if it is a file, is not writable, or holds a finished run (summary.json) and `overwrite` is
  /// false. What an earlier run left there of history, summary, provenance, validation page and field series is
  /// removed, so that the folder never shows a mixture of two runs; other files stay.
  OutputFolder(MPI_Comm comm, const std::string &path, bool overwrite = false);

  const std::string &path() const { return folder; }
  std::string original_case() const { return file("original.prm"); }
  std::string parameters_prm() const { return file("parameters.prm"); }
  std::string parameters_json() const { return file("parameters.json"); }
  std::string log() const { return file("log.txt"); }
  std::string history() const { return file("history.csv"); }
  std::string summary() const { return file("summary.json"); }
  std::string provenance() const { return file("provenance.json"); }
  std::string validation_page() const { return file("validation.html"); }
  std::string series() const { return file("solution.pvd"); }
  /// Field files of an iteration, for VtuWriter: relative to path(), without extension, "solution/solution_0010".
  static std::string step_name(unsigned int iteration);
  /// "field/<name>", for emitted density fields ("density_design.vti"); the folder exists.
  std::string field(const std::string &name) const { return file("field/" + name); }

private:
  std::string file(const std::string &name) const { return folder + "/" + name; }

  const std::string folder;
};

} // namespace cageopt::postprocess
