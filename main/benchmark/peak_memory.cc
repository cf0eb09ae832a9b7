#include <main/benchmark/peak_memory.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <main/process_memory.h>

namespace cageopt {

namespace {

/// The largest resident memory since the last reset, bytes; 0 where the system does not tell.
std::size_t peak_bytes()
{
  const std::string key = "VmHWM:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, key.size(), key) == 0)
      return std::stoull(line.substr(key.size())) * 1024; // the kernel's "kB" are 1024 bytes
  return 0;
}

} // namespace

PeakMemory::PeakMemory()
{
  trim_heap();
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush; // resets VmHWM to VmRSS, see proc(5)
  if (reset)
    base = resident_memory();
}

std::optional<double> PeakMemory::growth(MPI_Comm comm) const
{
  const std::size_t peak = peak_bytes();
  double sums[2] = {double(std::max(peak, base) - base), base > 0 && peak > 0 ? 0. : 1.};
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm);
  if (sums[1] > 0)
    return std::nullopt;
  return sums[0];
}

} // namespace cageopt
