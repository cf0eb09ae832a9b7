#include <main/benchmark_command.h>

#include <algorithm>
#include <utility>

#include <inputs/nearest_name.h>
#include <main/benchmark/suites.h>
#include <main/terminal.h>

namespace cageopt {

using inputs::InputError;

namespace {

using Suite = std::pair<std::string, void (*)(const BenchmarkContext &)>;

const std::vector<Suite> &suites()
{
  static const std::vector<Suite> all = {
      {"operator", operator_suite},          {"solve", solve_suite},     {"contrast", contrast_suite},
      {"refinement", refinement_suite},      {"columns", columns_suite}, {"back-ends", back_ends_suite},
      {"communication", communication_suite}};
  return all;
}

void check_names(const std::string &input, const std::vector<std::string> &given, const std::vector<std::string> &known)
{
  std::string list;
  for (const auto &name : known)
    list += (list.empty() ? "" : ", ") + name;
  for (const auto &name : given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw InputError(input, "'" + name + "'", "it must be one of " + list,
                       "did you mean '" + inputs::nearest_name(name, known) + "'?");
}

} // namespace

inputs::ExitCode benchmark_command(const CommandLine &line, MPI_Comm comm)
{
  const auto &options = line.benchmark;
  std::vector<std::string> names;
  for (const auto &suite : suites())
    names.push_back(suite.first);
  check_names("The benchmark suite", options.suites, names);
  check_names("The problem in option '--problems'", options.problems, ProblemLibrary::names());
  constexpr unsigned int fewest = 4, most = 4096;
  if (options.cells != 0 && (options.cells < fewest || options.cells > most))
    throw InputError("Option '--cells'", std::to_string(options.cells),
                     "it must be from " + std::to_string(fewest) + " to " + std::to_string(most),
                     "64 is usual; memory grows with its cube");

  if (!(options.patient_cell >= .1 && options.patient_cell <= 3.))
    throw InputError("Option '--patient-cell'", std::to_string(options.patient_cell) + " mm",
                     "it must be from 0.1 to 3 mm", "1 mm is usual; memory grows with the inverse cube");

  Terminal terminal(comm);
  BenchmarkReport report(terminal.out(), comm);
  if (!options.json_file.empty())
    report.write_json(options.json_file, comm); // a place that cannot be written to is found before the work
  ProblemLibrary library(options, report, comm);
  const BenchmarkContext context{options, library, report, comm};
  for (const auto &[name, suite] : suites())
    if (options.suites.empty() ||
        std::find(options.suites.begin(), options.suites.end(), name) != options.suites.end()) {
      suite(context);
      if (!options.json_file.empty())
        report.write_json(options.json_file, comm);
    }
  if (!options.json_file.empty())
    report.note("\nAll figures are in " + options.json_file);
  return inputs::ExitCode::done;
}

} // namespace cageopt
