#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt run`: from the case to the summary. Collective.
inputs::ExitCode run_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
