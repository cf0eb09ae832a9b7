#pragma once

#include <cmath>
#include <functional>

#include <inputs/patient.h>

namespace cageopt::tests {

/// Two blocks of 40 x 30 mm in voxels of 0.5 mm with a disc between: bone above `cranial_begin` and below `caudal_end`,
/// mm; its density in mg/cm3.
inline inputs::Patient blocks(
    const double caudal_end, const double cranial_begin,
    const std::function<float(const inputs::Point &)> &bmd_at = [](const inputs::Point &) { return 100.f; })
{
  using namespace inputs;
  constexpr double voxel = .5;
  const auto level = parse_level("L3/L4");
  Image<std::uint16_t> labels;
  Image<float> bmd;
  auto &grid = labels.grid;
  grid.size = {{100, 80, 140}};
  for (unsigned int d = 0; d < 3; ++d) {
    grid.index_to_world.linear[d][d] = voxel;
    grid.index_to_world.offset[d] = -.5 * voxel * (grid.size[d] - 1);
  }
  bmd.grid = grid;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Point p = grid.index_to_world({double(i), double(j), double(k)});
        std::uint16_t label = 0;
        if (std::abs(p[0]) < 20 && std::abs(p[1]) < 15)
          label = p[2] > cranial_begin ? level.cranial : p[2] < caudal_end ? level.caudal : level.disc;
        labels.values.push_back(label);
        bmd.values.push_back(bmd_at(p));
      }
  return {"blocks",  "", bmd,   labels, level, Calibration::linear(1, 0, DensityMeasure::k2hpo4, "none"),
          BoneLaw(), .3, false, .0084,  .0078, {}};
}

} // namespace cageopt::tests
