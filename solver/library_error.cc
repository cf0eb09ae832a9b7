#include <solver/library_error.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include <inputs/error.h>

namespace cageopt::solver {

void throw_library_error(MPI_Comm comm, const std::string &message)
{
  MPI_Request request;
  MPI_Ibarrier(comm, &request);
  constexpr int n_waits = 500;
  for (int wait = 0; wait < n_waits; ++wait) {
    int all_are_here = 0;
    MPI_Test(&request, &all_are_here, MPI_STATUS_IGNORE);
    if (all_are_here)
      throw inputs::Error(inputs::ExitCode::internal_error,
                          message + " Way out: set 'Solver/Back end' to multigrid, or to another library.");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error(message + " It failed on this rank alone.");
}

} // namespace cageopt::solver
