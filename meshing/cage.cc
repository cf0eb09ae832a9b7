#include <meshing/cage.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include <deal.II/base/parameter_handler.h>

#include <inputs/distance_transform.h>
#include <inputs/error.h>
#include <inputs/formatted.h>

namespace cageopt::meshing {

using inputs::InputError;

void CageParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Cage");
  prm.add_parameter(
      "Family", family,
      "Shape of the footprint: alif (a D, brought in from the front), llif (a long rounded rectangle, from "
      "the left side), tlif (a banana, from behind on one side) or plif (a pair, from behind). No unit.",
      Selection("alif|llif|tlif|plif"));
  prm.add_parameter(
      "Endplate coverage", endplate_coverage,
      "Area of an alif's footprint, window included, as a share of the area over which the endplates face "
      "each other. Used where width and depth are 0. A cage over most of the endplate can match the "
      "bone's modulus and restore its strain at once; smaller ones must trade. Unit: -.",
      Double(.2, 1.));
  prm.add_parameter(
      "Width", width,
      "Left-right size of the footprint, of one cage of a pair; 0: from the coverage or, for other families than "
      "alif, the largest size that fits. Unit: mm.",
      Double(0., 80.));
  prm.add_parameter("Depth", depth,
                    "Anterior-posterior size; of a tlif, the thickness of its body; 0: as 'Width'. Unit: mm.",
                    Double(0., 60.));
  prm.add_parameter("Pair distance", pair_distance, "Between the middles of the two cages of a plif. Unit: mm.",
                    Double(8., 60.));
  prm.add_parameter(
      "Offset anterior", offset_anterior,
      "Shift of the footprint from the centre of the endplates' overlap or, for other families than alif, "
      "from the place that is found. Unit: mm.",
      Double(-30., 30.));
  prm.add_parameter("Offset right", offset_right, "The same to the patient's right. Unit: mm.", Double(-30., 30.));
  prm.add_parameter("Rim margin", rim_margin,
                    "The footprint keeps this distance from the edge of the endplates' overlap. Unit: mm.",
                    Double(0., 10.));
  prm.add_parameter(
      "Window share", window_share,
      "Area of the graft window as a share of the footprint's; 0: no window. The wall around it has the same "
      "width everywhere. Unit: -.",
      Double(0., .8));
  prm.add_parameter(
      "Inserter width", inserter_width,
      "Width of the solid titanium block that holds the inserter's thread, in the middle of the anterior wall "
      "of an alif, the left end of an llif, the posterior walls of a plif; the whole left end of a tlif; 0: "
      "no block. Unit: mm.",
      Double(0., 40.));
  prm.add_parameter("Inserter depth", inserter_depth, "Its size inwards from that edge. Unit: mm.", Double(0., 20.));
  prm.add_parameter("Frame thickness", frame_thickness,
                    "Width of a solid titanium ring along the whole rim; 0: no ring. Lattice between a ring and the "
                    "endplates cannot bulge, which alone can make the cage stiffer than osteoporotic bone. Unit: mm.",
                    Double(0., 10.));
  prm.add_parameter("Frame height share", frame_height_share,
                    "Height of block and ring, centred between the endplates, as a share of the local cage height. At "
                    "1 they bridge the endplates: a few mm2 of titanium then outweigh the bone's modulus. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter("Graft Young's modulus", graft_youngs_modulus, "Of the window's filling. Unit: MPa.",
                    Double(1e-3, 1e6));
  prm.add_parameter("Graft Poisson's ratio", graft_poissons_ratio, "Unit: -.", Double(0., .45));
  prm.leave_subsection();
}

void CageParameters::check() const
{
  if ((width > 0) != (depth > 0))
    throw InputError("'Cage/Width' and 'Cage/Depth'", std::to_string(width) + " and " + std::to_string(depth) + " mm",
                     "a size needs both",
                     "give both, or leave both at 0 to size an alif by 'Cage/Endplate coverage', others by what fits");
  if (family == "plif" && width >= pair_distance)
    throw InputError("'Cage/Pair distance'", std::to_string(pair_distance) + " mm",
                     "two cages of " + std::to_string(width) + " mm would be one",
                     "give a distance above 'Cage/Width'");
  if (family == "tlif" && width > 0 && depth > .7 * width)
    throw InputError("'Cage/Depth'", std::to_string(depth) + " mm",
                     "the body of a banana is thinner than 0.7 of its width, " + std::to_string(width) + " mm",
                     "make it thinner, or use another family");
}

namespace {

constexpr double step = .25;    // mm, of the grid that the footprint lives on
constexpr double rounding = 2.; // mm; parts of the overlap thinner than twice this are no place for a cage
constexpr double fit = .98, least_share = .9; // of an outline that must lie over the endplates
constexpr double reach = 15.;                 // mm, of the search for a place

std::string millimetres(const double value) { return inputs::formatted("%.1f", value); }

/// Leaves the largest part that hangs together through the sides of the grid's squares.
void keep_largest_part(std::vector<std::uint8_t> &region, const int n_x, const int n_y)
{
  std::vector<std::uint8_t> largest(region.size(), 0);
  std::size_t largest_size = 0;
  std::vector<std::uint8_t> seen(region.size(), 0);
  std::vector<int> part;
  for (std::size_t seed = 0; seed < region.size(); ++seed) {
    if (!region[seed] || seen[seed])
      continue;
    part.assign(1, static_cast<int>(seed));
    seen[seed] = 1;
    for (std::size_t next = 0; next < part.size(); ++next) {
      const int i = part[next] % n_x, j = part[next] / n_x;
      const auto visit = [&](const int x, const int y) {
        const int index = x + n_x * y;
        if (x >= 0 && x < n_x && y >= 0 && y < n_y && region[index] && !seen[index]) {
          seen[index] = 1;
          part.push_back(index);
        }
      };
      visit(i - 1, j);
      visit(i + 1, j);
      visit(i, j - 1);
      visit(i, j + 1);
    }
    if (part.size() > largest_size) {
      largest_size = part.size();
      std::fill(largest.begin(), largest.end(), 0);
      for (const int index : part)
        largest[index] = 1;
    }
  }
  region = largest;
}

} // namespace

Cage::Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces) : given(parameters), endplates(surfaces)
{
  parameters.check();
  const int reach_x = static_cast<int>(std::ceil(surfaces.width() / step)) + 2;
  const int reach_y = static_cast<int>(std::ceil(surfaces.depth() / step)) + 2;
  n_x = 2 * reach_x + 1;
  n_y = 2 * reach_y + 1;
  x_begin = surfaces.centroid_x() - reach_x * step;
  y_begin = surfaces.centroid_y() - reach_y * step;
  const auto available = available_region();
  choose_size_and_place(available);
  choose_footprint(available);
  choose_window();
}

inputs::Point Cage::node(const std::size_t index) const
{
  return {x_begin + step * double(index % n_x), y_begin + step * double(index / n_x), 0.};
}

std::vector<float> Cage::distance_to(const std::vector<std::uint8_t> &region, const bool set) const
{
  std::vector<std::uint8_t> marked(region.size());
  for (std::size_t i = 0; i < region.size(); ++i)
    marked[i] = (region[i] != 0) == set;
  auto distance = inputs::distance_transform({n_x, n_y, 1}, marked);
  for (auto &value : distance)
    value *= step;
  return distance;
}

std::vector<std::uint8_t> Cage::available_region() const
{
  const std::size_t n = std::size_t(n_x) * n_y;
  std::vector<std::uint8_t> overlap(n), core(n), available(n);
  for (std::size_t i = 0; i < n; ++i)
    overlap[i] = endplates.covers(node(i)[0], node(i)[1]);
  // Inwards by more than the margin, then back to it: spikes of the overlap, such as osteophytes, fall away.
  const auto to_outside = distance_to(overlap, false);
  for (std::size_t i = 0; i < n; ++i)
    core[i] = to_outside[i] - .5 * step > given.rim_margin + rounding;
  const auto to_core = distance_to(core, true);
  for (std::size_t i = 0; i < n; ++i)
    available[i] = to_core[i] <= rounding;
  keep_largest_part(available, n_x, n_y);
  return available;
}

void Cage::choose_size_and_place(const std::vector<std::uint8_t> &available)
{
  centre_x = endplates.centroid_x() + given.offset_right;
  centre_y = endplates.centroid_y() + given.offset_anterior;
  if (given.family == "alif") {
    CageOutline::Size size = {given.width, given.depth};
    if (given.width <= 0) {
      // Proportions of the ellipse with the same second moments.
      double sum_x = 0, sum_y = 0, n = 0;
      for (std::size_t i = 0; i < available.size(); ++i)
        if (available[i]) {
          sum_x += std::pow(node(i)[0] - endplates.centroid_x(), 2);
          sum_y += std::pow(node(i)[1] - endplates.centroid_y(), 2);
          n += 1;
        }
      size = {4. * std::sqrt(sum_x / std::max(1., n)), 4. * std::sqrt(sum_y / std::max(1., n))};
    }
    outline.emplace("alif", size, given.pair_distance);
    return;
  }
  const auto sizes =
      given.width > 0 ? std::vector<CageOutline::Size>{{given.width, given.depth}} : CageOutline::sizes(given.family);
  std::vector<double> shifts; // in the order of preference
  for (double shift = 0; shift <= reach; shift += step) {
    shifts.push_back(shift);
    shifts.push_back(-shift);
  }
  if (given.family == "tlif")
    std::sort(shifts.begin(), shifts.end(), std::greater<double>());
  // A stated size may stand over the rim a little, where no place for all of it is found.
  for (const double share : given.width > 0 ? std::vector<double>{fit, least_share} : std::vector<double>{fit})
    for (const auto &size : sizes) {
      if (given.family == "plif" && size.width >= given.pair_distance)
        continue; // no pair
      const CageOutline candidate(given.family, size, given.pair_distance);
      for (const double shift : shifts)
        if (share_inside(candidate, available, endplates.centroid_y() + shift) >= share) {
          outline = candidate;
          centre_y += shift;
          return;
        }
    }
  const auto &least = sizes.back();
  throw InputError(
      given.width > 0 ? "The cage of 'Cage/Width' and 'Cage/Depth'" : "'Cage/Family'",
      given.width > 0 ? millimetres(given.width) + " x " + millimetres(given.depth) + " mm" : "'" + given.family + "'",
      "no place is found where " +
          (given.width > 0 ? std::string("nine tenths of it lie")
                           : "98 % of its smallest size, " + millimetres(least.width) + " x " +
                                 millimetres(least.depth) + " mm, lie") +
          " over the disc space (overlap of the endplates " + millimetres(endplates.width()) + " x " +
          millimetres(endplates.depth()) + " mm, less the rim margin of " + millimetres(given.rim_margin) + " mm)",
      "use a smaller size or another family, or lower 'Cage/Rim margin'" +
          std::string(given.family == "plif" ? " or 'Cage/Pair distance'" : ""));
}

double Cage::share_inside(const CageOutline &candidate, const std::vector<std::uint8_t> &available,
                          const double y_centre) const
{
  double inside = 0, all = 0;
  const double half_x = candidate.half_extent(0), half_y = candidate.half_extent(1);
  for (double y = -half_y + .5 * step; y < half_y; y += step)
    for (double x = -half_x + .5 * step; x < half_x; x += step) {
      if (candidate.radius(x, y) > 1.)
        continue;
      ++all;
      const int i = static_cast<int>(std::lround((centre_x + x - x_begin) / step)),
                j = static_cast<int>(std::lround((y_centre + y - y_begin) / step));
      inside += i >= 0 && j >= 0 && i < n_x && j < n_y && available[i + std::size_t(n_x) * j];
    }
  return inside / all;
}

void Cage::choose_footprint(const std::vector<std::uint8_t> &available)
{
  std::vector<float> radius;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < available.size(); ++i)
    if (available[i]) {
      candidates.push_back(i);
      radius.push_back(static_cast<float>(outline->radius(node(i)[0] - centre_x, node(i)[1] - centre_y)));
    }
  float largest_radius = given.family == "alif" ? 1.f : 1.f - 1e-5f; // a flat side shall not have a tip of one node
  if (given.family == "alif" && given.width <= 0) {
    const auto n_wanted = static_cast<std::size_t>(given.endplate_coverage * endplates.area() / (step * step));
    if (n_wanted > candidates.size())
      throw InputError("'Cage/Endplate coverage'", std::to_string(given.endplate_coverage),
                       "within the rim margin of " + millimetres(given.rim_margin) + " mm at most " +
                           std::to_string(step * step * candidates.size() / endplates.area()) +
                           " of the endplates' overlap can be covered",
                       "ask for less, or lower 'Cage/Rim margin'");
    auto sorted = radius;
    std::nth_element(sorted.begin(), sorted.begin() + (n_wanted - 1), sorted.end());
    largest_radius = sorted[n_wanted - 1];
  }

  std::vector<std::uint8_t> footprint(available.size(), 0);
  double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
  for (std::size_t c = 0; c < candidates.size(); ++c)
    if (radius[c] <= largest_radius) {
      const auto point = node(candidates[c]);
      footprint[candidates[c]] = 1;
      area += step * step;
      volume += step * step * (endplates.upper(point[0], point[1]) - endplates.lower(point[0], point[1]));
      for (int d = 0; d < 2; ++d) {
        low[d] = std::min(low[d], point[d]);
        high[d] = std::max(high[d], point[d]);
      }
    }
  if ((given.width > 0 || given.family != "alif") && share_inside(*outline, available, centre_y) < least_share)
    throw InputError(given.width > 0 ? "The cage of 'Cage/Width' and 'Cage/Depth'" : "The cage of 'Cage/Family'",
                     millimetres(2 * outline->half_extent(0)) + " x " + millimetres(2 * outline->half_extent(1)) +
                         " mm",
                     "more than a tenth of it lies outside the disc space (overlap of the endplates " +
                         millimetres(endplates.width()) + " x " + millimetres(endplates.depth()) +
                         " mm, less the rim margin of " + millimetres(given.rim_margin) + " mm)",
                     "use a smaller size, or correct 'Cage/Offset anterior' and 'Cage/Offset right'");
  if (!(area > 50.))
    throw InputError("The cage's footprint", millimetres(area) + " mm^2",
                     "at least 50 mm^2 must lie between the endplates",
                     "check 'Cage/Offset anterior', 'Cage/Offset right' and 'Cage/Rim margin'");
  for (int d = 0; d < 2; ++d)
    extent[d] = high[d] - low[d] + step;
  edge_distance = distance_to(footprint, false);
  const auto outside = distance_to(footprint, true);
  for (std::size_t i = 0; i < footprint.size(); ++i)
    edge_distance[i] = static_cast<float>(footprint[i] ? edge_distance[i] - .5 * step : .5 * step - outside[i]);
}

void Cage::choose_window()
{
  const auto n_wanted = static_cast<std::size_t>(given.window_share * area / (step * step));
  if (n_wanted == 0)
    return;
  std::vector<float> sorted; // away from the inserter
  for (std::size_t i = 0; i < edge_distance.size(); ++i)
    if (edge_distance[i] > 0 && !in_inserter_zone(node(i)))
      sorted.push_back(edge_distance[i]);
  if (n_wanted > sorted.size())
    throw InputError("'Cage/Window share'", std::to_string(given.window_share),
                     "the inserter's block leaves " + millimetres(step * step * double(sorted.size())) + " of " +
                         millimetres(area) + " mm^2",
                     "make the window or the block smaller");
  std::nth_element(sorted.begin(), sorted.begin() + (n_wanted - 1), sorted.end(), std::greater<float>());
  window_distance = sorted[n_wanted - 1];
  for (const auto distance : sorted)
    area_of_window += distance >= window_distance ? step * step : 0.;
  if (given.family == "alif" && given.inserter_width > 0 && window_distance < given.inserter_depth)
    throw InputError("'Cage/Inserter depth'", millimetres(given.inserter_depth) + " mm",
                     "the graft window leaves a wall of " + millimetres(window_distance) + " mm for it",
                     "make the block shallower, or 'Cage/Window share' smaller");
  if (window_distance < given.frame_thickness)
    throw InputError("'Cage/Window share'", std::to_string(given.window_share),
                     "it leaves a wall of " + millimetres(window_distance) +
                         " mm, thinner than 'Cage/Frame thickness', " + millimetres(given.frame_thickness) + " mm",
                     "make the window smaller, or the frame thinner");
}

bool Cage::in_inserter_zone(const inputs::Point &point) const
{
  return given.inserter_width > 0 && outline->in_inserter_zone(point[0] - centre_x, point[1] - centre_y,
                                                               given.inserter_width, given.inserter_depth);
}

double Cage::distance_inside(const double x, const double y) const
{
  const double u = (x - x_begin) / step, v = (y - y_begin) / step;
  if (!(u >= 0 && v >= 0 && u < n_x - 1 && v < n_y - 1))
    return -1e30;
  const int i = static_cast<int>(u), j = static_cast<int>(v);
  const float *corner = &edge_distance[i + std::size_t(n_x) * j];
  const double s = u - i, t = v - j;
  return (1. - t) * ((1. - s) * corner[0] + s * corner[1]) + t * ((1. - s) * corner[n_x] + s * corner[n_x + 1]);
}

CagePart Cage::part_at(const inputs::Point &point, const double slack) const
{
  const double x = point[0], y = point[1], z = point[2];
  const double distance = distance_inside(x, y);
  if (distance < 0)
    return CagePart::none;
  const double lower = endplates.lower(x, y), upper = endplates.upper(x, y);
  if (!(z >= lower - slack && z <= upper + slack))
    return CagePart::none;
  const bool in_zone = in_inserter_zone(point);
  if (distance >= window_distance && !in_zone)
    return CagePart::window;
  const double middle = .5 * (lower + upper), half_height = .5 * given.frame_height_share * (upper - lower);
  const bool in_block =
      in_zone || (given.family == "alif" && y > centre_y && std::abs(x - centre_x) <= .5 * given.inserter_width &&
                  distance <= given.inserter_depth && given.inserter_width > 0);
  const bool in_ring = distance <= given.frame_thickness && given.frame_thickness > 0;
  if ((in_block || in_ring) && std::abs(z - middle) <= half_height)
    return CagePart::frame;
  return CagePart::design;
}

} // namespace cageopt::meshing
