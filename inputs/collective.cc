#include <inputs/collective.h>

#include <array>
#include <string>

#include <inputs/error.h>

namespace cageopt::inputs {

void on_root(MPI_Comm comm, const std::function<void()> &action)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);

  std::string message;
  std::array<int, 2> code_and_length{{0, 0}};
  if (rank == 0) {
    try {
      action();
    } catch (const Error &error) {
      message = error.what();
      code_and_length = {{static_cast<int>(error.code), static_cast<int>(message.size())}};
    } catch (const std::exception &error) {
      message = error.what();
      code_and_length = {{static_cast<int>(ExitCode::internal_error), static_cast<int>(message.size())}};
    }
  }
  MPI_Bcast(code_and_length.data(), 2, MPI_INT, 0, comm);
  if (code_and_length[0] == 0)
    return;
  message.resize(code_and_length[1]);
  MPI_Bcast(message.data(), code_and_length[1], MPI_CHAR, 0, comm);
  throw Error(static_cast<ExitCode>(code_and_length[0]), message);
}

} // namespace cageopt::inputs
