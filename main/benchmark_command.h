#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// `cageopt benchmark`: measures operator and solver on this machine, main/benchmark/suites.h. Collective.
inputs::ExitCode benchmark_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
