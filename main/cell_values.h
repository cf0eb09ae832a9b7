#pragma once

#include <vector>

#include <main/cell_places.h>
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
  std::size_t n_fields = 0;
  std::vector<double> values;
  CellPlaces places; ///< with each cell where its values begin
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
