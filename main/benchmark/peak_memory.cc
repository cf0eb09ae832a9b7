#include <main/benchmark/peak_memory.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <malloc.h>

namespace cageopt {

namespace {

/// A line of /proc/self/status such as "VmHWM:  1234 kB", in bytes.
std::size_t status_bytes(const std::string &key)
{
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, key.size(), key) == 0)
      return std::stoull(line.substr(key.size())) * 1024; // the kernel's "kB" are 1024 bytes
  return 0;
}

} // namespace

PeakMemory::PeakMemory()
{
  malloc_trim(0);
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush; // resets VmHWM to VmRSS, see proc(5)
  if (reset)
    base = status_bytes("VmRSS:");
}

std::optional<double> PeakMemory::growth(MPI_Comm comm) const
{
  const std::size_t peak = status_bytes("VmHWM:");
  double sums[2] = {double(std::max(peak, base) - base), base > 0 && peak > 0 ? 0. : 1.};
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm);
  if (sums[1] > 0)
    return std::nullopt;
  return sums[0];
}

} // namespace cageopt
