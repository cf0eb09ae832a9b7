#pragma once

#include <string>
#include <vector>

namespace cageopt::inputs {

/// One statement of a case: an entry with its value, or (is_section) that a subsection is opened.
struct CaseEntry
{
  std::vector<std::string> path; ///< subsections from the outside in; of a section including itself
  std::string name;
  std::string value;
  std::string where; ///< for messages: "case.prm, line 12" or "case.json, Filter/Radius"
  bool is_section = false;
};

/// Deepest nesting of subsections, objects and lists.
constexpr std::size_t deepest_nesting = 32;

/// Throws InputError with the line unless the text is UTF-8 without control characters.
void check_text(const std::string &text, const std::string &where);

/// The statements `set Name = value`, `subsection Name` and `end`, with '#' comments and '\' at the end of a line that
/// goes on. Throws InputError with the line for anything else, for subsections that do not balance, and for nesting
/// deeper than `deepest_nesting`.
std::vector<CaseEntry> parse_prm(const std::string &text, const std::string &file_name);

/// Nested objects. Throws InputError for a syntax error (line and column), a key that is given twice, null, and
/// nesting deeper than `deepest_nesting`.
std::vector<CaseEntry> parse_json(const std::string &text, const std::string &file_name);

} // namespace cageopt::inputs
