#pragma once

#include <array>

#include <inputs/geometry.h>

namespace cageopt::meshing {

/// A parallelepiped from which half-spaces are cut, for exact volumes of overlap. Three edges meet in every vertex, and
/// cutting keeps that so (a vertex on the plane becomes several in one place): a graph of vertices with three
/// neighbours each, in one order seen from outside, is the whole representation. D. Powell, T. Abel, An exact general
/// remeshing scheme applied to physically conservative voxelization, J. Comput. Phys. 297 (2015) 340-356.
class ConvexPolyhedron
{
public:
  /// Corner v at corner + (v & 1) edges[0] + (v >> 1 & 1) edges[1] + (v >> 2 & 1) edges[2].
  ConvexPolyhedron(const inputs::Point &corner, const std::array<inputs::Point, 3> &edges);

  /// Keeps the points x with dot(normal, x) <= bound. At most twelve cuts.
  void cut(const inputs::Point &normal, double bound);

  bool empty() const { return n_vertices == 0; }
  double volume() const;

private:
  struct Vertex
  {
    inputs::Point position;
    std::array<int, 3> neighbours;
  };
  /// The next vertex of the face on which one goes from `from` to `to`.
  int next_on_face(int from, int to) const;

  static constexpr int most_vertices = 48; // 2 n - 4 of n = 18 faces, and those of the cut before others go
  std::array<Vertex, most_vertices> vertices;
  int n_vertices = 8;
};

} // namespace cageopt::meshing
