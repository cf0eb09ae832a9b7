#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt validate`: all but the solve, with a page for a browser and the mesh for ParaView. Collective, like all of
/// these.
inputs::ExitCode validate_command(const CommandLine &line, MPI_Comm comm);
/// `cageopt phantom`: the built-in patient as NIfTI.
inputs::ExitCode phantom_command(const CommandLine &line, MPI_Comm comm);
/// `cageopt template`: a commented case on standard output.
inputs::ExitCode template_command(MPI_Comm comm);
/// `cageopt loads`: the library of load cases on standard output.
inputs::ExitCode loads_command(MPI_Comm comm);
/// `cageopt gradient-check`: every gradient against central differences.
inputs::ExitCode gradient_check_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
