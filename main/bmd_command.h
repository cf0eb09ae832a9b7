#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt bmd`: the bone density of each labelled vertebral body, on the terminal and as tables. Collective.
inputs::ExitCode bmd_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
