#include <meshing/convex_polyhedron.h>

#include <algorithm>
#include <cmath>

namespace cageopt::meshing {

using namespace inputs;

ConvexPolyhedron::ConvexPolyhedron(const Point &corner, const std::array<Point, 3> &edges)
{
  for (int v = 0; v < 8; ++v) {
    auto &vertex = vertices[v];
    vertex.position = corner;
    for (int d = 0; d < 3; ++d)
      if (v >> d & 1)
        vertex.position = vertex.position + edges[d];
    vertex.neighbours = {v ^ 1, v ^ 2, v ^ 4};
    // Corners with an odd number of upper sides are mirror images of the others.
    if ((v ^ v >> 1 ^ v >> 2) & 1)
      std::swap(vertex.neighbours[1], vertex.neighbours[2]);
  }
}

int ConvexPolyhedron::next_on_face(const int from, const int to) const
{
  const auto &neighbours = vertices[to].neighbours;
  return neighbours[0] == from ? neighbours[1] : neighbours[1] == from ? neighbours[2] : neighbours[0];
}

void ConvexPolyhedron::cut(const Point &normal, const double bound)
{
  std::array<double, most_vertices> inside; // distance from the plane, times the normal's length
  double least = 1e300, most = -1e300;
  for (int v = 0; v < n_vertices; ++v) {
    inside[v] = bound - dot(normal, vertices[v].position);
    least = std::min(least, inside[v]);
    most = std::max(most, inside[v]);
  }
  if (least >= 0)
    return;
  if (most <= 0) {
    n_vertices = 0;
    return;
  }

  // A new vertex on every edge that crosses the plane, joined to the end that stays.
  const int n_before = n_vertices;
  for (int v = 0; v < n_before; ++v)
    if (inside[v] >= 0)
      for (int &neighbour : vertices[v].neighbours) {
        const int other = neighbour;
        if (other >= n_before || inside[other] >= 0)
          continue;
        const double share = inside[v] / (inside[v] - inside[other]);
        auto &added = vertices[n_vertices];
        added.position = vertices[v].position + share * (vertices[other].position - vertices[v].position);
        added.neighbours = {v, -1, other}; // the last stands for the edge to walk back along, until it is replaced
        neighbour = n_vertices++;
      }

  // New vertices are joined around the cut: along the old face from each to where that face was cut again.
  for (int start = n_before; start < n_vertices; ++start) {
    int from = start, to = vertices[start].neighbours[0];
    while (to < n_before) {
      const int next = next_on_face(from, to);
      from = to;
      to = next;
    }
    vertices[start].neighbours[2] = to;
    vertices[to].neighbours[1] = start;
  }

  // What was cut off goes.
  std::array<int, most_vertices> place;
  int n = 0;
  for (int v = 0; v < n_vertices; ++v)
    if (v >= n_before || inside[v] >= 0) {
      place[v] = n;
      vertices[n++] = vertices[v];
    }
  n_vertices = n;
  for (int v = 0; v < n_vertices; ++v)
    for (int &neighbour : vertices[v].neighbours)
      neighbour = place[neighbour];
}

double ConvexPolyhedron::volume() const
{
  if (n_vertices == 0)
    return 0;
  std::array<std::array<bool, 3>, most_vertices> walked{};
  const Point origin = vertices[0].position; // near by, for the sake of rounding
  double six_volumes = 0;
  for (int start = 0; start < n_vertices; ++start)
    for (int edge = 0; edge < 3; ++edge) {
      if (walked[start][edge])
        continue;
      // Around the face that begins with this edge, as a fan of triangles.
      walked[start][edge] = true;
      const Point first = vertices[start].position - origin;
      int from = start, to = vertices[start].neighbours[edge];
      while (to != start) {
        const auto &neighbours = vertices[to].neighbours;
        const int way = neighbours[0] == from ? 1 : neighbours[1] == from ? 2 : 0;
        walked[to][way] = true;
        from = to;
        to = neighbours[way];
        if (to != start)
          six_volumes += dot(first, cross(vertices[from].position - origin, vertices[to].position - origin));
      }
    }
  return std::abs(six_volumes) / 6.;
}

} // namespace cageopt::meshing
