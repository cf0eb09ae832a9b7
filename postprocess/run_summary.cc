#include <postprocess/run_summary.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include <inputs/error.h>
#include <postprocess/output_folder.h>
#include <postprocess/progress_line.h>

namespace cageopt::postprocess {

namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double> &value) { return value ? Json(*value) : Json(nullptr); }

void add(Json &object, const std::string &key, Json value)
{
  if (object.contains(key))
    throw inputs::Error(inputs::ExitCode::internal_error, "summary.json would hold the key '" + key + "' twice");
  object[key] = std::move(value);
}

Json to_json(const DesignFigures &figures)
{
  Json object;
  object["strain_mismatch_intact"] = or_null(figures.strain_mismatch_intact);
  object["strain_mismatch_graft"] = or_null(figures.strain_mismatch_graft);
  object["overstrained_volume_mm3"] = or_null(figures.overstrained_volume_mm3);
  for (const auto &[name, value] : figures.further)
    add(object, name, value);
  return object;
}

std::string text(const std::optional<double> &value)
{
  if (!value)
    return "-";
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.4g", *value);
  return digits;
}

} // namespace

void RunSummary::write(const std::string &path) const
{
  Json root;
  root["converged"] = converged;
  root["stop_reason"] = stop_reason;
  root["effective_modulus_target_mpa"] = or_null(effective_modulus_target_mpa);
  root["effective_modulus_reached_mpa"] = or_null(effective_modulus_reached_mpa);
  root["iterations"] = iterations;
  root["unknowns"] = unknowns;
  root["seconds"] = seconds;
  root["peak_memory_bytes"] = peak_memory_bytes;
  root["designs"] = Json::object();
  for (const auto &[name, figures] : designs)
    add(root["designs"], name, to_json(figures));
  for (const auto &[name, value] : further)
    std::visit([&, key = name](const auto &content) { add(root, key, content); }, value);
  write_atomically(path, root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RunSummary::print(std::ostream &out) const
{
  constexpr int label_width = 34, column_width = 16;
  const auto line = [&](const std::string &label, const std::string &content) {
    out << "  " << label << std::string(label.size() < label_width ? label_width - label.size() : 1, ' ') << content
        << '\n';
  };
  const auto number = [](const std::optional<double> &value, const std::string &unit) {
    return value ? text(value) + " " + unit : std::string("-");
  };

  out << '\n' << (converged ? "Converged: " : "Not converged: ") << stop_reason << '\n';
  line("effective modulus, target", number(effective_modulus_target_mpa, "MPa"));
  line("effective modulus, reached", number(effective_modulus_reached_mpa, "MPa"));
  line("iterations", std::to_string(iterations));
  line("unknowns", std::to_string(unknowns));
  line("time", readable_duration(seconds));
  line("peak memory, all ranks", text(peak_memory_bytes / 1073741824.) + " GiB");
  for (const auto &[name, value] : further)
    if (const auto *content = std::get_if<double>(&value))
      line(name, text(*content));
    else
      line(name, std::get<std::string>(value));

  if (designs.empty())
    return;
  const auto row = [&](const std::string &label, const auto &cell_of) {
    out << "  " << label << std::string(label.size() < label_width ? label_width - label.size() : 1, ' ');
    for (const auto &design : designs) {
      const std::string cell = cell_of(design);
      out << std::string(cell.size() < column_width ? column_width - cell.size() : 1, ' ') << cell;
    }
    out << '\n';
  };
  const auto figures = [&](const std::string &label, const auto &pick) {
    row(label, [&](const auto &design) { return text(pick(design.second)); });
  };
  row("", [](const auto &design) {
    std::string name = design.first;
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
  });
  figures("strain mismatch to intact [-]", [](const auto &design) { return design.strain_mismatch_intact; });
  figures("strain mismatch to graft [-]", [](const auto &design) { return design.strain_mismatch_graft; });
  figures("overstrained bone [mm3]", [](const auto &design) { return design.overstrained_volume_mm3; });
  std::set<std::string> names;
  for (const auto &design : designs)
    for (const auto &entry : design.second.further)
      names.insert(entry.first);
  for (const auto &name : names)
    figures(name, [&](const DesignFigures &design) {
      const auto found = design.further.find(name);
      return found == design.further.end() ? std::optional<double>() : found->second;
    });
  out << std::flush;
}

std::string key_with_unit(const std::string &name, const std::string &unit)
{
  if (unit == "-" || unit.empty())
    return name;
  std::string suffix;
  for (const char letter : unit)
    suffix += letter == ' ' || letter == '/' ? '_' : static_cast<char>(std::tolower(letter));
  return name + "_" + suffix;
}

std::uint64_t sum_peak_memory(MPI_Comm comm)
{
  std::uint64_t bytes = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, 6, "VmHWM:") == 0)
      bytes = std::stoull(line.substr(6)) * 1024; // the kernel's "kB" are 1024 bytes
  std::uint64_t sum = 0;
  MPI_Allreduce(&bytes, &sum, 1, MPI_UINT64_T, MPI_SUM, comm);
  return sum;
}

} // namespace cageopt::postprocess
