#include <inputs/bone_densities.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <inputs/distance_transform.h>
#include <inputs/formatted.h>

namespace cageopt::inputs {

namespace {

constexpr double class_limits[2] = {80, 120}; // mg/cm3

double largest_spacing(const ImageGrid &grid)
{
  const Point spacing = grid.spacing();
  return std::max({spacing[0], spacing[1], spacing[2]});
}

/// The part of a label map around one label, with a layer of voxels around it.
struct Crop
{
  std::array<int, 3> low{{1 << 30, 1 << 30, 1 << 30}}, high{{-1, -1, -1}}, size{};

  void include(const std::array<int, 3> &index)
  {
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], index[axis]);
      high[axis] = std::max(high[axis], index[axis]);
    }
  }
  void grow(const int n, const std::array<int, 3> &image_size)
  {
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::max(0, low[axis] - n);
      high[axis] = std::min(image_size[axis] - 1, high[axis] + n);
      size[axis] = high[axis] - low[axis] + 1;
    }
  }
  /// action(position in the crop, voxel of the image)
  template <typename Action>
  void for_each(const ImageGrid &grid, const Action &action) const
  {
    std::size_t at = 0;
    for (int k = low[2]; k <= high[2]; ++k)
      for (int j = low[1]; j <= high[1]; ++j)
        for (int i = low[0]; i <= high[0]; ++i, ++at)
          action(at, i + std::size_t(grid.size[0]) * (std::size_t(j) + std::size_t(grid.size[1]) * std::size_t(k)));
  }
  std::size_t n() const { return std::size_t(size[0]) * std::size_t(size[1]) * std::size_t(size[2]); }
};

Crop crop_around(const Image<std::uint16_t> &labels, const std::uint16_t label)
{
  Crop crop;
  std::size_t voxel = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel)
        if (labels.values[voxel] == label)
          crop.include({{i, j, k}});
  return crop;
}

/// Mean and deviation of what is put in.
class Statistics
{
public:
  void add(const double value)
  {
    ++n;
    sum += value;
    squares += value * value;
  }
  RegionDensity result() const
  {
    if (n == 0)
      return {};
    const double mean = sum / double(n);
    return {n, mean, std::sqrt(std::max(0., squares / double(n) - mean * mean))};
  }

private:
  std::size_t n = 0;
  double sum = 0, squares = 0;
};

} // namespace

BoneDensities::BoneDensities(const Patient &patient)
    : measure_type(patient.density_measure()), depth(std::max(4.5, 2 * largest_spacing(patient.labels.grid))),
      layer(std::max(1.25, largest_spacing(patient.labels.grid)))
{
  const std::set<std::uint16_t> present(patient.labels.values.begin(), patient.labels.values.end());
  const LevelLabels &level = patient.level;
  const auto add = [&](const std::string &name, const std::uint16_t label, const std::uint16_t above,
                       const std::uint16_t below) {
    measured.push_back({});
    measured.back().name = name;
    measured.back().label = label;
    counts.emplace_back(n_bins, 0);
    measure(patient, measured.back(), above, below);
  };
  const std::string slash_name = level.name;
  const auto slash = slash_name.find('/');
  if (vertebra_name(level.cranial) != slash_name.substr(0, slash) || level.disc != 200 + level.cranial) {
    add(slash_name.substr(0, slash), level.cranial, 0, level.disc);
    add(slash_name.substr(slash + 1), level.caudal, level.disc, 0);
    return;
  }
  std::uint16_t above = 0;
  for (const std::uint16_t label : present)
    if (const std::string name = vertebra_name(label); !name.empty()) {
      add(name, label, above, 200 + label);
      above = 200 + label;
    }
}

void BoneDensities::measure(const Patient &patient, BodyDensities &body, const std::uint16_t disc_above,
                            const std::uint16_t disc_below)
{
  const auto &labels = patient.labels;
  const auto &grid = labels.grid;
  const Point spacing = grid.spacing();
  const double voxel_volume = std::abs(grid.index_to_world.determinant());
  Crop crop = crop_around(labels, body.label);
  for (int axis = 0; axis < 3; ++axis)
    body.is_cut = body.is_cut || crop.low[axis] == 0 || crop.high[axis] == grid.size[axis] - 1;
  crop.grow(1 + static_cast<int>(std::ceil(layer / std::min({spacing[0], spacing[1], spacing[2]}))), grid.size);

  const auto distance_to = [&](const auto &is_marked) {
    std::vector<std::uint8_t> marked(crop.n());
    crop.for_each(grid,
                  [&](const std::size_t at, const std::size_t voxel) { marked[at] = is_marked(labels.values[voxel]); });
    return distance_transform(crop.size, marked, spacing);
  };
  const auto from_surface = distance_to([&](const std::uint16_t label) { return label != body.label; });
  const auto from_above = distance_to([&](const std::uint16_t label) { return label != 0 && label == disc_above; });
  const auto from_below = distance_to([&](const std::uint16_t label) { return label != 0 && label == disc_below; });
  // A label ends half a voxel beyond the centre of its last one.
  const double half = .5 * std::cbrt(voxel_volume), rounding = 1e-3;
  Statistics trabecular, integral, above, below;
  auto &histogram = counts.back();
  crop.for_each(grid, [&](const std::size_t at, const std::size_t voxel) {
    if (labels.values[voxel] != body.label)
      return;
    const double bmd = patient.bmd.values[voxel];
    integral.add(bmd);
    if (from_surface[at] > depth + rounding)
      trabecular.add(bmd);
    if (from_above[at] <= layer + half + rounding)
      above.add(bmd);
    if (from_below[at] <= layer + half + rounding)
      below.add(bmd);
    body.n_outside_law += !patient.in_law_range(static_cast<float>(bmd));
    const double bin = std::floor((patient.calibration.image_value(bmd) - lowest_bin) / bin_width);
    ++histogram[static_cast<std::size_t>(std::clamp(bin, 0., double(n_bins - 1)))];
  });
  body.trabecular = trabecular.result();
  body.integral = integral.result();
  body.cranial_endplate = above.result();
  body.caudal_endplate = below.result();
  body.volume = double(body.integral.n_voxels) * voxel_volume;
}

std::string BoneDensities::density_class() const
{
  if (measure_type != DensityMeasure::k2hpo4)
    return "none: the classes are of K2HPO4 densities, not of " + name_of(measure_type);
  std::vector<const BodyDensities *> used;
  for (const char *name : {"L1", "L2", "L3", "L4", "L5"})
    for (const BodyDensities &body : measured)
      if (body.name == name && !body.is_cut && body.trabecular.n_voxels > 0 && used.size() < 2)
        used.push_back(&body);
  if (used.size() < 2)
    return "none: it takes two whole lumbar vertebrae, and " + std::to_string(used.size()) +
           (used.size() == 1 ? " is" : " are") + " in the image";
  const double mean = .5 * (used[0]->trabecular.mean + used[1]->trabecular.mean);
  const char *name = mean > class_limits[1]    ? "normal (above 120 mg/cm3)"
                     : mean >= class_limits[0] ? "low (80 to 120 mg/cm3)"
                                               : "osteoporosis (below 80 mg/cm3)";
  return std::string(name) + formatted(": %.1f mg/cm3, mean of ", mean) + used[0]->name + " and " + used[1]->name;
}

} // namespace cageopt::inputs
