#pragma once

#include <string>
#include <vector>

#include <main/benchmark/benchmark_options.h>
#include <main/homogenise_options.h>

namespace cageopt {

/// What the user asked for.
struct CommandLine
{
  std::string verb;
  std::string case_file;
  std::string output;
  std::string data;
  std::string design = "solid";       ///< of `solve`, see read_design()
  std::string compare;                ///< label file, by --compare
  std::vector<std::string> overrides; ///< "Subsection/Entry = value", by --set
  BenchmarkOptions benchmark;
  HomogeniseOptions homogenise;
  bool overwrite = false;
  bool help = false;
  bool version = false;
  std::string help_text;             ///< filled when help is asked for
  std::vector<std::string> as_given; ///< argv

  /// Throws InputError for an unknown verb or option (with the nearest name), and for a missing case file. Names of
  /// benchmark suites and problems are not checked here.
  static CommandLine parse(int argc, const char *const *argv);
};

} // namespace cageopt
