#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <mpi.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// All entries of a case, read strictly from a .prm file (deal.II's ParameterHandler form) or from the same as JSON
/// ({"Subsection": {"Entry": value}}; numbers, texts, true/false, and arrays for lists).
///
/// An InputError names file, line (.prm) or path (.json) and the rule for: a misspelt entry or subsection (with the
/// nearest name), a value of wrong type or out of range (with what is allowed and the entry's text, which states the
/// unit), an entry set twice, unbalanced subsections, text that is neither form.
class CaseFile
{
public:
  /// `declare` enters all entries (add_parameter), so that reading fills the caller's structs. They must outlive this.
  explicit CaseFile(const std::function<void(dealii::ParameterHandler &)> &declare);
  ~CaseFile();
  CaseFile(const CaseFile &) = delete;
  CaseFile &operator=(const CaseFile &) = delete;

  /// Reads on rank 0 and sets the values on all ranks. `overrides`: "Subsection/Entry = value", in place of what the
  /// file says. Collective: bad input throws the same Error on all ranks.
  void read(const std::string &path, MPI_Comm comm, const std::vector<std::string> &overrides = {});

  const std::string &path() const { return file_path; }
  /// The file as given, character by character.
  const std::string &text() const { return file_text; }
  /// "Subsection/Entry" of all entries that file or overrides state, whatever their value.
  const std::set<std::string> &stated() const { return stated_entries; }

  /// All entries with defaults, explanation and allowed values; parses back to the defaults.
  void print_template(std::ostream &out) const;
  /// All values in use.
  void write_prm(std::ostream &out) const;
  void write_json(std::ostream &out) const;

private:
  std::unique_ptr<dealii::ParameterHandler> prm;
  std::string file_path;
  std::string file_text;
  std::set<std::string> stated_entries;
};

/// Where relative paths of a case start: `data_option` (the command line's --data) or else the case file's folder.
std::string data_directory(const std::string &case_path, const std::string &data_option);
/// `path` itself if absolute, else below `directory`.
std::string resolve_path(const std::string &directory, const std::string &path);

} // namespace cageopt::inputs
