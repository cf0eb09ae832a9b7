#include <inputs/collective.h>

#include <array>
#include <numeric>
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

std::vector<double> gathered(MPI_Comm comm, const std::vector<double> &own)
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  const int n = static_cast<int>(own.size());
  std::vector<int> counts(n_ranks), offsets(n_ranks, 0);
  MPI_Allgather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, comm);
  std::partial_sum(counts.begin(), counts.end() - 1, offsets.begin() + 1);
  std::vector<double> all(std::size_t(offsets.back() + counts.back()));
  MPI_Allgatherv(own.data(), n, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, comm);
  return all;
}

} // namespace cageopt::inputs
