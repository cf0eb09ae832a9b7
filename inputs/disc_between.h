#pragma once

#include <cstdint>

#include <inputs/geometry.h>
#include <inputs/image.h>

namespace cageopt::inputs {

/// Fills the disc between two bodies of a label map: a voxel without a label becomes `disc` if the straight line
/// through it along `cranial` meets the cranial body above and the caudal body below, nothing labelled before, not more
/// than `largest_height` mm apart. So the disc ends where one of the bodies ends. Returns the number of voxels filled.
std::size_t fill_disc(Image<std::uint16_t> &labels, std::uint16_t cranial_body, std::uint16_t disc,
                      std::uint16_t caudal_body, const Point &cranial, double largest_height = 20.);

} // namespace cageopt::inputs
