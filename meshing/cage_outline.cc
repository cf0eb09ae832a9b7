#include <meshing/cage_outline.h>

#include <algorithm>
#include <cmath>

namespace cageopt::meshing {

namespace {

constexpr double front = 2.2, back = 3.5; // exponents of the D: rounder in front, flatter behind
constexpr double corner = 6;              // exponent of rounded rectangles
constexpr double arc_share = .7;          // radius of the banana's middle line over its width

double superellipse(const double u, const double v, const double exponent)
{
  return std::pow(std::pow(std::abs(u), exponent) + std::pow(std::abs(v), exponent), 1. / exponent);
}

} // namespace

std::vector<std::string> CageOutline::families() { return {"alif", "llif", "tlif", "plif"}; }

std::vector<CageOutline::Size> CageOutline::sizes(const std::string &family)
{
  const auto all = [](const std::vector<double> &widths, const std::vector<double> &depths) {
    std::vector<Size> sizes;
    for (const double width : widths)
      for (const double depth : depths)
        sizes.push_back({width, depth});
    std::stable_sort(sizes.begin(), sizes.end(),
                     [](const Size &a, const Size &b) { return a.width * a.depth > b.width * b.depth; });
    return sizes;
  };
  if (family == "llif")
    return all({60, 55, 50, 45, 40}, {26, 22, 18});
  if (family == "tlif")
    return all({36, 34, 32, 30, 28}, {12, 10});
  if (family == "plif")
    return all({11, 10, 9, 8}, {28, 26, 24, 22, 20});
  return {};
}

CageOutline::CageOutline(const std::string &name, const Size &size, const double pair_distance)
    : family(name == "llif"   ? Family::llif
             : name == "tlif" ? Family::tlif
             : name == "plif" ? Family::plif
                              : Family::alif),
      size(size), pair_distance(pair_distance), half{.5 * size.width, .5 * size.depth}
{
  if (family == Family::plif)
    half[0] = .5 * (pair_distance + size.width);
  if (family != Family::tlif)
    return;
  const double thickness = .5 * size.depth;
  arc_radius = arc_share * size.width;
  arc_angle = std::asin(std::min(1., std::max(0., .5 * size.width - thickness) / arc_radius));
  const double top = arc_radius + thickness, bottom = arc_radius * std::cos(arc_angle) - thickness;
  arc_centre = -.5 * (top + bottom);
  half[1] = .5 * (top - bottom);
}

double CageOutline::radius(const double x, const double y) const
{
  switch (family) {
  case Family::llif:
    return superellipse(x / half[0], y / half[1], corner);
  case Family::plif:
    return superellipse((std::abs(x) - .5 * pair_distance) / (.5 * size.width), y / half[1], corner);
  case Family::tlif: {
    const double v = y - arc_centre, angle = std::abs(std::atan2(x, v));
    const double from_line = angle <= arc_angle ? std::abs(std::hypot(x, v) - arc_radius)
                                                : std::hypot(std::abs(x) - arc_radius * std::sin(arc_angle),
                                                             v - arc_radius * std::cos(arc_angle));
    return from_line / (.5 * size.depth);
  }
  default:
    return superellipse(x / half[0], y / half[1], y > 0 ? front : back);
  }
}

bool CageOutline::in_inserter_zone(const double x, const double y, const double block_width,
                                   const double block_depth) const
{
  switch (family) {
  case Family::llif:
    return x < block_depth - half[0] && std::abs(y) <= .5 * block_width;
  case Family::tlif:
    return x < block_depth - half[0];
  case Family::plif:
    return y < block_depth - half[1] && std::abs(std::abs(x) - .5 * pair_distance) <= .5 * block_width;
  default:
    return false;
  }
}

} // namespace cageopt::meshing
