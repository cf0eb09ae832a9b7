#include <inputs/child_process.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

/// AddressSanitizer maps terabytes of address space.
#if defined(__has_feature)
#  if __has_feature(address_sanitizer)
constexpr bool address_space_is_countable = false;
#  else
constexpr bool address_space_is_countable = true;
#  endif
#else
constexpr bool address_space_is_countable = true;
#endif

/// Bytes of address space in use.
std::uint64_t address_space()
{
  std::ifstream file("/proc/self/statm");
  std::uint64_t n_pages = 0;
  file >> n_pages;
  return n_pages * std::uint64_t(sysconf(_SC_PAGESIZE));
}

void limit(const __rlimit_resource resource, const std::uint64_t value)
{
  rlimit limits{};
  getrlimit(resource, &limits);
  limits.rlim_cur = limits.rlim_max < value ? limits.rlim_max : rlim_t(value);
  setrlimit(resource, &limits);
}

[[noreturn]] void be_child(const std::function<bool()> &action, const std::uint64_t memory, const unsigned int seconds)
{
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGALRM}) // MPI's report a stack
    std::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds);
  if (address_space_is_countable)
    limit(RLIMIT_AS, address_space() + memory);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  bool is_done = false;
  try {
    is_done = action();
  } catch (...) {
  }
  _exit(is_done ? 0 : 1);
}

} // namespace

SharedMemory::SharedMemory(const std::size_t n_bytes)
    : n_bytes(n_bytes), start(mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
{
  if (start == MAP_FAILED)
    throw std::bad_alloc();
}

SharedMemory::~SharedMemory() { munmap(start, n_bytes); }

bool succeeds_in_child(const std::function<bool()> &action, const std::uint64_t memory, const unsigned int seconds)
{
  const pid_t child = fork();
  if (child < 0)
    throw InputError("A child process, in which a library reads a file that may be damaged,",
                     "refused by the system (" + std::string(std::strerror(errno)) + ")",
                     "compressed DICOM pixels are read in one",
                     "raise the limits on processes and memory, or export the series without compression");
  if (child == 0)
    be_child(action, memory, seconds);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace cageopt::inputs
