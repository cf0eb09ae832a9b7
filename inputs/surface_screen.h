#pragma once

#include <cstddef>
#include <string>

namespace cageopt::inputs {

/// What the bytes of a surface file are, seen without a library: one that believes a header allocates what it claims.
struct SurfaceScreen
{
  std::string format;      ///< "stl" or "ply"; empty: neither
  std::string defect;      ///< why it cannot be read, empty if it can
  std::size_t n_faces = 0; ///< that the file holds
};

/// Binary STL has the length that its count of triangles asks for; ASCII STL ends with 'endsolid'; PLY, in ASCII or
/// binary little endian form, holds every number that its header declares (each row is walked) and nothing after.
SurfaceScreen screen_surface(const std::string &bytes);

} // namespace cageopt::inputs
