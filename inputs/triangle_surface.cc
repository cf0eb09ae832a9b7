#include <inputs/triangle_surface.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

constexpr double smallest_thickness = 0.05; // mm, twice the volume over the area
constexpr double largest_collapsed_share = 0.01;

InputError unusable(const std::string &name, const std::string &problem, const std::string &rule,
                    const std::string &remedy = "repair the surface, for example in 3D Slicer or MeshLab, and export "
                                                "it again")
{
  return InputError("The surface '" + name + "'", problem, rule, remedy);
}

std::string count(const std::size_t n, const std::string &noun)
{
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

} // namespace

TriangleSurface::TriangleSurface(std::string name, const std::vector<Point> &corners,
                                 const std::vector<Triangle> &faces)
    : surface_name(std::move(name))
{
  merge(corners, faces);
  check_edges();
  const double thickness = 2. * std::abs(volume()) / area();
  if (!(thickness >= smallest_thickness)) {
    std::ostringstream problem;
    problem << "of " << std::abs(volume()) << " mm3 inside " << area() << " mm2";
    throw unusable(surface_name, problem.str(), "that is no body: it is flat, inside out in parts, or not in mm",
                   "check the unit, mm, and the surface");
  }
  if (volume() < 0) {
    turn();
    told.push_back("The surface '" + surface_name +
                   "' is inside out everywhere and was turned; surfaces that were mirrored are, too: check left and "
                   "right.");
  }
}

void TriangleSurface::merge(const std::vector<Point> &corners, const std::vector<Triangle> &faces)
{
  if (faces.empty())
    throw unusable(surface_name, "empty", "it has no triangle", "check that the right file was exported");
  std::map<Point, std::uint32_t> places;
  std::vector<std::uint32_t> place_of(corners.size());
  for (std::size_t corner = 0; corner < corners.size(); ++corner) {
    const Point &point = corners[corner];
    if (!std::isfinite(norm(point)))
      throw unusable(surface_name, "not finite", "a corner has a coordinate that is no number");
    const auto [place, is_new] = places.emplace(point, static_cast<std::uint32_t>(distinct.size()));
    if (is_new)
      distinct.push_back(point);
    place_of[corner] = place->second;
  }
  for (const Triangle &face : faces) {
    if (std::max({face[0], face[1], face[2]}) >= corners.size())
      throw unusable(surface_name, "damaged", "a triangle names a corner that does not exist");
    const Triangle triangle = {place_of[face[0]], place_of[face[1]], place_of[face[2]]};
    if (triangle[0] != triangle[1] && triangle[1] != triangle[2] && triangle[2] != triangle[0])
      connected.push_back(triangle);
  }
  const std::size_t n_collapsed = faces.size() - connected.size();
  if (n_collapsed > largest_collapsed_share * faces.size())
    throw unusable(surface_name, "degenerate",
                   std::to_string(n_collapsed) + " of its " + count(faces.size(), "triangle") +
                       " have two corners at one place");
  if (n_collapsed > 0)
    told.push_back(std::to_string(n_collapsed) + " of the " + count(faces.size(), "triangle") + " of the surface '" +
                   surface_name + "' have two corners at one place and were left out.");
}

void TriangleSurface::check_edges() const
{
  struct Edge
  {
    int n = 0, balance = 0;
  };
  std::unordered_map<std::uint64_t, Edge> edges;
  for (const Triangle &triangle : connected)
    for (int side = 0; side < 3; ++side) {
      const std::uint64_t from = triangle[side], to = triangle[(side + 1) % 3];
      Edge &edge = edges[std::min(from, to) << 32 | std::max(from, to)];
      ++edge.n;
      edge.balance += from < to ? 1 : -1;
    }
  std::size_t n_open = 0, n_against = 0;
  for (const auto &[corners, edge] : edges) {
    n_open += edge.n % 2 != 0;
    n_against += edge.n % 2 == 0 && edge.balance != 0;
  }
  if (n_open > 0)
    throw unusable(surface_name, "not closed",
                   count(n_open, "edge") + " of " + std::to_string(edges.size()) +
                       " belong to an odd number of triangles: it has holes, or flaps");
  if (n_against > 0)
    throw unusable(surface_name, "inconsistent",
                   "at " + count(n_against, "edge") + " of " + std::to_string(edges.size()) +
                       " neighbouring triangles run against each other, so inside and outside are not told",
                   "have the normals made consistent, for example in 3D Slicer or MeshLab, and export it again");
}

void TriangleSurface::turn()
{
  for (Triangle &triangle : connected)
    std::swap(triangle[1], triangle[2]);
}

double TriangleSurface::volume() const
{
  double sum = 0;
  const Point &origin = distinct.front();
  for (const Triangle &triangle : connected)
    sum += dot(distinct[triangle[0]] - origin, cross(distinct[triangle[1]] - origin, distinct[triangle[2]] - origin));
  return sum / 6.;
}

double TriangleSurface::area() const
{
  double sum = 0;
  for (const Triangle &triangle : connected) {
    const Point &a = distinct[triangle[0]];
    sum += .5 * norm(cross(distinct[triangle[1]] - a, distinct[triangle[2]] - a));
  }
  return sum;
}

std::array<Point, 2> TriangleSurface::box() const
{
  std::array<Point, 2> result{{distinct.front(), distinct.front()}};
  for (const Point &point : distinct)
    for (int axis = 0; axis < 3; ++axis) {
      result[0][axis] = std::min(result[0][axis], point[axis]);
      result[1][axis] = std::max(result[1][axis], point[axis]);
    }
  return result;
}

TriangleSurface TriangleSurface::moved(const Affine &motion) const
{
  TriangleSurface result = *this;
  for (Point &point : result.distinct)
    point = motion(point);
  if (motion.determinant() < 0)
    result.turn();
  return result;
}

} // namespace cageopt::inputs
