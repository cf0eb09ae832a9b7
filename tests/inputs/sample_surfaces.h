#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <inputs/triangle_surface.h>

namespace cageopt::tests {

/// Corners and triangles as a file holds them.
struct Soup
{
  std::vector<inputs::Point> corners;
  std::vector<inputs::TriangleSurface::Triangle> faces;

  inputs::TriangleSurface surface(const std::string &name = "sample") const { return {name, corners, faces}; }

  void append(const Soup &other)
  {
    const auto first = static_cast<std::uint32_t>(corners.size());
    corners.insert(corners.end(), other.corners.begin(), other.corners.end());
    for (const auto &face : other.faces)
      faces.push_back({first + face[0], first + face[1], first + face[2]});
  }

  void move(const inputs::Affine &motion)
  {
    for (auto &corner : corners)
      corner = motion(corner);
  }

  void turn()
  {
    for (auto &face : faces)
      std::swap(face[1], face[2]);
  }
};

inline Soup box(const inputs::Point &low, const inputs::Point &high)
{
  Soup soup;
  for (int c = 0; c < 8; ++c)
    soup.corners.push_back({c & 1 ? high[0] : low[0], c & 2 ? high[1] : low[1], c & 4 ? high[2] : low[2]});
  soup.faces = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return soup;
}

/// Of a surface (u, v) -> point with both parameters periodic in 2 pi.
template <typename Map>
Soup periodic_surface(const std::uint32_t n_u, const std::uint32_t n_v, const Map &map)
{
  constexpr double two_pi = 6.28318530717958648;
  Soup soup;
  for (std::uint32_t i = 0; i < n_u; ++i)
    for (std::uint32_t j = 0; j < n_v; ++j)
      soup.corners.push_back(map(two_pi * i / n_u, two_pi * j / n_v));
  for (std::uint32_t i = 0; i < n_u; ++i)
    for (std::uint32_t j = 0; j < n_v; ++j) {
      const std::uint32_t a = i * n_v + j, b = (i + 1) % n_u * n_v + j, c = (i + 1) % n_u * n_v + (j + 1) % n_v,
                          d = i * n_v + (j + 1) % n_v;
      soup.faces.push_back({a, b, c});
      soup.faces.push_back({a, c, d});
    }
  return soup;
}

inline Soup torus(const double radius, const double tube, const std::uint32_t n = 48)
{
  return periodic_surface(n, n / 2, [=](const double u, const double v) {
    const double r = radius + tube * std::cos(v);
    return inputs::Point{r * std::cos(u), r * std::sin(u), tube * std::sin(v)};
  });
}

/// An octahedron whose faces are halved and put on the sphere.
inline Soup sphere(const double radius, const int halvings = 4)
{
  using inputs::operator+;
  using inputs::operator*;
  Soup soup;
  soup.corners = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
  soup.faces = {{0, 2, 4}, {2, 1, 4}, {1, 3, 4}, {3, 0, 4}, {2, 0, 5}, {1, 2, 5}, {3, 1, 5}, {0, 3, 5}};
  for (int halving = 0; halving < halvings; ++halving) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> middles;
    const auto middle = [&](const std::uint32_t a, const std::uint32_t b) {
      const auto [at, is_new] = middles.emplace(std::minmax(a, b), std::uint32_t(soup.corners.size()));
      if (is_new)
        soup.corners.push_back(.5 * (soup.corners[a] + soup.corners[b]));
      return at->second;
    };
    std::vector<inputs::TriangleSurface::Triangle> finer;
    for (const auto &[a, b, c] : soup.faces) {
      const std::uint32_t ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
      finer.insert(finer.end(), {{a, ab, ca}, {ab, b, bc}, {ca, bc, c}, {ab, bc, ca}});
    }
    soup.faces = finer;
  }
  for (auto &corner : soup.corners)
    corner = (radius / inputs::norm(corner)) * corner;
  return soup;
}

/// Rotation about an axis through the origin, radian, then an offset.
inline inputs::Affine motion(const double angle, const inputs::Point &axis, const inputs::Point &offset)
{
  using inputs::operator*;
  const inputs::Point n = (1. / inputs::norm(axis)) * axis;
  const double c = std::cos(angle), s = std::sin(angle);
  inputs::Affine result;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      result.linear[i][j] = (1 - c) * n[i] * n[j] + (i == j ? c : 0.);
  const double entries[3][2] = {{n[2], -n[1]}, {n[2], n[0]}, {n[1], n[0]}};
  result.linear[0][1] -= s * entries[0][0];
  result.linear[0][2] -= s * entries[0][1];
  result.linear[1][0] += s * entries[1][0];
  result.linear[1][2] -= s * entries[1][1];
  result.linear[2][0] -= s * entries[2][0];
  result.linear[2][1] += s * entries[2][1];
  result.offset = offset;
  return result;
}

/// Corners of every triangle apart, triangles in random order, each from a random corner on: as an STL export may be.
inline Soup shuffled(const Soup &soup, const unsigned int seed)
{
  std::mt19937 random(seed);
  Soup result;
  auto faces = soup.faces;
  std::shuffle(faces.begin(), faces.end(), random);
  for (const auto &face : faces) {
    const int first = static_cast<int>(random() % 3);
    const auto begin = static_cast<std::uint32_t>(result.corners.size());
    for (int corner = 0; corner < 3; ++corner)
      result.corners.push_back(soup.corners[face[(first + corner) % 3]]);
    result.faces.push_back({begin, begin + 1, begin + 2});
  }
  return result;
}

template <typename T>
void put(std::string &bytes, const T value)
{
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

inline std::string binary_stl(const Soup &soup, const std::string &header = "made by a test")
{
  std::string bytes = header;
  bytes.resize(80, ' ');
  put(bytes, static_cast<std::uint32_t>(soup.faces.size()));
  for (const auto &face : soup.faces) {
    for (int d = 0; d < 3; ++d)
      put(bytes, 0.f);
    for (const auto corner : face)
      for (int d = 0; d < 3; ++d)
        put(bytes, static_cast<float>(soup.corners[corner][d]));
    put(bytes, std::uint16_t(0));
  }
  return bytes;
}

inline std::string ascii_stl(const Soup &soup)
{
  std::ostringstream text;
  text.precision(9);
  text << "solid vertex endfacet test\n"; // words of the format may be in the name
  for (const auto &face : soup.faces) {
    text << "  facet normal 0 0 0\n    outer loop\n";
    for (const auto corner : face)
      text << "      vertex " << float(soup.corners[corner][0]) << ' ' << float(soup.corners[corner][1]) << ' '
           << float(soup.corners[corner][2]) << '\n';
    text << "    endloop\n  endfacet\n";
  }
  text << "endsolid vertex endfacet test\n";
  return text.str();
}

inline std::string ply_header(const Soup &soup, const std::string &form, const std::string &coordinate)
{
  std::string text = "ply\nformat " + form + " 1.0\ncomment made by a test\n";
  text += "element vertex " + std::to_string(soup.corners.size()) + "\n";
  for (const char *axis : {"x", "y", "z"})
    text += "property " + coordinate + " " + axis + "\n";
  text += "element face " + std::to_string(soup.faces.size()) + "\n";
  return text + "property list uchar int vertex_indices\nend_header\n";
}

inline std::string ascii_ply(const Soup &soup)
{
  std::ostringstream text;
  text.precision(9);
  text << ply_header(soup, "ascii", "float");
  for (const auto &corner : soup.corners)
    text << float(corner[0]) << ' ' << float(corner[1]) << ' ' << float(corner[2]) << '\n';
  for (const auto &face : soup.faces)
    text << "3 " << face[0] << ' ' << face[1] << ' ' << face[2] << '\n';
  return text.str();
}

inline std::string binary_ply(const Soup &soup)
{
  std::string bytes = ply_header(soup, "binary_little_endian", "double");
  for (const auto &corner : soup.corners)
    for (int d = 0; d < 3; ++d)
      put(bytes, corner[d]);
  for (const auto &face : soup.faces) {
    put(bytes, std::uint8_t(3));
    for (const auto corner : face)
      put(bytes, static_cast<std::int32_t>(corner));
  }
  return bytes;
}

/// The faces of all cells of edge `step` whose centres are inside, in a cube of +-`reach` mm: closed, whatever the
/// shape.
template <typename Inside>
Soup cell_surface(const double reach, const double step, const Inside &inside)
{
  Soup soup;
  const int n = static_cast<int>(2 * reach / step);
  const auto is_in = [&](const std::array<int, 3> &cell) {
    inputs::Point centre;
    for (int d = 0; d < 3; ++d) {
      if (cell[d] < 0 || cell[d] >= n)
        return false;
      centre[d] = -reach + (cell[d] + .5) * step;
    }
    return bool(inside(centre));
  };
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i)
        for (int face = 0; face < 6 && is_in({i, j, k}); ++face) {
          const int axis = face / 2, side = face % 2;
          std::array<int, 3> beside = {i, j, k};
          beside[axis] += side == 1 ? 1 : -1;
          if (is_in(beside))
            continue;
          const auto first = static_cast<std::uint32_t>(soup.corners.size());
          for (int corner = 0; corner < 4; ++corner) {
            std::array<int, 3> at = {i, j, k};
            at[axis] += side;
            at[(axis + 1) % 3] += corner == 1 || corner == 2;
            at[(axis + 2) % 3] += corner >= 2;
            soup.corners.push_back({-reach + at[0] * step, -reach + at[1] * step, -reach + at[2] * step});
          }
          if (side == 1)
            soup.faces.insert(soup.faces.end(), {{first, first + 1, first + 2}, {first, first + 2, first + 3}});
          else
            soup.faces.insert(soup.faces.end(), {{first, first + 2, first + 1}, {first, first + 3, first + 2}});
        }
  return soup;
}

/// Of a vertebra around the origin, x right, y anterior, z cranial: 44 x 31 x 26 mm with a canal of 14 mm behind.
inline bool in_body(const inputs::Point &p)
{
  return std::pow(p[0] / 22., 2) + std::pow(p[1] / 17., 2) < 1. && p[1] > -14. && std::abs(p[2]) < 13.;
}

inline bool in_posterior_elements(const inputs::Point &p)
{
  const bool pedicle = std::abs(std::abs(p[0]) - 13.) < 4. && p[1] > -29. && p[1] <= -14. && p[2] > 0. && p[2] < 12.;
  const bool lamina = std::abs(p[0]) < 20. && p[1] > -36. && p[1] <= -28. && p[2] > -10. && p[2] < 8.;
  const bool spinous = std::abs(p[0]) < 4. && p[1] > -60. && p[1] <= -36. && p[2] > -12. && p[2] < 4.;
  const bool transverse =
      std::abs(p[0]) < 40. && std::abs(p[0]) > 16. && std::abs(p[1] + 24.) < 5. && p[2] > 2. && p[2] < 10.;
  const bool left_longer = p[0] < -39. && p[0] > -50. && std::abs(p[1] + 24.) < 5. && p[2] > 2. && p[2] < 10.;
  return pedicle || lamina || spinous || transverse || left_longer;
}

inline Soup vertebra(const double step = 2.)
{
  return cell_surface(62., step, [](const inputs::Point &p) { return in_body(p) || in_posterior_elements(p); });
}

} // namespace cageopt::tests
