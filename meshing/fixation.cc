#include <meshing/fixation.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/surface_axes.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

constexpr double least_hold = 5.; // mm of axis in each body
constexpr double step = .25;      // mm along an axis

std::string millimetres(const double value) { return inputs::formatted("%.1f mm", value); }

} // namespace

Fixation::Fixation(const FixationParameters &parameters, const Patient &patient, const EndplateSurfaces &surfaces,
                   const Cage &cage, const Affine &design_to_world)
{
  parameters.check();
  if (!parameters.is_on())
    return;
  stiffness = CubicStiffness::isotropic(parameters.youngs_modulus, parameters.poissons_ratio);
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * design_to_world;
  if (parameters.hardware == "pedicle_screws") {
    add_pedicle_screws(parameters, patient, surfaces, design_to_index);
  } else {
    const auto to_design = parameters.axes == "design"
                               ? Affine()
                               : design_to_world.inverse() * axes_to_ras(parameters.axes, "'Posterior fixation/Axes'");
    for (const auto &capsule : parameters.stated_capsules())
      parts.push_back({to_design(capsule.begin), to_design(capsule.end), capsule.radius});
  }
  check(patient, cage, design_to_index);
}

void Fixation::add_pedicle_screws(const FixationParameters &given, const Patient &patient,
                                  const EndplateSurfaces &surfaces, const Affine &design_to_index)
{
  const double slant = std::tan(given.screw_convergence * 3.14159265358979323846 / 180.);
  const double at_tip = .5 * given.screw_spread - slant * given.screw_depth;
  if (at_tip < .5 * given.screw_diameter)
    throw InputError("'Posterior fixation/Screw convergence'", std::to_string(given.screw_convergence) + " degrees",
                     "the tips of both screws would meet in the middle of the body",
                     "use a smaller angle or 'Screw depth', or a larger 'Screw spread'");
  Point heads[2][2];
  for (const int body : {0, 1}) { // caudal, cranial
    const auto &plane = body == 0 ? surfaces.lower_plane() : surfaces.upper_plane();
    const double distance = body == 0 ? -given.caudal_screw_distance : given.cranial_screw_distance;
    const auto label = body == 0 ? patient.level.caudal : patient.level.cranial;
    const auto at = [&](const double x, const double y) {
      return Point{x, y, plane.a + distance + plane.c * (y - surfaces.centroid_y())};
    };
    double wall = surfaces.centroid_y();
    while (nearest(patient.labels, design_to_index(at(surfaces.centroid_x(), wall))) == label)
      wall -= step;
    if (wall == surfaces.centroid_y())
      throw InputError("'Posterior fixation/" + std::string(body == 0 ? "Caudal" : "Cranial") + " screw distance'",
                       millimetres(std::abs(distance)),
                       "there is no bone of label " + std::to_string(label) + " so far from its endplate",
                       "use a smaller distance");
    for (const int side : {0, 1}) { // left, right
      const double outwards = side == 0 ? -1. : 1.;
      heads[body][side] = at(surfaces.centroid_x() + outwards * (.5 * given.screw_spread + slant * given.head_distance),
                             wall - given.head_distance);
      parts.push_back({heads[body][side], at(surfaces.centroid_x() + outwards * at_tip, wall + given.screw_depth),
                       .5 * given.screw_diameter});
      if (nearest(patient.labels, design_to_index(parts.back().end)) != label)
        throw InputError("'Posterior fixation/Screw depth'", millimetres(given.screw_depth),
                         "the screws' tips leave the body of label " + std::to_string(label),
                         "use a smaller depth or 'Screw spread', or a larger 'Screw convergence'");
    }
  }
  for (const int side : {0, 1})
    parts.push_back({heads[0][side], heads[1][side], .5 * given.rod_diameter});
}

void Fixation::check(const Patient &patient, const Cage &cage, const Affine &design_to_index) const
{
  double held[2] = {0, 0};
  for (const auto &part : parts) {
    const Point axis = part.end - part.begin;
    const int n = static_cast<int>(std::ceil(norm(axis) / step));
    for (int i = 0; i <= n; ++i) {
      const Point point = part.begin + (double(i) / n) * axis;
      bool is_in_cage = cage.part_at(point, part.radius) != CagePart::none;
      for (int corner = 0; corner < 27; ++corner) { // of its surface around the axis
        const Point way = {corner % 3 - 1., corner / 3 % 3 - 1., corner / 9 - 1.};
        is_in_cage |= cage.part_at(point + (part.radius / std::max(1., norm(way))) * way) != CagePart::none;
      }
      if (is_in_cage)
        throw InputError("'Posterior fixation'", "a capsule of " + millimetres(2 * part.radius),
                         "it runs into the cage",
                         "move it: the cage reaches " + millimetres(cage.upper(point[0], point[1])) +
                             " from the disc's centre there");
      const auto label = nearest(patient.labels, design_to_index(point));
      held[0] += label == patient.level.caudal ? norm(axis) / n : 0.;
      held[1] += label == patient.level.cranial ? norm(axis) / n : 0.;
    }
  }
  if (std::min(held[0], held[1]) < least_hold)
    throw InputError("'Posterior fixation'",
                     millimetres(held[0]) + " in the caudal and " + millimetres(held[1]) + " in the cranial body",
                     "both bodies must hold it over at least " + millimetres(least_hold),
                     "check its coordinates and 'Posterior fixation/Axes'");
}

double Fixation::distance(const Point &point) const
{
  double smallest = 1e30;
  for (const auto &part : parts) {
    const Point axis = part.end - part.begin, from = point - part.begin;
    const double along = std::clamp(dot(from, axis) / dot(axis, axis), 0., 1.);
    smallest = std::min(smallest, norm(from - along * axis) - part.radius);
  }
  return smallest;
}

std::array<Point, 2> Fixation::box() const
{
  std::array<Point, 2> box{{{1e30, 1e30, 1e30}, {-1e30, -1e30, -1e30}}};
  for (const auto &part : parts)
    for (const auto &end : {part.begin, part.end})
      for (int d = 0; d < 3; ++d) {
        box[0][d] = std::min(box[0][d], end[d] - part.radius);
        box[1][d] = std::max(box[1][d], end[d] + part.radius);
      }
  return box;
}

} // namespace cageopt::meshing
