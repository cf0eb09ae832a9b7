#include <inputs/available_memory.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

std::uint64_t only_number_in(const std::string &path)
{
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : unknown; // "max" is no number: no limit
}

/// What a control group and those above it leave; files that may be dropped from the cache count as free.
std::uint64_t left_by_groups(const std::string &root, std::string group, const std::string &limit,
                             const std::string &usage, const std::string &cache)
{
  std::uint64_t least = unknown;
  while (true) {
    const std::string folder = root + (group == "/" ? "" : group) + "/";
    const std::uint64_t bound = only_number_in(folder + limit), used = only_number_in(folder + usage);
    if (bound != unknown && used != unknown) {
      const std::uint64_t cached = system_number(folder + "memory.stat", cache).value_or(0);
      const std::uint64_t taken = used - std::min(used, cached);
      least = std::min(least, bound - std::min(bound, taken));
    }
    if (group.empty() || group == "/")
      return least;
    group.resize(group.rfind('/'));
  }
}

} // namespace

std::optional<std::uint64_t> system_number(const std::string &path, const std::string &key)
{
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    std::uint64_t value = 0;
    if (word == key && file >> value)
      return value;
  }
  return std::nullopt;
}

std::uint64_t available_memory()
{
  const auto kilobytes = system_number("/proc/meminfo", "MemAvailable:"); // the kernel's "kB" are 1024 bytes
  std::uint64_t least = kilobytes ? 1024 * *kilobytes : unknown;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty())
      least = std::min(least, left_by_groups("/sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file"));
    else if (controllers == "memory")
      least = std::min(least, left_by_groups("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                                             "memory.usage_in_bytes", "total_inactive_file"));
  }
  return least == unknown ? 0 : std::max<std::uint64_t>(least, 1); // nothing left is not "unknown"
}

void require_memory_for(const std::string &input, const double bytes)
{
  const double available = double(available_memory());
  if (available == 0 || bytes <= available)
    return;
  std::ostringstream figure, rule;
  figure << std::fixed << std::setprecision(1) << "so large that reading it takes " << bytes / 1e9 << " GB";
  rule << std::fixed << std::setprecision(1) << "the machine, or the job's memory limit, leaves " << available / 1e9
       << " GB";
  throw InputError(input, figure.str(), rule.str(), "cut the image to the two vertebrae, or use a larger machine");
}

} // namespace cageopt::inputs
