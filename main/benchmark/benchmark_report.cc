#include <main/benchmark/benchmark_report.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <main/benchmark/triad.h>
#include <postprocess/build_info.h>
#include <solver/simd.h>

namespace cageopt {

using Json = nlohmann::ordered_json;

struct BenchmarkReport::Content
{
  Json root;
};

namespace {

std::string processor_name()
{
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, 10, "model name") == 0)
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

std::string to_text(const BenchmarkReport::Value &value, const int digits)
{
  if (const auto *text = std::get_if<std::string>(&value))
    return *text;
  if (const auto *count = std::get_if<std::uint64_t>(&value))
    return std::to_string(*count);
  const auto *number = std::get_if<double>(&value);
  if (number == nullptr || !std::isfinite(*number))
    return "-";
  std::ostringstream stream;
  const double size = std::abs(*number);
  if (size == 0 || (size >= 1e-3 && size < 1e6)) {
    const int before_point = size == 0 ? digits : 1 + static_cast<int>(std::floor(std::log10(size)));
    stream << std::fixed << std::setprecision(std::max(0, digits - before_point)) << *number;
  } else {
    stream << std::setprecision(digits) << *number;
  }
  return stream.str();
}

Json to_json(const BenchmarkReport::Value &value)
{
  if (const auto *text = std::get_if<std::string>(&value))
    return *text;
  if (const auto *count = std::get_if<std::uint64_t>(&value))
    return *count;
  const auto *number = std::get_if<double>(&value);
  return number != nullptr && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

constexpr std::size_t first_width = 24;

std::size_t width_of(const BenchmarkReport::Column &column, const bool is_first)
{
  return std::max<std::size_t>(column.heading.size(), is_first ? first_width : 8);
}

} // namespace

BenchmarkReport::BenchmarkReport(std::ostream &out, MPI_Comm comm) : out(out), content(std::make_unique<Content>())
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  const auto cores = static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN));
  const double memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
  const auto cache = Triad::last_level_cache();
  auto &root = content->root;
  root["program"] = "cageopt";
  root["version"] = CAGEOPT_VERSION;
  root["git_commit"] = CAGEOPT_GIT_COMMIT;
  root["compiler"] = CAGEOPT_COMPILER;
  root["build_type"] = CAGEOPT_BUILD_TYPE;
  root["ranks"] = n_ranks;
  root["machine"] = {{"processor", processor_name()},
                     {"logical_cores", cores},
                     {"l3_cache_bytes", cache > 0 ? Json(cache) : Json(nullptr)},
                     {"memory_bytes", memory},
                     {"simd_bits", solver::simd_cells<double> * 64}};
  root["records"] = Json::array();
  out << "Machine       " << processor_name() << ", " << cores << " logical cores, last-level cache ";
  if (cache > 0)
    out << double(cache) / (1 << 20) << " MiB";
  else
    out << "unknown";
  out << ", memory " << std::fixed << std::setprecision(1) << memory / (1 << 30) << " GiB\n"
      << "Program       " << CAGEOPT_VERSION << ' ' << CAGEOPT_BUILD_TYPE << ", " << CAGEOPT_COMPILER << ", SIMD "
      << solver::simd_cells<double> * 64 << " bits; " << n_ranks << (n_ranks == 1 ? " rank" : " ranks")
      << std::defaultfloat << std::endl;
}

BenchmarkReport::~BenchmarkReport() = default;

void BenchmarkReport::begin_table(const std::string &name, const std::string &explanation,
                                  std::vector<Column> new_columns)
{
  suite = name;
  columns = std::move(new_columns);
  out << '\n' << suite << ": " << explanation << '\n';
  for (std::size_t i = 0; i < columns.size(); ++i)
    out << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(int(width_of(columns[i], i == 0)))
        << columns[i].heading;
  out << std::endl;
}

void BenchmarkReport::add_row(const std::vector<Value> &values)
{
  if (values.size() != columns.size())
    throw std::logic_error("BenchmarkReport: a row of '" + suite + "' has not one value per column");
  Json record = {{"suite", suite}};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(int(width_of(columns[i], i == 0)))
        << to_text(values[i], columns[i].digits);
    record[columns[i].key] = to_json(values[i]);
  }
  out << std::endl;
  content->root["records"].push_back(std::move(record));
}

void BenchmarkReport::note(const std::string &text) { out << text << std::endl; }

void BenchmarkReport::write_json(const std::string &path, MPI_Comm comm) const
{
  inputs::on_root(comm, [&] {
    std::ofstream file(path);
    file << content->root.dump(2) << '\n';
    file.close();
    if (!file)
      throw inputs::InputError("The file of option --json", "'" + path + "'", "it cannot be written",
                               "name a file in a folder that exists and may be written to");
  });
}

} // namespace cageopt
