#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/case.h>
#include <main/command_line.h>
#include <main/run_memory.h>
#include <main/terminal.h>

namespace cageopt {

/// The part of `solve` that belongs to a patient, or to the blocks of a bench test: one analysis of the design that the
/// command line names. Per load case the motion of the cranial face, the stiffness of the segment and what the bone is
/// strained; writes summary.json, load_cases.csv, stiffness.csv (of a bonded interface) and fields. Collective.
inputs::ExitCode solve_segment(const CommandLine &line, const Case &given, RunMemory &memory, Terminal &terminal,
                               MPI_Comm comm);

} // namespace cageopt
