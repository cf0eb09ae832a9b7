#pragma once

#include <array>
#include <map>
#include <vector>

#include <main/study.h>

namespace cageopt {

/// Values of a study's design cells, held by all ranks, to be read on another mesh of the same segment: whole fields,
/// one number per owned design cell each, one field after the other.
class CellValues
{
public:
  /// `fields`: a whole number of them. Collective.
  CellValues(const Study &from, const optimizer::DesignVector &fields);

  /// Each design cell of `to` takes the values of the cell that holds its centre, or, at the rim, of the nearest.
  optimizer::DesignVector on(const Study &to) const;

private:
  using Index = std::array<int, 3>;
  Index index_at(const inputs::Point &point) const;
  std::size_t nearest(const inputs::Point &centre) const;

  double edge; ///< of the lattice, mm
  inputs::Point origin;
  std::size_t n_fields = 0;
  std::vector<double> values;
  std::map<Index, std::size_t> places; ///< of each place on the lattice that a cell covers: where its values begin
};

/// A design's material on another mesh of the same segment, for assessments there. The collective constructor takes it
/// from the study; on() gives it to another one.
class StateValues
{
public:
  StateValues(const Study &from, const optimizer::DesignState &state);
  optimizer::DesignState on(const Study &to) const;

private:
  static optimizer::DesignVector packed(const optimizer::DesignState &state);

  int has_utilisation = 0;
  CellValues cells;
};

} // namespace cageopt
