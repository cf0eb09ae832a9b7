#include <meshing/cage.h>

#include <algorithm>
#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::meshing {

using inputs::InputError;

void CageParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Cage");
  prm.add_parameter("Endplate coverage", endplate_coverage,
                    "Area of the ALIF footprint, window included, as a share of the area over which the endplates face "
                    "each other. Used where width and depth are 0. A cage over most of the endplate can match the "
                    "bone's modulus and restore its strain at once; smaller ones must trade. Unit: -.",
                    Double(.2, 1.));
  prm.add_parameter("Width", width, "Left-right size of the footprint; 0: from the coverage. Unit: mm.", Double(0., 80.));
  prm.add_parameter("Depth", depth, "Anterior-posterior size; 0: from the coverage. Unit: mm.", Double(0., 60.));
  prm.add_parameter("Offset anterior", offset_anterior,
                    "Shift of the footprint from the centre of the endplates' overlap. Unit: mm.", Double(-30., 30.));
  prm.add_parameter("Offset right", offset_right, "The same to the patient's right. Unit: mm.", Double(-30., 30.));
  prm.add_parameter("Rim margin", rim_margin,
                    "The footprint keeps this distance from the edge of the endplates' overlap. Unit: mm.",
                    Double(0., 10.));
  prm.add_parameter("Window share", window_share,
                    "Area of the graft window as a share of the footprint's; 0: no window. Unit: -.", Double(0., .8));
  prm.add_parameter("Frame thickness", frame_thickness,
                    "Width of the solid titanium ring along the rim; 0: no frame. Unit: mm.", Double(0., 10.));
  prm.add_parameter("Frame height share", frame_height_share,
                    "Height of that ring, centred between the endplates, as a share of the local cage height. At 1 it "
                    "bridges the endplates: a few mm2 of titanium then outweigh the bone's modulus. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter("Graft Young's modulus", graft_youngs_modulus, "Of the window's filling. Unit: MPa.",
                    Double(1e-3, 1e6));
  prm.add_parameter("Graft Poisson's ratio", graft_poissons_ratio, "Unit: -.", Double(0., .45));
  prm.add_parameter("Frame Young's modulus", frame_youngs_modulus, "Solid titanium. Unit: MPa.", Double(1., 1e6));
  prm.add_parameter("Frame Poisson's ratio", frame_poissons_ratio, "Unit: -.", Double(0., .45));
  prm.leave_subsection();
}

void CageParameters::check() const
{
  if ((width > 0) != (depth > 0))
    throw InputError("'Cage/Width' and 'Cage/Depth'", std::to_string(width) + " and " + std::to_string(depth) + " mm",
                     "a size needs both", "give both, or leave both at 0 to size the cage by 'Cage/Endplate coverage'");
}

Cage::Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces) : given(parameters), endplates(surfaces)
{
  parameters.check();
  centre_x = surfaces.centroid_x() + parameters.offset_right;
  centre_y = surfaces.centroid_y() + parameters.offset_anterior;
  const auto measure = [&] {
    integrate();
    return area;
  };
  if (parameters.width > 0) {
    half_width = .5 * parameters.width;
    half_depth = .5 * parameters.depth;
    const double wanted = [&] {
      const double keep = given.rim_margin;
      given.rim_margin = -1e3; // area of the outline itself
      const double full = measure();
      given.rim_margin = keep;
      return full;
    }();
    if (measure() < .9 * wanted)
      throw InputError("The cage of 'Cage/Width' and 'Cage/Depth'",
                       std::to_string(parameters.width) + " x " + std::to_string(parameters.depth) + " mm",
                       "more than a tenth of it lies outside the disc space (overlap of the endplates " +
                           std::to_string(surfaces.width()) + " x " + std::to_string(surfaces.depth()) + " mm)",
                       "use a smaller size, or correct 'Cage/Offset anterior' and 'Cage/Offset right'");
  } else {
    // Same proportions as the overlap; the clipped area grows with the scale, so bisection finds the coverage.
    double lower = .1, upper = 1.5;
    for (int iteration = 0; iteration < 30; ++iteration) {
      const double scale = .5 * (lower + upper);
      half_width = .5 * scale * surfaces.width();
      half_depth = .5 * scale * surfaces.depth();
      (measure() < parameters.endplate_coverage * surfaces.area() ? lower : upper) = scale;
    }
  }
  integrate();
  if (!(area > 50.))
    throw InputError("The cage's footprint", std::to_string(area) + " mm^2",
                     "at least 50 mm^2 must lie between the endplates",
                     "check 'Cage/Offset anterior', 'Cage/Offset right' and 'Cage/Rim margin'");
  if (given.window_share > 0) {
    const double footprint = area;
    double lower = 0, upper = 1;
    for (int iteration = 0; iteration < 30; ++iteration) {
      window_radius = .5 * (lower + upper);
      integrate();
      (window_area_value < given.window_share * footprint ? lower : upper) = window_radius;
    }
    integrate();
  }
}

double Cage::radius(const double x, const double y) const
{
  const double u = std::abs(x - centre_x) / half_width, v = (y - centre_y) / half_depth;
  const double exponent = v > 0 ? 2.2 : 3.5; // rounder in front, flatter behind
  return std::pow(std::pow(u, exponent) + std::pow(std::abs(v), exponent), 1. / exponent);
}

bool Cage::in_footprint(const double x, const double y) const
{
  if (radius(x, y) > 1.)
    return false;
  if (given.rim_margin < 0) // the bare outline
    return true;
  const double margin = given.rim_margin;
  for (const double dy : {-margin, 0., margin})
    for (const double dx : {-margin, 0., margin})
      if (!endplates.covers(x + dx, y + dy))
        return false;
  return true;
}

void Cage::integrate()
{
  constexpr double step = .25;
  area = volume = window_area_value = 0;
  const auto steps = [](const double half) { return static_cast<int>(std::ceil(half / step)); };
  for (int j = -steps(half_depth); j <= steps(half_depth); ++j)
    for (int i = -steps(half_width); i <= steps(half_width); ++i) {
      const double x = centre_x + i * step, y = centre_y + j * step;
      if (!in_footprint(x, y))
        continue;
      area += step * step;
      const double height = endplates.upper(x, y) - endplates.lower(x, y);
      if (height > 0)
        volume += step * step * height;
      if (radius(x, y) <= window_radius)
        window_area_value += step * step;
    }
}

CagePart Cage::part_at(const inputs::Point &point) const
{
  const double x = point[0], y = point[1], z = point[2];
  if (radius(x, y) > 1. || !in_footprint(x, y))
    return CagePart::none;
  const double lower = endplates.lower(x, y), upper = endplates.upper(x, y);
  if (!(z >= lower && z <= upper))
    return CagePart::none;
  const double r = radius(x, y);
  if (r <= window_radius)
    return CagePart::window;
  // Distance to the outline along the ray from the centre.
  const double distance = (1. / std::max(r, 1e-6) - 1.) * std::hypot(x - centre_x, y - centre_y);
  const double middle = .5 * (lower + upper), half_height = .5 * given.frame_height_share * (upper - lower);
  if (distance <= given.frame_thickness && given.frame_thickness > 0 && std::abs(z - middle) <= half_height)
    return CagePart::frame;
  return CagePart::design;
}

} // namespace cageopt::meshing
