#include <meshing/cage.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include <inputs/distance_transform.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/voxel_filters.h>
#include <inputs/voxels_inside.h>
#include <meshing/level_contours.h>

namespace cageopt::meshing {

using inputs::InputError;

namespace {

constexpr double degree = 3.14159265358979323846 / 180.;
constexpr double step = .25;    // mm, of the grid that the footprint lives on
constexpr double rounding = 2.; // mm; parts of the overlap thinner than twice this are no place for a cage
constexpr double fit = .98, least_share = .9; // of an outline that must lie over the endplates
constexpr double reach = 15.;                 // mm, of the search for a place
constexpr double least_height = 2.;           // mm, of flat faces
constexpr double farthest = 60.;              // mm from the disc's centre, of a surface
constexpr double most_doubtful = .01;         // share of a surface's volume

std::string millimetres(const double value) { return inputs::formatted("%.1f", value); }

double area_of(const CageOutline &outline)
{
  double n = 0;
  for (double y = -outline.half_extent(1) + .5 * step; y < outline.half_extent(1); y += step)
    for (double x = -outline.half_extent(0) + .5 * step; x < outline.half_extent(0); x += step)
      n += outline.radius(x, y) <= 1.;
  return n * step * step;
}

void refuse_distant(const inputs::TriangleSurface &surface)
{
  double reach = 0;
  for (const auto &corner : surface.box())
    for (const double coordinate : corner)
      reach = std::max(reach, std::abs(coordinate));
  if (!(reach <= farthest))
    throw InputError("'Cage/Envelope file'", "'" + surface.name() + "'",
                     "it reaches " + millimetres(reach) + " mm from the centre of the disc space, and " +
                         millimetres(farthest) + " mm are the most",
                     "check its unit, mm, and 'Cage/Envelope axes'");
}

} // namespace

Cage::Cage(const CageParameters &parameters, const EndplateSurfaces &surfaces, const FaceStrength &strength,
           const CageSurfaces &envelope)
    : given(parameters), endplates(surfaces)
{
  parameters.check();
  cosine = std::cos(given.rotation * degree);
  sine = std::sin(given.rotation * degree);
  double reach_mm[2] = {surfaces.width(), surfaces.depth()};
  if (envelope.envelope) {
    refuse_distant(*envelope.envelope);
    for (const auto &corner : envelope.envelope->box())
      for (const int d : {0, 1}) {
        const double off = std::abs(corner[d] - (d == 0 ? surfaces.centroid_x() : surfaces.centroid_y()));
        reach_mm[d] = std::max(reach_mm[d], off + step);
      }
  }
  const int reach_x = static_cast<int>(std::ceil(reach_mm[0] / step)) + 2;
  const int reach_y = static_cast<int>(std::ceil(reach_mm[1] / step)) + 2;
  n_x = 2 * reach_x + 1;
  n_y = 2 * reach_y + 1;
  x_begin = surfaces.centroid_x() - reach_x * step;
  y_begin = surfaces.centroid_y() - reach_y * step;
  const auto available = available_region();
  Mask footprint;
  if (given.family == "surface") {
    if (!envelope.envelope)
      throw inputs::Error(inputs::ExitCode::internal_error, "the surface of the cage has not been read");
    footprint = footprint_of_surface(*envelope.envelope, available);
  } else {
    choose_size_and_place(available, strength);
    footprint = footprint_of_outline(available);
  }
  measure_footprint(footprint);
  choose_faces(footprint);
  choose_window(envelope);
  place_struts();
}

inputs::Point Cage::local(const double x, const double y) const
{
  const double u = x - centre_x, v = y - centre_y;
  return {cosine * u + sine * v, cosine * v - sine * u, 0.};
}

inputs::Point Cage::node(const std::size_t index) const
{
  return {x_begin + step * double(index % n_x), y_begin + step * double(index / n_x), 0.};
}

std::vector<float> Cage::distance_to(const Mask &region, const bool set) const
{
  Mask marked(region.size());
  for (std::size_t i = 0; i < region.size(); ++i)
    marked[i] = (region[i] != 0) == set;
  auto distance = inputs::distance_transform({n_x, n_y, 1}, marked);
  for (auto &value : distance)
    value *= step;
  return distance;
}

std::vector<float> Cage::distance_from_edge(const Mask &region) const
{
  auto distance = distance_to(region, false);
  const auto outside = distance_to(region, true);
  for (std::size_t i = 0; i < region.size(); ++i)
    distance[i] = static_cast<float>(region[i] ? distance[i] - .5 * step : .5 * step - outside[i]);
  return distance;
}

Cage::Mask Cage::available_region() const
{
  const std::size_t n = std::size_t(n_x) * n_y;
  Mask overlap(n), core(n), available(n);
  for (std::size_t i = 0; i < n; ++i)
    overlap[i] = endplates.covers(node(i)[0], node(i)[1]);
  // Inwards by more than the margin, then back to it: spikes of the overlap, such as osteophytes, fall away.
  const auto to_outside = distance_to(overlap, false);
  for (std::size_t i = 0; i < n; ++i)
    core[i] = to_outside[i] - .5 * step > given.rim_margin + rounding;
  const auto to_core = distance_to(core, true);
  for (std::size_t i = 0; i < n; ++i)
    available[i] = to_core[i] <= rounding;
  return inputs::largest_part(available, {{n_x, n_y, 1}});
}

std::vector<CageOutline::Size> Cage::sizes_to_try(const Mask &available) const
{
  if (given.width > 0)
    return {{given.width, given.depth}};
  if (given.family != "alif")
    return CageOutline::sizes(given.family);
  // Proportions of the ellipse with the same second moments.
  double sum_x = 0, sum_y = 0, n = 0;
  for (std::size_t i = 0; i < available.size(); ++i)
    if (available[i]) {
      sum_x += std::pow(node(i)[0] - endplates.centroid_x(), 2);
      sum_y += std::pow(node(i)[1] - endplates.centroid_y(), 2);
      n += 1;
    }
  return {{4. * std::sqrt(sum_x / std::max(1., n)), 4. * std::sqrt(sum_y / std::max(1., n))}};
}

void Cage::choose_size_and_place(const Mask &available, const FaceStrength &strength)
{
  centre_x = endplates.centroid_x();
  centre_y = endplates.centroid_y();
  const auto sizes = sizes_to_try(available);
  const bool by_coverage = given.family == "alif" && given.width <= 0;
  const bool strongest = given.placement == "strongest";
  bool found = false;
  if (given.family == "alif" && !strongest) {
    outline.emplace("alif", sizes[0], given.pair_distance);
    found = true;
  } else if (by_coverage) {
    const CageOutline proportions("alif", sizes[0], given.pair_distance);
    const double scale = std::sqrt(given.endplate_coverage * endplates.area() / area_of(proportions));
    const CageOutline whole("alif", {scale * sizes[0].width, scale * sizes[0].depth}, given.pair_distance);
    place_strongest(whole, available, fit, strength); // or not: one that fits nowhere whole stays in the middle
    found = true;
    outline = proportions;
  } else {
    // A stated size may stand over the rim a little, where no place for all of it is found.
    for (const double share : given.width > 0 ? std::vector<double>{fit, least_share} : std::vector<double>{fit})
      for (const auto &size : sizes) {
        if (found || (given.family == "plif" && size.width >= given.pair_distance))
          continue; // no pair
        const CageOutline candidate(given.family, size, given.pair_distance);
        found = strongest ? place_strongest(candidate, available, share, strength)
                          : place_centred(candidate, available, share);
        if (found)
          outline = candidate;
      }
  }
  if (!found)
    refuse_sizes(sizes.back());
  centre_x += given.offset_right;
  centre_y += given.offset_anterior;
}

bool Cage::place_centred(const CageOutline &candidate, const Mask &available, const double share)
{
  const auto points = points_of(candidate);
  std::vector<double> shifts; // in the order of preference
  for (double shift = 0; shift <= reach; shift += step) {
    shifts.push_back(shift);
    shifts.push_back(-shift);
  }
  if (given.family == "tlif")
    std::sort(shifts.begin(), shifts.end(), std::greater<double>());
  for (const double shift : shifts)
    if (share_inside(points, available, centre_x, centre_y + shift) >= share) {
      centre_y += shift;
      return true;
    }
  return false;
}

bool Cage::place_strongest(const CageOutline &candidate, const Mask &available, const double share,
                           const FaceStrength &strength)
{
  if (!strength)
    throw inputs::Error(inputs::ExitCode::internal_error, "a cage is placed on bone of unknown strength");
  std::array<std::vector<float>, 2> stress;
  for (const int side : {0, 1})
    for (std::size_t i = 0; i < available.size(); ++i)
      stress[side].push_back(available[i] ? static_cast<float>(strength(side, node(i)[0], node(i)[1])) : 0.f);
  const auto face = bearing_face(candidate);
  const auto points = points_of(candidate);
  const auto force = [&](const int shift_x, const int shift_y) {
    double sums[2] = {0, 0};
    for (const auto &offset : face) {
      const int i = n_x / 2 + shift_x + offset[0], j = n_y / 2 + shift_y + offset[1];
      if (i >= 0 && j >= 0 && i < n_x && j < n_y)
        for (const int side : {0, 1})
          sums[side] += stress[side][i + std::size_t(n_x) * j];
    }
    return std::min(sums[0], sums[1]);
  };
  const double from_x = centre_x, from_y = centre_y;
  double best = -1;
  int best_x = 0, best_y = 0;
  const auto search = [&](const int middle_x, const int middle_y, const int range, const int stride) {
    for (int j = -range; j <= range; j += stride)
      for (int i = -range; i <= range; i += stride) {
        const int shift_x = middle_x + i, shift_y = middle_y + j;
        if (share_inside(points, available, from_x + step * shift_x, from_y + step * shift_y) < share)
          continue;
        // Of equal places the one nearest to the middle.
        const double here = force(shift_x, shift_y), gain = 1e-6 * best;
        if (here > best + gain || (here > best - gain && std::hypot(shift_x, shift_y) < std::hypot(best_x, best_y))) {
          best = here;
          best_x = shift_x;
          best_y = shift_y;
        }
      }
  };
  // The middle's neighbourhood in full: a large cage may have no other place.
  const int stride = static_cast<int>(std::lround(1. / step));
  search(0, 0, static_cast<int>(reach / step), stride);
  search(0, 0, 2 * stride, 1);
  if (best < 0)
    return false;
  search(best_x, best_y, stride, 1);
  centre_x = from_x + step * best_x;
  centre_y = from_y + step * best_y;
  return true;
}

std::vector<std::array<int, 2>> Cage::bearing_face(const CageOutline &candidate) const
{
  // On the grid, its middle at the node of the overlap's centroid.
  Mask whole(std::size_t(n_x) * n_y, 0);
  std::vector<std::size_t> nodes;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto at = local(node(i)[0], node(i)[1]);
    if (candidate.radius(at[0], at[1]) <= 1.) {
      whole[i] = 1;
      nodes.push_back(i);
    }
  }
  const auto distance = distance_from_edge(whole);
  std::sort(nodes.begin(), nodes.end(),
            [&](const std::size_t a, const std::size_t b) { return distance[a] < distance[b]; });
  nodes.resize(nodes.size() - static_cast<std::size_t>(given.bearing_window_share.value_or(given.window_share) *
                                                       double(nodes.size())));
  std::vector<std::array<int, 2>> offsets;
  for (const auto i : nodes)
    offsets.push_back({{static_cast<int>(i % n_x) - n_x / 2, static_cast<int>(i / n_x) - n_y / 2}});
  return offsets;
}

void Cage::refuse_sizes(const CageOutline::Size &least) const
{
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

std::vector<std::array<double, 2>> Cage::points_of(const CageOutline &candidate) const
{
  std::vector<std::array<double, 2>> points;
  const double half_x = candidate.half_extent(0), half_y = candidate.half_extent(1);
  for (double v = -half_y + .5 * step; v < half_y; v += step)
    for (double u = -half_x + .5 * step; u < half_x; u += step)
      if (candidate.radius(u, v) <= 1.)
        points.push_back({{cosine * u - sine * v, sine * u + cosine * v}});
  return points;
}

double Cage::share_inside(const std::vector<std::array<double, 2>> &points, const Mask &available, const double x,
                          const double y) const
{
  double inside_region = 0;
  for (const auto &point : points) {
    const int i = static_cast<int>(std::lround((x + point[0] - x_begin) / step)),
              j = static_cast<int>(std::lround((y + point[1] - y_begin) / step));
    inside_region += i >= 0 && j >= 0 && i < n_x && j < n_y && available[i + std::size_t(n_x) * j];
  }
  return inside_region / double(points.size());
}

Cage::Mask Cage::footprint_of_outline(const Mask &available) const
{
  std::vector<float> radius;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < available.size(); ++i)
    if (available[i]) {
      candidates.push_back(i);
      const auto at = local(node(i)[0], node(i)[1]);
      radius.push_back(static_cast<float>(outline->radius(at[0], at[1])));
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
  Mask footprint(available.size(), 0);
  for (std::size_t c = 0; c < candidates.size(); ++c)
    footprint[candidates[c]] = radius[c] <= largest_radius;
  if ((given.width > 0 || given.family != "alif") &&
      share_inside(points_of(*outline), available, centre_x, centre_y) < least_share)
    throw InputError(given.width > 0 ? "The cage of 'Cage/Width' and 'Cage/Depth'" : "The cage of 'Cage/Family'",
                     millimetres(2 * outline->half_extent(0)) + " x " + millimetres(2 * outline->half_extent(1)) +
                         " mm",
                     "more than a tenth of it lies outside the disc space (overlap of the endplates " +
                         millimetres(endplates.width()) + " x " + millimetres(endplates.depth()) +
                         " mm, less the rim margin of " + millimetres(given.rim_margin) + " mm)",
                     "use a smaller size, or correct 'Cage/Offset anterior', 'Cage/Offset right' and 'Cage/Rotation'");
  return footprint;
}

Cage::Mask Cage::columns_within(const inputs::TriangleSurface &surface, Mask *nodes) const
{
  inputs::ImageGrid grid;
  grid.size = {{n_x, n_y, n_z}};
  for (unsigned int d = 0; d < 3; ++d)
    grid.index_to_world.linear[d][d] = step;
  grid.index_to_world.offset = {x_begin, y_begin, z_begin};
  const auto held = inputs::voxels_inside(surface, grid);
  const std::size_t n = std::size_t(n_x) * n_y;
  if (double(held.n_doubtful) > most_doubtful * double(held.voxels.size() + held.n_beyond))
    throw InputError("The surface '" + surface.name() + "'",
                     millimetres(step * step * step * double(held.n_doubtful)) + " mm^3",
                     "over more than 1 % of its volume it crosses itself or is inside out",
                     "repair it, so that it bounds one volume");
  Mask columns(n, 0);
  for (const auto voxel : held.voxels) {
    columns[voxel % n] = 1;
    if (nodes)
      (*nodes)[voxel] = 1;
  }
  return columns;
}

Cage::Mask Cage::footprint_of_surface(const inputs::TriangleSurface &envelope, const Mask &available)
{
  const auto box = envelope.box();
  z_begin = box[0][2] - step;
  n_z = static_cast<int>(std::ceil((box[1][2] - box[0][2]) / step)) + 3;
  const std::size_t n = available.size();
  inside.assign(n * n_z, 0);
  const auto columns = columns_within(envelope, &inside);
  const auto volume_of = [](const std::size_t nodes) { return step * step * step * double(nodes); };
  std::size_t n_all = 0, n_between = 0, n_beside = 0, n_columns = 0, n_available = 0;
  double space = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!columns[i])
      continue;
    const double x = node(i)[0], y = node(i)[1];
    const bool faces_both = endplates.covers(x, y);
    const double low = faces_both ? endplates.lower(x, y) : 0, high = faces_both ? endplates.upper(x, y) : 0;
    ++n_columns;
    n_available += available[i];
    space += step * step * (high - low);
    for (int k = 0; k < n_z; ++k)
      if (inside[i + n * k]) {
        const double z = z_begin + step * k;
        ++n_all;
        n_beside += !faces_both;
        n_between += faces_both && z >= low && z <= high;
      }
  }
  if (n_all == 0 ||
      volume_of(n_between) < .5 * (given.faces == "own" ? volume_of(n_all) : std::min(space, volume_of(n_all))))
    throw InputError("'Cage/Envelope file'", "'" + envelope.name() + "'",
                     "of its " + millimetres(volume_of(n_all)) + " mm^3 only " + millimetres(volume_of(n_between)) +
                         " lie in the disc space, " + millimetres(volume_of(n_all - n_between - n_beside)) +
                         " above or below it in the bodies and " + millimetres(volume_of(n_beside)) + " beside it",
                     "check 'Cage/Envelope axes', the offsets, and that it is of this level");
  Mask footprint = columns;
  if (given.faces != "own") {
    if (double(n_available) < least_share * double(n_columns))
      throw InputError("'Cage/Envelope file'", "'" + envelope.name() + "'",
                       "more than a tenth of its outline lies outside the disc space (overlap of the endplates " +
                           millimetres(endplates.width()) + " x " + millimetres(endplates.depth()) +
                           " mm, less the rim margin of " + millimetres(given.rim_margin) + " mm)",
                       "use a smaller one, correct the offsets, or use 'Cage/Faces = own'");
    for (std::size_t i = 0; i < n; ++i)
      footprint[i] = columns[i] && available[i];
    inside.clear();
  } else
    find_column_ends(columns);
  double sums[3] = {0, 0, 0};
  for (std::size_t i = 0; i < n; ++i)
    if (footprint[i]) {
      sums[0] += 1;
      sums[1] += node(i)[0];
      sums[2] += node(i)[1];
    }
  centre_x = sums[1] / std::max(1., sums[0]);
  centre_y = sums[2] / std::max(1., sums[0]);
  return footprint;
}

void Cage::find_column_ends(const Mask &columns)
{
  const std::size_t n = columns.size();
  for (auto &ends : column_ends)
    ends.assign(n, 0.f);
  for (std::size_t i = 0; i < n; ++i) {
    if (!columns[i])
      continue;
    int first = 0, last = n_z - 1;
    while (!inside[i + n * first])
      ++first;
    while (!inside[i + n * last])
      --last;
    column_ends[0][i] = static_cast<float>(z_begin + step * (first - .5));
    column_ends[1][i] = static_cast<float>(z_begin + step * (last + .5));
  }
  // Between the nodes the footprint may reach a little beyond its own.
  for (std::size_t i = n_x + 1; i + n_x + 1 < n; ++i)
    for (const int beside : {1, -1, n_x, -n_x, n_x + 1, n_x - 1, 1 - n_x, -1 - n_x})
      if (!columns[i] && columns[i + beside])
        for (auto &ends : column_ends)
          ends[i] = ends[i + beside];
}

void Cage::measure_footprint(const Mask &footprint)
{
  double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
  for (std::size_t i = 0; i < footprint.size(); ++i)
    if (footprint[i]) {
      area += step * step;
      const auto at = local(node(i)[0], node(i)[1]);
      for (int d = 0; d < 2; ++d) {
        low[d] = std::min(low[d], at[d]);
        high[d] = std::max(high[d], at[d]);
      }
    }
  if (!(area > 50.))
    throw InputError("The cage's footprint", millimetres(area) + " mm^2",
                     "at least 50 mm^2 must lie between the endplates",
                     "check 'Cage/Offset anterior', 'Cage/Offset right' and 'Cage/Rim margin'");
  for (int d = 0; d < 2; ++d)
    extent[d] = high[d] - low[d] + step;
  edge_distance = distance_from_edge(footprint);
}

void Cage::choose_faces(const Mask &footprint)
{
  if (given.faces == "flat") {
    double n = 0, middle = 0, space = 0, along = 0;
    for (std::size_t i = 0; i < footprint.size(); ++i)
      if (footprint[i]) {
        const double x = node(i)[0], y = node(i)[1];
        n += 1;
        middle += .5 * (endplates.lower(x, y) + endplates.upper(x, y));
        space += endplates.upper(x, y) - endplates.lower(x, y);
        along += local(x, y)[1];
      }
    middle_height = middle / n;
    pivot = along / n;
    slope = std::tan(.5 * given.lordosis * degree);
    if (given.height == 0)
      given.height = space / n;
  }
  double least = 1e30, between = 0;
  for (std::size_t i = 0; i < footprint.size(); ++i)
    if (footprint[i]) {
      const double x = node(i)[0], y = node(i)[1];
      least = std::min(least, upper(x, y) - lower(x, y));
      volume += step * step * (upper(x, y) - lower(x, y));
      between +=
          step * step *
          std::max(0., std::min(upper(x, y), endplates.upper(x, y)) - std::max(lower(x, y), endplates.lower(x, y)));
    }
  if (given.faces == "own") {
    volume = step * step * step * double(std::count(inside.begin(), inside.end(), 1));
    return;
  }
  if (given.faces == "flat" && least < least_height)
    throw InputError("'Cage/Height' and 'Cage/Lordosis'",
                     millimetres(given.height) + " mm and " + millimetres(given.lordosis) + " degrees",
                     "the cage would be " + millimetres(least) + " mm high at its lowest edge, and " +
                         millimetres(least_height) + " mm are the least",
                     "use a higher cage, or a smaller angle");
  if (given.faces == "flat" && between < .5 * volume)
    throw InputError("The cage's envelope", millimetres(volume) + " mm^3",
                     "only " + millimetres(between) + " mm^3 of it lie in the disc space, the rest in the bodies",
                     "lower 'Cage/Height', or use conforming faces");
}

std::size_t Cage::nearest_node(const double x, const double y) const
{
  const auto at = [](const double value, const double begin, const int n) {
    return static_cast<std::size_t>(std::clamp(std::lround((value - begin) / step), 0L, n - 1L));
  };
  return at(x, x_begin, n_x) + n_x * at(y, y_begin, n_y);
}

double Cage::face(const int side, const double x, const double y) const
{
  if (given.faces == "own")
    return column_ends[side][nearest_node(x, y)];
  if (given.faces != "flat")
    return side == 0 ? endplates.lower(x, y) : endplates.upper(x, y);
  const double half = .5 * given.height + slope * (local(x, y)[1] - pivot);
  return side == 0 ? middle_height - half : middle_height + half;
}

void Cage::choose_window(const CageSurfaces &envelope)
{
  if (!envelope.window) {
    choose_window_by_share();
  } else {
    window_columns = columns_within(*envelope.window, nullptr);
    for (std::size_t i = 0; i < window_columns.size(); ++i) {
      window_columns[i] = window_columns[i] && edge_distance[i] > 0;
      if (window_columns[i]) {
        area_of_window += step * step;
        window_distance = std::min<double>(window_distance, edge_distance[i]);
      }
    }
    if (area_of_window == 0)
      throw InputError("'Cage/Window file'", "'" + envelope.window->name() + "'",
                       "it lies nowhere over the cage's footprint", "check that both surfaces have the same axes");
  }
  if (area_of_window == 0)
    return;
  if ((given.family == "alif" || given.family == "surface") && given.inserter_width > 0 &&
      window_distance < given.inserter_depth)
    throw InputError("'Cage/Inserter depth'", millimetres(given.inserter_depth) + " mm",
                     "the graft window leaves a wall of " + millimetres(window_distance) + " mm for it",
                     "make the block shallower, or 'Cage/Window share' smaller");
  if (window_distance < given.frame_thickness)
    throw InputError("'Cage/Window share'", std::to_string(given.window_share),
                     "it leaves a wall of " + millimetres(window_distance) +
                         " mm, thinner than 'Cage/Frame thickness', " + millimetres(given.frame_thickness) + " mm",
                     "make the window smaller, or the frame thinner");
}

void Cage::choose_window_by_share()
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
}

void Cage::place_struts()
{
  if (given.struts == 0)
    return;
  const bool has_window = window_distance < 1e29;
  if (has_window && given.strut_diameter > window_distance)
    throw InputError("'Cage/Strut diameter'", millimetres(given.strut_diameter) + " mm",
                     "the graft window leaves a wall of " + millimetres(window_distance) + " mm for them",
                     "make the struts thinner, or 'Cage/Window share' smaller");
  strut_path = has_window ? .5 * window_distance : given.strut_diameter;
  for (const auto &contour : level_contours(edge_distance, n_x, n_y, strut_path)) {
    if (signed_area(contour) < 0)
      continue; // around a hole
    const double all = length(contour), spacing = all / given.struts;
    if (step * spacing < given.strut_diameter)
      throw InputError("'Cage/Struts'", std::to_string(given.struts),
                       "the wall of " + millimetres(step * all) + " mm length has no place for them",
                       "use fewer or thinner ones");
    // Half a spacing to either side of the middle of the front, so that they lie as symmetrically as the wall.
    Contour turned; // in the outline's axes
    double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
    for (const auto &corner : contour) {
      const auto at = local(x_begin + step * corner[0], y_begin + step * corner[1]);
      turned.push_back({{at[0], at[1]}});
      for (int d = 0; d < 2; ++d) {
        low[d] = std::min(low[d], at[d]);
        high[d] = std::max(high[d], at[d]);
      }
    }
    std::size_t front = 0;
    double from_middle = 1e30;
    for (std::size_t i = 0; i < turned.size(); ++i)
      if (const double off = std::abs(turned[i][0] - .5 * (low[0] + high[0]));
          turned[i][1] > .5 * (low[1] + high[1]) && off < from_middle) {
        from_middle = off;
        front = i;
      }
    auto from_front = contour;
    std::rotate(from_front.begin(), from_front.begin() + static_cast<std::ptrdiff_t>(front), from_front.end());
    for (unsigned int k = 0; k < given.struts; ++k) {
      const auto at = point_along(from_front, (k + .5) * spacing);
      strut_axes.push_back({{x_begin + step * at[0], y_begin + step * at[1]}});
    }
  }
}

bool Cage::in_inserter_zone(const inputs::Point &point) const
{
  const auto at = local(point[0], point[1]);
  return given.inserter_width > 0 && outline &&
         outline->in_inserter_zone(at[0], at[1], given.inserter_width, given.inserter_depth);
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
  const double margin = given.faces == "conforming" ? slack : 0.; // other faces leave gaps as they are
  if (!(z >= lower(x, y) - margin && z <= upper(x, y) + margin))
    return CagePart::none;
  if (!inside.empty()) {
    const int k = std::clamp(static_cast<int>(std::lround((z - z_begin) / step)), 0, n_z - 1);
    if (!inside[nearest_node(x, y) + std::size_t(n_x) * n_y * k])
      return CagePart::none;
  }
  if (in_window(point, distance))
    return CagePart::window;
  return in_solid_part(point, distance) ? CagePart::frame : CagePart::design;
}

bool Cage::in_window(const inputs::Point &point, const double distance) const
{
  return window_columns.empty() ? distance >= window_distance && !in_inserter_zone(point)
                                : window_columns[nearest_node(point[0], point[1])] != 0;
}

bool Cage::in_solid_part(const inputs::Point &point, const double distance) const
{
  const double x = point[0], y = point[1], height = upper(x, y) - lower(x, y);
  const double off_middle = std::abs(point[2] - .5 * (lower(x, y) + upper(x, y)));
  const auto reaches = [&](const double share) { return off_middle <= .5 * share * height; };
  if (reaches(given.frame_height_share)) {
    if (distance <= given.frame_thickness && given.frame_thickness > 0)
      return true;
    if (in_inserter_zone(point))
      return true;
    const auto at = local(x, y);
    if ((given.family == "alif" || given.family == "surface") && given.inserter_width > 0 && at[1] > 0 &&
        std::abs(at[0]) <= .5 * given.inserter_width && distance <= given.inserter_depth)
      return true;
  }
  const double radius = .5 * given.strut_diameter;
  // Slack in the gap beside the endplate belongs to a bridging strut too.
  return !strut_axes.empty() && std::abs(distance - strut_path) <= radius + step &&
         (given.strut_height_share == 1. || reaches(given.strut_height_share)) &&
         std::any_of(strut_axes.begin(), strut_axes.end(),
                     [&](const std::array<double, 2> &axis) { return std::hypot(x - axis[0], y - axis[1]) <= radius; });
}

} // namespace cageopt::meshing
