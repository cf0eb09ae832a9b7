#pragma once

#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::postprocess {

struct PvdSeriesParameters
{
  unsigned int interval = 10;
  /// Entries of subsection "Output".
  void declare(dealii::ParameterHandler &prm);
};

/// The list of written steps that ParaView opens. The file is replaced by a rename after each step, so a reader sees
/// the old or the new list, never a part, while the run goes on.
class PvdSeries
{
public:
  /// `path` of the .pvd file; nothing is written yet.
  PvdSeries(MPI_Comm comm, const std::string &path, const PvdSeriesParameters &parameters = {});

  /// Whether fields of this iteration (first = 1) are to be written: the first and every interval-th.
  bool due(unsigned int iteration) const;

  /// Lists `dataset` (.pvtu or .vtu, complete on disk, path relative to the .pvd's folder) at `time` (the iteration).
  /// A second dataset of the same time replaces the first. Collective; throws Error{bad_input} if it cannot be written.
  void append(double time, const std::string &dataset);

private:
  const MPI_Comm comm;
  const std::string path;
  const PvdSeriesParameters parameters;
  std::vector<std::pair<double, std::string>> steps;
};

} // namespace cageopt::postprocess
