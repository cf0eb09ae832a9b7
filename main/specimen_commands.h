#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/case.h>
#include <main/command_line.h>
#include <main/run_memory.h>
#include <main/terminal.h>

namespace cageopt {

/// Reads, meshes, solves and writes one analysis: that of a specimen, or of a patient by solve_segment(). Collective.
inputs::ExitCode solve_command(const CommandLine &line, MPI_Comm comm);

/// The part of `validate` that belongs to a specimen: all but the solve. Collective.
inputs::ExitCode validate_specimen(const CommandLine &line, const Case &given, RunMemory &memory, Terminal &terminal,
                                   MPI_Comm comm);

} // namespace cageopt
