#include <inputs/surface_axes.h>

#include <inputs/error.h>

namespace cageopt::inputs {

Affine axes_to_ras(const std::string &letters, const std::string &entry)
{
  const std::string positive = "RAS", negative = "LPI";
  Affine motion;
  motion.linear = {};
  std::string named;
  for (std::size_t column = 0; column < letters.size() && column < 3; ++column)
    for (std::size_t row = 0; row < 3; ++row)
      if (letters[column] == positive[row] || letters[column] == negative[row]) {
        motion.linear[row][column] = letters[column] == positive[row] ? 1. : -1.;
        named += positive[row];
      }
  if (letters.size() != 3 || named.size() != 3 || motion.determinant() == 0)
    throw InputError(entry, "'" + letters + "'",
                     "three letters name the sides to which x, y and z point: R or L, A or P, S or I, one of each",
                     "RAS and LPS are usual");
  return motion;
}

} // namespace cageopt::inputs
