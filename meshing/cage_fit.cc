#include <meshing/cage_fit.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace cageopt::meshing {

using namespace inputs;

namespace {

constexpr double column_spacing = .25; // mm

/// Where `is_bone` first holds on the way from `begin` to `end`, by steps and bisection; nothing if it never does.
template <typename Predicate>
std::optional<double> first_bone(const double begin, const double end, const double step, const Predicate &is_bone)
{
  const double direction = end > begin ? 1. : -1.;
  double before = begin;
  for (double z = begin; direction * (end - z) >= 0; before = z, z += direction * step) {
    if (!is_bone(z))
      continue;
    double inside = z, outside = before;
    for (int iteration = 0; iteration < 16; ++iteration) {
      const double middle = .5 * (inside + outside);
      (is_bone(middle) ? inside : outside) = middle;
    }
    return inside;
  }
  return std::nullopt;
}

void add_column(CageFit::Face &face, const std::optional<double> gap)
{
  constexpr double area = column_spacing * column_spacing;
  if (!gap) {
    face.open_area += area;
    return;
  }
  face.gap_volume += area * std::max(0., *gap);
  face.overlap_volume += area * std::max(0., -*gap);
  face.largest_gap = std::max(face.largest_gap, *gap);
  face.largest_overlap = std::max(face.largest_overlap, -*gap);
}

} // namespace

CageFit::CageFit(const Cage &cage, const EndplateSurfaces &surfaces, const Patient &patient,
                 const Affine &design_to_world)
{
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * design_to_world;
  const auto spacing = patient.labels.grid.spacing();
  const double step = std::min(.2, .5 * std::min({spacing[0], spacing[1], spacing[2]}));
  const int reach_x = static_cast<int>(std::ceil(surfaces.width() / column_spacing));
  const int reach_y = static_cast<int>(std::ceil(surfaces.depth() / column_spacing));
  smallest_height = 1e30;
  // Of the hindmost and the foremost row, in its column nearest to the middle.
  const auto from_middle = [&](const double x) { return std::abs(x - cage.centre()[0]); };
  int first_row = reach_y + 1, last_row = -reach_y - 1;
  double first_off = 0, last_off = 0;
  for (int j = -reach_y; j <= reach_y; ++j)
    for (int i = -reach_x; i <= reach_x; ++i) {
      const double x = surfaces.centroid_x() + i * column_spacing, y = surfaces.centroid_y() + j * column_spacing;
      if (!surfaces.covers(x, y) || !cage.covers(x, y))
        continue;
      const double lower = cage.lower(x, y), upper = cage.upper(x, y), middle = .5 * (lower + upper);
      const auto is = [&](const std::uint16_t label) {
        return [&, label](const double z) { return nearest(patient.labels, design_to_index({x, y, z})) == label; };
      };
      auto begins = first_bone(middle, lower - reach, step, is(patient.level.caudal));
      add_column(caudal, begins ? std::optional<double>(lower - *begins) : std::nullopt);
      begins = first_bone(middle, upper + reach, step, is(patient.level.cranial));
      add_column(cranial, begins ? std::optional<double>(*begins - upper) : std::nullopt);
      smallest_height = std::min(smallest_height, upper - lower);
      largest_height = std::max(largest_height, upper - lower);
      if (j < first_row || (j == first_row && from_middle(x) < first_off)) {
        first_row = j;
        first_off = from_middle(x);
        posterior_height = upper - lower;
      }
      if (j > last_row || (j == last_row && from_middle(x) < last_off)) {
        last_row = j;
        last_off = from_middle(x);
        anterior_height = upper - lower;
      }
    }
}

} // namespace cageopt::meshing
