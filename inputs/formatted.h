#pragma once

#include <cstdio>
#include <string>

namespace cageopt::inputs {

/// `value` by a printf format that takes one double, at most 159 characters.
inline std::string formatted(const char *format, const double value)
{
  char text[160];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

} // namespace cageopt::inputs
