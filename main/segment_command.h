#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt segment`: the patient's label map, found from seeds or as read, as a file and as pictures, and on request
/// its agreement with another one. Collective.
inputs::ExitCode segment_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
