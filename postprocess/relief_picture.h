#pragma once

#include <functional>
#include <string>

#include <inputs/geometry.h>
#include <postprocess/slice_picture.h>

namespace cageopt::postprocess {

/// A body, {value <= 0} within the box from `low` to `high`, as seen along a parallel ray from above, right and front
/// (x to the lower left, y to the right, z up): a square PNG of `pixels` on white, lit from the eye's left.
/// `step`: distance at which the value is looked at along a ray; thinner parts may be missed.
/// `colour` in full light of a point of the surface.
std::string relief_png(const std::function<double(const inputs::Point &)> &value, const inputs::Point &low,
                       const inputs::Point &high, double step, int pixels,
                       const std::function<SlicePicture::Colour(const inputs::Point &)> &colour);

} // namespace cageopt::postprocess
