#include <inputs/case_file.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include <deal.II/base/parameter_handler.h>

#include <nlohmann/json.hpp>

#include <inputs/case_text.h>
#include <inputs/collective.h>
#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

using Json = nlohmann::ordered_json;
using dealii::ParameterHandler;

/// Everything that is declared, as nested objects; an entry is an object with "pattern_description".
Json declared_tree(const ParameterHandler &prm)
{
  std::stringstream text;
  prm.print_parameters(text, ParameterHandler::JSON | ParameterHandler::KeepDeclarationOrder);
  return Json::parse(text);
}

bool is_entry(const Json &node)
{
  return node.contains("pattern_description") && node["pattern_description"].is_string();
}

std::vector<std::string> names_in(const Json &node, const bool entries)
{
  std::vector<std::string> names;
  for (const auto &[name, child] : node.items())
    if (is_entry(child) == entries)
      names.push_back(name);
  return names;
}

/// The other places where an entry of this name exists.
void find_elsewhere(const Json &node, const std::string &path, const std::string &name,
                    std::vector<std::string> &places)
{
  for (const auto &[key, child] : node.items())
    if (!is_entry(child)) {
      const std::string below = path.empty() ? key : path + "/" + key;
      if (child.contains(name) && is_entry(child[name]))
        places.push_back("'" + below + "'");
      find_elsewhere(child, below, name, places);
    }
}

/// ParameterHandler's description of a pattern in words.
std::string allowed_values(const std::string &pattern)
{
  std::smatch match;
  static const std::regex range(R"(\[(Double|Integer)(?: range)? (\S+)\.\.\.(\S+) \(inclusive\)\])");
  static const std::regex selection(R"(\[Selection (.*?) ?\])");
  static const std::regex list(R"(\[List of <(.*)> of length (\d+)\.\.\.(\d+) \(inclusive\)(.*)\])");
  if (std::regex_match(pattern, match, list)) {
    const std::string length = match[2] == match[3] ? match[2].str() : match[2].str() + " to " + match[3].str();
    return "a list of " + length + " of: " + allowed_values(match[1]);
  }
  if (std::regex_match(pattern, match, selection))
    return "one of " + join(split(match[1], '|'), " | ");
  if (std::regex_match(pattern, match, range)) {
    const bool below = match[2] != "-MAX_DOUBLE", above = match[3] != "MAX_DOUBLE";
    return std::string(match[1] == "Double" ? "a number" : "a whole number") +
           (below && above ? " from " + match[2].str() + " to " + match[3].str()
            : below        ? " of at least " + match[2].str()
            : above        ? " of at most " + match[3].str()
                           : "");
  }
  if (pattern == "[Integer]")
    return "a whole number";
  if (pattern == "[Bool]")
    return "true or false";
  if (pattern == "[Anything]")
    return "any text";
  return pattern;
}

InputError misspelt(const std::string &what, const CaseEntry &entry, const std::string &name,
                    const std::vector<std::string> &known, const std::string &remark)
{
  const std::string parent = join(entry.path, "/");
  const std::string place = parent.empty() ? "at the top level" : "in '" + parent + "'";
  const std::string nearest = nearest_name(name, known);
  return InputError(entry.where + ": the " + what + " '" + name + "'", "unknown",
                    known.empty() ? "there is no " + what + " " + place
                                  : "no " + what + " of this name exists " + place,
                    (nearest.empty() ? "remove it" : "did you mean '" + nearest + "'?") + remark +
                        " The template printed by cageopt explains all entries");
}

/// Sets every entry of the text in `prm` and returns their full names; throws InputError.
std::set<std::string> set_entries(ParameterHandler &prm, const std::vector<CaseEntry> &entries)
{
  const Json tree = declared_tree(prm);
  std::map<std::string, std::string> first_place;
  for (const CaseEntry &entry : entries) {
    const Json *node = &tree;
    CaseEntry parent = entry;
    parent.path.clear();
    for (const std::string &section : entry.path) {
      if (!node->contains(section) || is_entry((*node)[section])) {
        parent.where = entry.is_section ? entry.where : parent.where;
        throw misspelt("subsection", parent, section, names_in(*node, false), "");
      }
      parent.path.push_back(section);
      node = &(*node)[section];
    }
    if (entry.is_section)
      continue;

    if (!node->contains(entry.name) || !is_entry((*node)[entry.name])) {
      std::vector<std::string> places;
      find_elsewhere(tree, "", entry.name, places);
      throw misspelt("entry", entry, entry.name, names_in(*node, true),
                     places.empty() ? "" : " An entry of this name exists in " + join(places) + ".");
    }
    const std::string full_name = join(entry.path, "/") + (entry.path.empty() ? "" : "/") + entry.name;
    if (const auto [known, is_new] = first_place.emplace(full_name, entry.where); !is_new)
      throw InputError(entry.where + ": '" + full_name + "'", "'" + entry.value + "'",
                       "it was set before (" + known->second + ")", "keep one of the two");

    const Json &declared = (*node)[entry.name];
    const auto refuse = [&] {
      const std::string pattern = declared["pattern_description"].get<std::string>();
      std::string remedy = declared["documentation"].get<std::string>();
      while (!remedy.empty() && remedy.back() == '.')
        remedy.pop_back();
      if (pattern.rfind("[Selection ", 0) == 0)
        remedy = "did you mean '" + nearest_name(entry.value, split(allowed_values(pattern).substr(7), '|')) + "'? " +
                 remedy;
      else
        remedy = "give such a value; the entry is explained as: " + remedy;
      throw InputError(entry.where + ": '" + full_name + "'", entry.value.empty() ? "empty" : "'" + entry.value + "'",
                       "it must be " + allowed_values(pattern), remedy);
    };
    for (const std::string &section : entry.path)
      prm.enter_subsection(section);
    bool accepted = true;
    try {
      prm.set(entry.name, entry.value);
    } catch (const dealii::ExceptionBase &) {
      accepted = false;
    }
    for (std::size_t level = 0; level < entry.path.size(); ++level)
      prm.leave_subsection();
    if (!accepted)
      refuse();
  }
  std::set<std::string> names;
  for (const auto &[name, where] : first_place)
    names.insert(name);
  return names;
}

constexpr std::uintmax_t largest_case = 1000000; ///< bytes

std::string read_text(const std::string &path)
{
  const std::filesystem::path file(path);
  const std::string extension = file.extension().string();
  const std::string name = "The case file '" + path + "'";
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw InputError(name, "missing", "no file has this name", "check the path");
  if (!std::filesystem::is_regular_file(file, error))
    throw InputError(name, "not a file", "a case is one .prm or .json file", "give the file");
  if (extension != ".prm" && extension != ".json")
    throw InputError(name, "of unknown form ('" + extension + "')", "a case is a .prm or .json file", "rename it");
  if (std::filesystem::file_size(file, error) > largest_case)
    throw InputError(name, "larger than 1 MB", "a case has a few hundred lines", "check that it is the case file");
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream)
    throw InputError(name, "not readable", "it cannot be opened", "check its permissions");
  return text.str();
}

std::vector<CaseEntry> parse(const std::string &path, const std::string &text)
{
  return std::filesystem::path(path).extension() == ".json" ? parse_json(text, path) : parse_prm(text, path);
}

/// The file's entries with those of the command line in their place.
std::vector<CaseEntry> with_overrides(std::vector<CaseEntry> entries, const std::vector<std::string> &overrides)
{
  std::vector<CaseEntry> added;
  for (const auto &text : overrides) {
    const auto equals = text.find('=');
    auto words = split(text.substr(0, equals), '/');
    if (equals == std::string::npos || words.empty())
      throw InputError("The option --set", "'" + text + "'", "it is 'Subsection/Entry = value'",
                       "for example --set 'Mesh/Cell size = 1.5'");
    check_text(text, "The option --set");
    CaseEntry entry;
    entry.name = words.back();
    words.pop_back();
    entry.path = words;
    const auto begin = text.find_first_not_of(" \t", equals + 1), end = text.find_last_not_of(" \t");
    entry.value = begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
    entry.where = "the option --set";
    added.push_back(entry);
  }
  const auto is_overridden = [&](const CaseEntry &entry) {
    return !entry.is_section && std::any_of(added.begin(), added.end(), [&](const CaseEntry &other) {
      return other.path == entry.path && other.name == entry.name;
    });
  };
  entries.erase(std::remove_if(entries.begin(), entries.end(), is_overridden), entries.end());
  entries.insert(entries.end(), added.begin(), added.end());
  return entries;
}

void print_wrapped(std::ostream &out, const std::string &indent, const std::string &text)
{
  std::string line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!line.empty() && indent.size() + line.size() + word.size() + 3 > 100) {
      out << indent << "# " << line << '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty())
    out << indent << "# " << line << '\n';
}

void print_section(std::ostream &out, const Json &node, const std::string &indent)
{
  for (const auto &[name, child] : node.items())
    if (is_entry(child)) {
      print_wrapped(out, indent,
                    child["documentation"].get<std::string>() +
                        " Allowed: " + allowed_values(child["pattern_description"].get<std::string>()) + ".");
      const std::string value = child["default_value"].get<std::string>();
      out << indent << "set " << name << " =" << (value.empty() ? "" : " ") << value << "\n\n";
    }
  for (const auto &[name, child] : node.items())
    if (!is_entry(child)) {
      out << indent << "subsection " << name << '\n';
      print_section(out, child, indent + "  ");
      out << indent << "end\n\n";
    }
}

} // namespace

CaseFile::CaseFile(const std::function<void(dealii::ParameterHandler &)> &declare)
    : prm(std::make_unique<ParameterHandler>())
{
  declare(*prm);
}

CaseFile::~CaseFile() = default;

void CaseFile::read(const std::string &path, MPI_Comm comm, const std::vector<std::string> &overrides)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  std::string text;
  on_root(comm, [&] {
    text = read_text(path);
    stated_entries = set_entries(*prm, with_overrides(parse(path, text), overrides));
  });
  unsigned long long length = text.size();
  MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG_LONG, 0, comm);
  text.resize(length);
  MPI_Bcast(text.data(), static_cast<int>(length), MPI_CHAR, 0, comm);
  if (rank != 0)
    stated_entries = set_entries(*prm, with_overrides(parse(path, text), overrides));
  file_path = path;
  file_text = text;
}

void CaseFile::print_template(std::ostream &out) const
{
  out << "# A case of cageopt with all entries at their defaults. Delete what you do not change.\n"
         "# Text after '#' is explanation. Lengths in mm, forces in N, moduli in MPa; each entry states its unit.\n\n";
  print_section(out, declared_tree(*prm), "");
}

void CaseFile::write_prm(std::ostream &out) const
{
  prm->print_parameters(out, ParameterHandler::ShortPRM | ParameterHandler::KeepDeclarationOrder);
}

void CaseFile::write_json(std::ostream &out) const
{
  prm->print_parameters(out, ParameterHandler::ShortJSON | ParameterHandler::KeepDeclarationOrder);
}

std::string data_directory(const std::string &case_path, const std::string &data_option)
{
  if (!data_option.empty())
    return data_option;
  const std::filesystem::path folder = std::filesystem::path(case_path).parent_path();
  return folder.empty() ? "." : folder.string();
}

std::string resolve_path(const std::string &directory, const std::string &path)
{
  const std::filesystem::path file(path);
  return (file.is_absolute() ? file : std::filesystem::path(directory) / file).lexically_normal().string();
}

} // namespace cageopt::inputs
