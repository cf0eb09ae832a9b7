#include <main/benchmark/triad.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <unistd.h>

#include <solver/block_vector.h>

namespace cageopt {

std::size_t Triad::last_level_cache()
{
  long bytes = 0;
#ifdef _SC_LEVEL4_CACHE_SIZE
  bytes = std::max({bytes, sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL4_CACHE_SIZE)});
#endif
  if (bytes <= 0) {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size"); // "32768K"
    std::string text;
    if (file >> text && text.back() == 'K')
      bytes = std::stol(text) * 1024;
  }
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

Triad Triad::measure(MPI_Comm comm)
{
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  int n_node_ranks = 1;
  MPI_Comm_size(node, &n_node_ranks);
  MPI_Comm_free(&node);
  const std::size_t gibibyte = std::size_t(1) << 30;
  const std::size_t wanted = std::max(gibibyte, 4 * last_level_cache());
  const auto memory = std::size_t(sysconf(_SC_PHYS_PAGES)) * std::size_t(sysconf(_SC_PAGESIZE));
  Triad result;
  result.array_bytes = std::min(wanted, memory / 4);
  result.is_beyond_cache = result.array_bytes >= wanted;
  const std::size_t n = result.array_bytes / n_node_ranks / (3 * sizeof(double)) / 3 * 3;
  solver::BlockVector<double> target(static_cast<std::uint32_t>(n / 3), 1), first(target), second(target);
  const std::size_t size = target.size();
  for (std::size_t i = 0; i < size; ++i) {
    first.data()[i] = 1.;
    second.data()[i] = 2.;
  }
  double least = 1e300;
  for (int sweep = 0; sweep < 6; ++sweep) {
    const double factor = 1. + sweep;
    double *__restrict__ a = target.data();
    const double *__restrict__ b = first.data();
    const double *__restrict__ c = second.data();
    MPI_Barrier(comm);
    const double start = MPI_Wtime();
    for (std::size_t i = 0; i < size; ++i)
      a[i] = b[i] + factor * c[i];
    asm volatile("" : : "r"(a) : "memory"); // the sweep is not to be dropped as unused
    double seconds = MPI_Wtime() - start;
    MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, comm);
    if (sweep > 0)
      least = std::min(least, seconds);
  }
  result.bytes_per_second_and_rank = 24. * double(size) / least;
  return result;
}

} // namespace cageopt
