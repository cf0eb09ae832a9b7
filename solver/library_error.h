#pragma once

#include <string>

#include <mpi.h>

namespace cageopt::solver {

/// Reports that a library call failed on this rank. Throws Error{internal_error} when it failed on all ranks, which is
/// the rule; if after some seconds the others have not come here, std::runtime_error, upon which main() ends all ranks.
[[noreturn]] void throw_library_error(MPI_Comm comm, const std::string &message);

} // namespace cageopt::solver
