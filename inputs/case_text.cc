#include <inputs/case_text.h>

#include <algorithm>
#include <set>
#include <sstream>

#include <boost/locale/encoding_utf.hpp>

#include <nlohmann/json.hpp>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

using Json = nlohmann::ordered_json;

/// Without byte-order mark.
std::string without_bom(const std::string &text) { return text.rfind("\xEF\xBB\xBF", 0) == 0 ? text.substr(3) : text; }

InputError too_deep(const std::string &where)
{
  return InputError(where, "nested too deeply", "32 levels are read", "no case needs more than four: check the file");
}

std::string single_spaced(const std::string &text)
{
  std::string result;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    result += (result.empty() ? "" : " ") + word;
  return result;
}

std::string value_text(const Json &value, const std::string &where)
{
  if (value.is_string())
    return single_spaced(value.get<std::string>());
  if (value.is_boolean() || value.is_number())
    return value.dump();
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json &part : value)
      parts.push_back(value_text(part, where));
    return join(parts);
  }
  throw InputError(where, value.dump(), "a value is a text, a number, true, false or a list of these",
                   "give a value or remove the entry");
}

void collect(const Json &object, const std::vector<std::string> &path, const std::string &file_name,
             std::vector<CaseEntry> &entries)
{
  for (const auto &[name, child] : object.items()) {
    CaseEntry entry;
    entry.path = path;
    check_text(name, "A name in " + file_name);
    entry.where = file_name + ", " + join(path, "/") + (path.empty() ? "" : "/") + name;
    if (child.is_object()) {
      entry.path.push_back(name);
      entry.is_section = true;
      entries.push_back(entry);
      collect(child, entry.path, file_name, entries);
    } else {
      entry.name = name;
      entry.value = value_text(child, entry.where);
      check_text(entry.value, entry.where);
      entries.push_back(entry);
    }
  }
}

} // namespace

void check_text(const std::string &text, const std::string &where)
{
  std::istringstream lines(text);
  unsigned int n_lines = 0;
  for (std::string line; std::getline(lines, line);) {
    ++n_lines;
    bool is_text = std::none_of(line.begin(), line.end(),
                                [](const unsigned char c) { return (c < 32 && c != '\t' && c != '\r') || c == 127; });
    try {
      boost::locale::conv::utf_to_utf<char32_t>(line, boost::locale::conv::stop);
    } catch (const boost::locale::conv::conversion_error &) {
      is_text = false;
    }
    if (!is_text)
      throw InputError(where + ", line " + std::to_string(n_lines), "no text",
                       "it holds a byte that is neither UTF-8 nor printable", "save it as UTF-8");
  }
}

std::vector<CaseEntry> parse_prm(const std::string &text, const std::string &file_name)
{
  check_text(text, file_name);
  std::vector<CaseEntry> entries;
  std::vector<std::string> path;
  std::vector<std::string> opened; // where each subsection of the path begins
  std::istringstream lines(without_bom(text));
  std::string line;
  unsigned int n_lines = 0;
  while (std::getline(lines, line)) {
    const std::string where = file_name + ", line " + std::to_string(++n_lines);
    const auto strip = [](std::string &part) {
      part = part.substr(0, part.find('#'));
      part.erase(part.find_last_not_of(" \t\r") + 1);
    };
    strip(line);
    while (!line.empty() && line.back() == '\\') {
      line.pop_back();
      std::string next;
      if (!std::getline(lines, next))
        break;
      ++n_lines;
      strip(next);
      line += next;
    }
    const std::string statement = single_spaced(line);
    if (statement.empty())
      continue;

    const auto space = statement.find(' ');
    const std::string keyword = statement.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : statement.substr(space + 1);
    if (keyword == "subsection" || keyword == "SUBSECTION") {
      if (path.size() == deepest_nesting)
        throw too_deep(where);
      path.push_back(rest);
      opened.push_back(where);
      CaseEntry entry;
      entry.path = path;
      entry.where = where;
      entry.is_section = true;
      entries.push_back(entry);
    } else if (statement == "end" || statement == "END") {
      if (path.empty())
        throw InputError(where + ": 'end'", "one too many", "no subsection is open here",
                         "remove it or look for a missing 'subsection' above");
      path.pop_back();
      opened.pop_back();
    } else if (keyword == "set" || keyword == "SET") {
      const auto equal = rest.find('=');
      if (equal == std::string::npos)
        throw InputError(where + ": '" + statement + "'", "incomplete", "an entry reads 'set Name = value'",
                         "add '=' and the value");
      CaseEntry entry;
      entry.path = path;
      entry.name = single_spaced(rest.substr(0, equal));
      entry.value = single_spaced(rest.substr(equal + 1));
      entry.where = where;
      entries.push_back(entry);
    } else
      throw InputError(where + ": '" + statement + "'", "not understood",
                       "a line is 'set Name = value', 'subsection Name', 'end' or a comment after '#'",
                       "did you mean '" + nearest_name(keyword, {"set", "subsection", "end"}) + "'?");
  }
  if (!path.empty())
    throw InputError(opened.back() + ": the subsection '" + path.back() + "'", "open at the end of the file",
                     "every subsection is closed by 'end'", "add the missing 'end'");
  return entries;
}

std::vector<CaseEntry> parse_json(const std::string &text, const std::string &file_name)
{
  std::vector<std::set<std::string>> keys; // of the objects that are open
  const auto watch_keys = [&](const int depth, const Json::parse_event_t event, Json &parsed) {
    if (depth > int(deepest_nesting))
      throw too_deep("The case file '" + file_name + "'");
    if (event == Json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == Json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw InputError(file_name + ": the key " + parsed.dump(), "given twice", "a key occurs once in an object",
                       "keep one of the two");
    return true;
  };
  Json root;
  try {
    root = Json::parse(without_bom(text), watch_keys);
  } catch (const Json::exception &error) {
    std::string reason = error.what();
    reason = reason.substr(reason.find("] ") == std::string::npos ? 0 : reason.find("] ") + 2);
    throw InputError("The case file '" + file_name + "'", "no valid JSON", reason, "correct it at that place");
  }
  if (!root.is_object())
    throw InputError("The case file '" + file_name + "'", "no JSON object",
                     R"(a case reads {"Subsection": {"Entry": value}})", "put the entries into braces");
  std::vector<CaseEntry> entries;
  collect(root, {}, file_name, entries);
  return entries;
}

} // namespace cageopt::inputs
