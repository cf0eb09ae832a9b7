#pragma once

#include <string>
#include <vector>

namespace cageopt {

/// What `cageopt benchmark` was asked for.
struct BenchmarkOptions
{
  std::vector<std::string> suites;   ///< empty: all
  std::vector<std::string> problems; ///< empty: those of each suite
  unsigned int cells = 0;            ///< along an edge; 0: each suite's own
  double patient_cell = 1.;          ///< mm, the smallest cells of the problem "patient"
  std::string json_file;             ///< empty: none is written
  std::string data_directory;        ///< where the folder of the micro-CT is; empty: benchmark_data_default
};

constexpr const char *benchmark_data_default = "../shared/data";

/// Solves end at this relative residual.
constexpr double benchmark_tolerance = 1e-5;

} // namespace cageopt
