#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// A periodic cell of edge L given by a function: the solid is where value <= t, and t sets the relative density.
struct UnitCell
{
  std::string name;
  std::string definition; ///< for people: the function, and on which side of it the solid is
  /// Edges of the period, in quarters of L: {4, 4, 4} but for cells that are no cubes.
  std::array<int, 3> quarters{{4, 4, 4}};
  /// At x / L within the period.
  std::function<double(const Point &)> value;

  /// Names that of() knows.
  static std::vector<std::string> names();
  /// Triply periodic level sets as sheets, |f| <= t, and skeletons, f <= t, with X = 2 pi x / L (Schoen 1970, NASA TN
  /// D-5541; von Schnering & Nesper 1991, Z Phys B 83:407), and struts or walls of half thickness t L.
  /// Throws InputError for another name, with the nearest.
  static UnitCell of(const std::string &name);
  /// A formula of X, Y, Z = 2 pi x / L, 2 pi y / L, 2 pi z / L in muParser's language (sin, cos, abs, ^, pi, if, ...).
  /// The solid is where it is <= t; with `is_sheet` its absolute value. Throws InputError where it cannot be read, is
  /// not finite, or differs between opposite faces.
  static UnitCell from_formula(const std::string &formula, bool is_sheet);
};

} // namespace cageopt::inputs
