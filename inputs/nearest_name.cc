#include <inputs/nearest_name.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <sstream>

namespace cageopt::inputs {

unsigned int edit_distance(const std::string &first, const std::string &second)
{
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](const unsigned char c) { return std::tolower(c); });
    return text;
  };
  const std::string a = lower(first), b = lower(second);
  std::vector<std::vector<unsigned int>> cost(a.size() + 1, std::vector<unsigned int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j)
      if (i == 0 || j == 0)
        cost[i][j] = i + j;
      else {
        cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
  return cost[a.size()][b.size()];
}

std::string nearest_name(const std::string &wanted, const std::vector<std::string> &known)
{
  constexpr std::size_t longest = 100; // no name is longer, and the cost grows with the length
  std::string nearest;
  unsigned int least = std::numeric_limits<unsigned int>::max();
  for (const std::string &name : known)
    if (const unsigned int distance = edit_distance(wanted.substr(0, longest), name); distance < least) {
      least = distance;
      nearest = name;
    }
  return nearest;
}

std::string join(const std::vector<std::string> &words, const std::string &separator)
{
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : separator) + word;
  return text;
}

std::vector<std::string> split(const std::string &text, const char separator)
{
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    const auto first = part.find_first_not_of(" \t\r\n");
    const auto last = part.find_last_not_of(" \t\r\n");
    parts.push_back(first == std::string::npos ? "" : part.substr(first, last - first + 1));
  }
  return parts;
}

} // namespace cageopt::inputs
