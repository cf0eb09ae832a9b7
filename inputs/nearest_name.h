#pragma once

#include <string>
#include <vector>

namespace cageopt::inputs {

/// Least number of inserted, deleted, replaced or swapped neighbouring letters that turns one text into the other,
/// upper and lower case being equal (optimal string alignment distance).
unsigned int edit_distance(const std::string &first, const std::string &second);

/// The member of `known` with the least edit distance to `wanted` (the first of several); empty if `known` is.
std::string nearest_name(const std::string &wanted, const std::vector<std::string> &known);

/// "a, b, c"
std::string join(const std::vector<std::string> &words, const std::string &separator = ", ");

/// The parts of `text` between separators, without surrounding white space; an empty text has no parts.
std::vector<std::string> split(const std::string &text, char separator);

} // namespace cageopt::inputs
