#include <main/process_memory.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

#include <malloc.h>

#include <inputs/available_memory.h>
#include <inputs/error.h>

namespace cageopt {

namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

} // namespace

void return_freed_memory()
{
  mallopt(M_MMAP_MAX, 1 << 16);
  mallopt(M_MMAP_THRESHOLD, 1 << 18);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

void trim_heap() { malloc_trim(0); }

std::uint64_t resident_memory()
{
  return inputs::system_number("/proc/self/status", "VmRSS:").value_or(0) * 1024; // the kernel's "kB" are 1024 bytes
}

std::uint64_t available_memory_per_rank(MPI_Comm comm)
{
  MPI_Comm node;
  MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  int n_ranks = 1;
  MPI_Comm_size(node, &n_ranks);
  MPI_Comm_free(&node);
  std::uint64_t share = inputs::available_memory();
  share = share == 0 ? unknown : share / n_ranks;
  MPI_Allreduce(MPI_IN_PLACE, &share, 1, MPI_UINT64_T, MPI_MIN, comm);
  return share == unknown ? 0 : std::max<std::uint64_t>(share, 1); // nothing left is not "unknown"
}

void require_memory(double bytes, MPI_Comm comm)
{
  const double share = static_cast<double>(available_memory_per_rank(comm));
  MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPI_DOUBLE, MPI_MAX, comm);
  if (share == 0 || bytes <= share)
    return;
  std::ostringstream figure, rule;
  figure << std::fixed << std::setprecision(1) << bytes / 1e9 << " GB more on the largest rank";
  rule << std::fixed << std::setprecision(1) << "the machine, or the job's memory limit, leaves " << share / 1e9
       << " GB for each rank on a node";
  throw inputs::InputError("The memory that this case needs", figure.str(), rule.str(),
                           "raise 'Mesh/Cell size' (for the cantilever lower 'Cantilever/Cells along y'), or use more "
                           "nodes or fewer ranks on each, or a higher memory limit");
}

} // namespace cageopt
