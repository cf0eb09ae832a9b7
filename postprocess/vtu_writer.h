#pragma once

#include <string>

#include <mpi.h>

#include <postprocess/grid_view.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::postprocess {

struct VtuWriterParameters
{
  unsigned int n_files = 1;
  /// Entries of subsection "Output".
  void declare(dealii::ParameterHandler &prm);
};

/// Writes a distributed hexahedral mesh for ParaView: <name>_<group>.vtu, one file per group of ranks with one piece
/// per rank that has cells, and <name>.pvtu, which lists them. Cell fields are true cell data. Each rank compresses
/// its own arrays; the first rank of a group streams them to disk holding one rank's data at a time.
class VtuWriter
{
public:
  /// Files go below `folder`, which exists.
  VtuWriter(MPI_Comm comm, const std::string &folder, const VtuWriterParameters &parameters = {});

  /// `name` is relative to the folder and without extension ("solution/solution_0010"); its folder is created.
  /// Returns the .pvtu's path relative to the folder, on all ranks, when all files are complete. Collective.
  /// Throws on all ranks: Error{bad_input} if a file cannot be written, Error{internal_error} if no rank has cells or
  /// the parts do not fit together.
  std::string write(const std::string &name, const GridView &grid) const;

private:
  const MPI_Comm comm;
  const std::string folder;
  const VtuWriterParameters parameters;
};

} // namespace cageopt::postprocess
