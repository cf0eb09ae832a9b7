#pragma once

#include <array>
#include <cstddef>
#include <map>

#include <inputs/geometry.h>

namespace cageopt {

/// Where cells lie on a lattice, so that the cell at a point is found; with each goes a number.
class CellPlaces
{
public:
  /// `unit`: edge of a place, mm; `origin`: lower corner of place 0, mm.
  CellPlaces(double unit, const inputs::Point &origin) : unit(unit), origin(origin) {}

  /// A cube from place `first` on, `width` places wide.
  void add(const std::array<int, 3> &first, int width, std::size_t number);
  /// The number of the cell that holds the point, or of the nearest place. There must be a cell.
  std::size_t nearest(const inputs::Point &point) const;

private:
  using Index = std::array<int, 3>;

  double unit;
  inputs::Point origin;
  std::map<Index, std::size_t> numbers;
};

} // namespace cageopt
