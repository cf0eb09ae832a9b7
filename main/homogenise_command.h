#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt homogenise`: the effective stiffness of a periodic cell over its relative density, as a table, pictures
/// and, on request, a law file. Collective.
inputs::ExitCode homogenise_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
