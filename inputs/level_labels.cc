#include <inputs/level_labels.h>

#include <array>
#include <set>
#include <vector>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

struct Vertebra
{
  const char *name;
  std::uint16_t label;
};

constexpr std::array<Vertebra, 25> vertebrae = {
    {{"C1", 1},   {"C2", 2},  {"C3", 3},  {"C4", 4},  {"C5", 5},  {"C6", 6},  {"C7", 7},  {"T1", 8},   {"T2", 9},
     {"T3", 10},  {"T4", 11}, {"T5", 12}, {"T6", 13}, {"T7", 14}, {"T8", 15}, {"T9", 16}, {"T10", 17}, {"T11", 18},
     {"T12", 19}, {"L1", 20}, {"L2", 21}, {"L3", 22}, {"L4", 23}, {"L5", 24}, {"S1", 26}}};

LevelLabels level_above(const std::size_t caudal)
{
  const Vertebra &upper = vertebrae[caudal - 1], &lower = vertebrae[caudal];
  LevelLabels level;
  level.name = std::string(upper.name) + "/" + lower.name;
  level.cranial = upper.label;
  level.disc = 200 + upper.label;
  level.caudal = lower.label;
  level.cranial_posterior = 100 + upper.label;
  level.caudal_posterior = 100 + lower.label;
  return level;
}

} // namespace

LevelLabels parse_level(const std::string &level, const std::string &numbers)
{
  LevelLabels found;
  std::vector<std::string> names;
  for (std::size_t caudal = 2; caudal < vertebrae.size(); ++caudal) {
    const LevelLabels candidate = level_above(caudal);
    const std::string upper = vertebrae[caudal - 1].name, lower = vertebrae[caudal].name;
    names.push_back(candidate.name);
    if (level == candidate.name || (upper[0] == lower[0] && level == upper + "/" + lower.substr(1)))
      found = candidate;
  }
  if (found.name.empty())
    throw InputError("'Patient/Level'", "'" + level + "'", "the levels are " + names.front() + " to " + names.back(),
                     "did you mean '" + nearest_name(level, names) + "'?");
  if (numbers.empty())
    return found;

  const std::vector<std::string> words = split(numbers, ',');
  std::vector<std::uint16_t> labels;
  for (const std::string &word : words)
    if (!word.empty() && word.size() <= 5 && word.find_first_not_of("0123456789") == std::string::npos)
      if (const int label = std::stoi(word); label >= 1 && label <= 65535)
        labels.push_back(label);
  if (labels.size() != words.size() || (labels.size() != 3 && labels.size() != 5) ||
      std::set<std::uint16_t>(labels.begin(), labels.end()).size() != labels.size())
    throw InputError("'Patient/Label numbers'", "'" + numbers + "'",
                     "it is 3 or 5 different whole numbers from 1 to 65535",
                     "write 'cranial, disc, caudal' and, if the posterior elements have their own, 'cranial "
                     "posterior, caudal posterior'");
  found.cranial = labels[0];
  found.disc = labels[1];
  found.caudal = labels[2];
  found.cranial_posterior = labels.size() == 5 ? labels[3] : 0;
  found.caudal_posterior = labels.size() == 5 ? labels[4] : 0;
  return found;
}

std::string vertebra_name(const std::uint16_t label)
{
  for (const Vertebra &vertebra : vertebrae)
    if (vertebra.label == label)
      return vertebra.name;
  return "";
}

} // namespace cageopt::inputs
