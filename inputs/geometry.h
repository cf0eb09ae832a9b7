#pragma once

#include <array>
#include <cmath>

namespace cageopt::inputs {

/// A point or vector, mm.
using Point = std::array<double, 3>;

/// Signs of the axes left, posterior, superior, as DICOM and ITK have them, in right, anterior, superior.
constexpr Point lps_to_ras{{-1, -1, 1}};

inline Point operator+(const Point &a, const Point &b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Point operator-(const Point &a, const Point &b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Point operator*(const double s, const Point &a) { return {s * a[0], s * a[1], s * a[2]}; }
inline double dot(const Point &a, const Point &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Point cross(const Point &a, const Point &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline double norm(const Point &a) { return std::sqrt(dot(a, a)); }

/// y = linear x + offset; `linear[row][column]`.
struct Affine
{
  std::array<Point, 3> linear{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Point offset{{0, 0, 0}};

  Point operator()(const Point &x) const
  {
    return {dot(linear[0], x) + offset[0], dot(linear[1], x) + offset[1], dot(linear[2], x) + offset[2]};
  }

  double determinant() const { return dot(linear[0], cross(linear[1], linear[2])); }

  Affine inverse() const
  {
    const double d = determinant();
    const Point columns[3] = {cross(linear[1], linear[2]), cross(linear[2], linear[0]), cross(linear[0], linear[1])};
    Affine result;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        result.linear[i][j] = columns[j][i] / d;
    const Point shifted = {dot(result.linear[0], offset), dot(result.linear[1], offset), dot(result.linear[2], offset)};
    result.offset = -1. * shifted;
    return result;
  }

  /// this after other
  Affine operator*(const Affine &other) const
  {
    Affine result;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        result.linear[i][j] =
            linear[i][0] * other.linear[0][j] + linear[i][1] * other.linear[1][j] + linear[i][2] * other.linear[2][j];
    result.offset = (*this)(other.offset);
    return result;
  }
};

/// The frame at `origin` with z along `cranial`, y anterior as far as that allows, x right; to the world.
inline Affine frame_at(const Point &origin, const Point &cranial, const Point &anterior)
{
  const Point z = (1. / norm(cranial)) * cranial;
  const Point in_plane = anterior - dot(anterior, z) * z;
  const Point y = (1. / norm(in_plane)) * in_plane;
  const Point x = cross(y, z);
  Affine frame_to_world;
  for (int row = 0; row < 3; ++row)
    frame_to_world.linear[row] = {x[row], y[row], z[row]};
  frame_to_world.offset = origin;
  return frame_to_world;
}

} // namespace cageopt::inputs
