#pragma once

#include <vector>

#include <main/cell_places.h>
#include <optimizer/level_set_grid.h>

namespace cageopt {

/// A nodal field of a level set, held by all ranks, to be read on another mesh of the same cage: trilinear in each
/// cell, and so the same function wherever the other mesh is finer.
class NodalValues
{
public:
  /// `field`: of the owned nodes of `from`. Collective.
  NodalValues(const optimizer::LevelSetGrid &from, const optimizer::DesignVector &field);

  /// Of the owned nodes of `to`; outside the cells of the first mesh the value of the nearest point in them.
  optimizer::DesignVector on(const optimizer::LevelSetGrid &to) const;

private:
  double at(const inputs::Point &point) const;

  std::vector<double> cells; ///< [cell][lower corner x, y, z, edge, eight values]
  CellPlaces places;         ///< with each cell where its numbers begin; about the frame's origin
};

} // namespace cageopt
