#pragma once

#include <mpi.h>

#include <inputs/error.h>
#include <main/command_line.h>

namespace cageopt {

/// The verb pareto: designs for one patient that trade effective modulus, strain mismatch and overstrain against each
/// other, over several footprints, each begun from its neighbour. Collective.
inputs::ExitCode pareto_command(const CommandLine &line, MPI_Comm comm);

} // namespace cageopt
