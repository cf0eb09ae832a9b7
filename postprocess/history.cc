#include <postprocess/history.h>

#include <algorithm>
#include <charconv>

#include <inputs/collective.h>
#include <inputs/error.h>

namespace cageopt::postprocess {

HistoryCsv::HistoryCsv(MPI_Comm comm, const std::string &path, const std::vector<Column> &columns)
    : comm(comm), path(path), columns(columns)
{
  inputs::on_root(comm, [&] {
    std::string header;
    for (const auto &column : columns) {
      const std::string title = column.unit.empty() ? column.name : column.name + " [" + column.unit + "]";
      if (column.name.empty() || title.find_first_of(",\"\n") != std::string::npos)
        throw inputs::Error(inputs::ExitCode::internal_error, "'" + title + "' cannot head a CSV column");
      header += (header.empty() ? "" : ",") + title;
    }
    file.open(path);
    write_line(header);
  });
}

void HistoryCsv::append(const NamedValues &values)
{
  inputs::on_root(comm, [&] {
    std::vector<std::string> fields(columns.size());
    for (const auto &[name, value] : values) {
      const auto column = std::find_if(columns.begin(), columns.end(),
                                       [name = name](const Column &candidate) { return candidate.name == name; });
      if (column == columns.end())
        throw inputs::Error(inputs::ExitCode::internal_error, "'" + name + "' is no column of '" + path + "'");
      char digits[40];
      const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
      fields[column - columns.begin()].assign(digits, end);
    }
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i)
      line += (i == 0 ? "" : ",") + fields[i];
    write_line(line);
  });
}

void HistoryCsv::write_line(const std::string &line)
{
  file << line << '\n' << std::flush;
  if (!file)
    throw inputs::InputError("the history file", "'" + path + "'", "it cannot be written",
                             "check the folder's permissions and the free disk space, or choose another with "
                             "--output");
}

} // namespace cageopt::postprocess
