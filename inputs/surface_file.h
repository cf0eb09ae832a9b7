#pragma once

#include <string>

#include <inputs/triangle_surface.h>

namespace cageopt::inputs {

/// Reads a closed surface from STL or PLY, in ASCII or binary (PLY: little endian) form, through Assimp; polygons are
/// cut into triangles from their first corner. Rank-local: call inside on_root().
/// Throws InputError for a missing, foreign, damaged or incomplete file, and as TriangleSurface does.
TriangleSurface read_surface(const std::string &path);

} // namespace cageopt::inputs
