#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mpi.h>

namespace cageopt::postprocess {

/// SHA-256 of a file's bytes as 64 lower-case hexadecimal digits (OpenSSL EVP). Rank-local.
/// Throws Error{bad_input} if it cannot be read.
std::string sha256_of_file(const std::string &path);

/// cageopt's version and git commit ("0.1.0 (3f86ae4...)"), for --version.
std::string version_text();

/// What made the results: provenance.json with the keys program, version, git_commit, compiler, build_type, libraries
/// {dealii, p4est, mpi, itk}, ranks, command_line, start_utc, end_utc, inputs and outputs [{path, bytes, sha256}].
/// Holds no host or user name and no path but those that the user gave; outputs are relative to the output folder.
class Provenance
{
public:
  /// `command_line` as the shell gave it; `itk_version` as ITK reports it. The start time is now.
  Provenance(MPI_Comm comm, const std::vector<std::string> &command_line, const std::string &itk_version);

  /// Hashes an input file (or, for a folder, each file in it) as it is now; `path` is recorded as the user gave it.
  /// `location`, if not empty, is where to read it. Collective; throws Error{bad_input} if it cannot be read.
  void add_input(const std::string &path, const std::string &location = "");

  /// Hashes all files in `output_folder` but provenance.json itself, and writes that. To be called last: what is
  /// written later (an open log) no longer matches its hash. Collective.
  void write(const std::string &output_folder) const;

private:
  struct File
  {
    std::string path;
    std::uint64_t n_bytes;
    std::string sha256;
  };

  const MPI_Comm comm;
  const std::vector<std::string> command_line;
  const std::string itk_version;
  const std::string start_utc;
  std::vector<File> input_files; // rank 0 only
};

} // namespace cageopt::postprocess
