#pragma once

#include <inputs/image.h>

namespace cageopt::inputs {

/// The same image on a lattice whose slices stand on one another along their normal, for a stack that a tilted gantry
/// has sheared. Slices stay where they are; within each, values are interpolated linearly at the pixels of the new
/// lattice, which keeps pixel size and directions and is wide enough for all slices. Where a slice has no pixel, the
/// lowest value of the image stands.
Image<float> straight_stack(const Image<float> &sheared);

/// Angle between the normal of the slices and the direction in which they are stacked, degrees.
double stack_shear(const ImageGrid &grid);

} // namespace cageopt::inputs
