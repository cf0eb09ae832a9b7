#pragma once

#include <cstdint>

#include <inputs/geometry.h>
#include <inputs/image.h>

namespace cageopt::inputs {

/// Tells the body of a vertebra from its posterior elements in a label map that has one label for both.
///
/// In the mid-sagittal plane the vertebral canal separates the two: the front piece there is the body, and its
/// posterior border, slice by slice along `cranial`, is the posterior wall. What lies behind the wall becomes posterior
/// elements. Where the body is cut short by its rims or dishes (less than 0.7 of its greatest depth) the wall of the
/// nearest deep slice counts. The plane's anterior direction is first RAS y, then from the posterior elements found to
/// the body.
///
/// Returns the number of voxels that were given the label `posterior`; 0 if nothing lies behind the canal: a body
/// alone.
std::size_t split_posterior_elements(Image<std::uint16_t> &labels, std::uint16_t vertebra, std::uint16_t posterior,
                                     const Point &cranial);

} // namespace cageopt::inputs
