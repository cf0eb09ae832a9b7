#include <inputs/icosphere.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace cageopt::inputs {

namespace {

Point unit(const Point &a) { return (1. / norm(a)) * a; }

} // namespace

Icosphere::Icosphere(const int halvings)
{
  const double g = .5 * (1. + std::sqrt(5.));
  for (const Point &corner :
       {Point{-1, g, 0}, Point{1, g, 0}, Point{-1, -g, 0}, Point{1, -g, 0}, Point{0, -1, g}, Point{0, 1, g},
        Point{0, -1, -g}, Point{0, 1, -g}, Point{g, 0, -1}, Point{g, 0, 1}, Point{-g, 0, -1}, Point{-g, 0, 1}})
    points.push_back(unit(corner));
  faces = {{{0, 11, 5}},  {{0, 5, 1}},  {{0, 1, 7}},  {{0, 7, 10}}, {{0, 10, 11}}, {{1, 5, 9}}, {{5, 11, 4}},
           {{11, 10, 2}}, {{10, 7, 6}}, {{7, 1, 8}},  {{3, 9, 4}},  {{3, 4, 2}},   {{3, 2, 6}}, {{3, 6, 8}},
           {{3, 8, 9}},   {{4, 9, 5}},  {{2, 4, 11}}, {{6, 2, 10}}, {{8, 6, 7}},   {{9, 8, 1}}};
  for (int halving = 0; halving < halvings; ++halving)
    divide();
  weigh();
}

void Icosphere::divide()
{
  std::map<std::array<std::uint32_t, 2>, std::uint32_t> middles;
  const auto middle = [&](const std::uint32_t a, const std::uint32_t b) {
    const auto [place, is_new] =
        middles.emplace(std::array<std::uint32_t, 2>{{std::min(a, b), std::max(a, b)}}, points.size());
    if (is_new)
      points.push_back(unit(points[a] + points[b]));
    return place->second;
  };
  std::vector<TriangleSurface::Triangle> smaller;
  for (const auto &[a, b, c] : faces) {
    const std::uint32_t ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
    for (const TriangleSurface::Triangle &part :
         {TriangleSurface::Triangle{{a, ab, ca}}, TriangleSurface::Triangle{{b, bc, ab}},
          TriangleSurface::Triangle{{c, ca, bc}}, TriangleSurface::Triangle{{ab, bc, ca}}})
      smaller.push_back(part);
  }
  faces = std::move(smaller);
}

void Icosphere::weigh()
{
  angles.assign(points.size(), 0.);
  double sum = 0;
  for (const auto &face : faces) {
    const double area = norm(cross(points[face[1]] - points[face[0]], points[face[2]] - points[face[0]]));
    for (int corner = 0; corner < 3; ++corner) {
      const int from = static_cast<int>(face[corner]), to = static_cast<int>(face[(corner + 1) % 3]);
      angles[from] += area;
      sum += area;
      if (from < to) // each edge belongs to two triangles, once in each direction
        sides.push_back({{from, to}});
    }
  }
  for (double &angle : angles)
    angle /= sum;
}

} // namespace cageopt::inputs
