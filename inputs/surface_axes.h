#pragma once

#include <string>

#include <inputs/geometry.h>

namespace cageopt::inputs {

/// The motion to RAS of coordinates whose axes point to the patient's sides that `letters` name in turn: right or left,
/// anterior or posterior, superior or inferior. "LPS" is DICOM's, "ALS": x anterior, y left, z superior.
/// Throws InputError, which names the entry, unless each of the three pairs is named once.
Affine axes_to_ras(const std::string &letters, const std::string &entry = "'Patient/Surface axes'");

} // namespace cageopt::inputs
