#include <inputs/seeded_segmentation.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include <inputs/body_surface.h>
#include <inputs/disc_between.h>
#include <inputs/distance_transform.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/voxel_filters.h>
#include <inputs/voxels_inside.h>

namespace cageopt::inputs {

namespace {

constexpr double around = 55., behind = 85.;                 // mm of image beside the seeds
constexpr double working_voxel = 1.;                         // mm; finer ones are joined as far as they fit in it
constexpr double seed_radius = 4.;                           // mm
constexpr double darkest_seed = -30., brightest_seed = 700.; // HU
constexpr double least_support = .75, usual_support = .9;
constexpr double largest_ratio = 2., largest_overlap = .05;
constexpr double near_border = 20.;     // mm
constexpr double posterior_bone = 150.; // HU, smoothed
constexpr double closing_radius = 2.5;  // mm
// Where the posterior elements of a vertebra are: half the width (transverse processes differ in length), and, in
// distances of vertebrae, how far up and down. Laminae and spinous process hang, so the upper end falls with the
// distance behind the posterior wall, from a height that is less in the middle, between the articular processes.
constexpr double half_width = 45., depth = 60., half_middle = 10.; // mm
// Up to so far behind the wall only pedicles are taken, not rims and what lies behind the disc.
constexpr double behind_wall = 3. /* mm */, pedicle_share = .8; // of the body's half height
constexpr double reach_up = .55, reach_down = .95, top_beside = .75, top_in_middle = .5, hang = .5;

const char *const accuracy =
    "Labels are semi-automatic, found from seeds, and must be LOOKED AT before use: 'cageopt segment' writes them, and "
    "a corrected map can be given as 'Label file'. On two lumbar CTs (1.5 and 3 mm) with given labels, bodies with a "
    "seed above and below had a Dice coefficient of 0.93 to 0.96 and a mean surface distance of 0.5 to 1.0 mm (lumbar "
    "discs 0.80 to 0.92, posterior elements 0.64 to 0.78), and the target modulus differed by up to 12 %. At the end "
    "of "
    "the row or cut by the image, with seeds 4 mm off, bodies fell to 0.7.";

std::string named(const Seed &seed)
{
  const std::string name = vertebra_name(seed.label);
  return (name.empty() ? "" : name + " ") + "(label " + std::to_string(seed.label) + ")";
}

std::string coordinates(const Point &place)
{
  return formatted("(%.1f, ", place[0]) + formatted("%.1f, ", place[1]) + formatted("%.1f) mm RAS", place[2]);
}

double margin(const ImageGrid &grid, const Point &place)
{
  const Point index = grid.index_to_world.inverse()(place), spacing = grid.spacing();
  double least = 1e30;
  for (int axis = 0; axis < 3; ++axis)
    least = std::min({least, (index[axis] + .5) * spacing[axis], (grid.size[axis] - .5 - index[axis]) * spacing[axis]});
  return least;
}

/// The part of the image around the seeds, blocks of fine voxels averaged.
Image<float> part_around(const Image<float> &image, const std::vector<Seed> &seeds)
{
  const Affine to_index = image.grid.index_to_world.inverse();
  const Point spacing = image.grid.spacing();
  std::array<int, 3> low{}, factor{};
  Image<float> part;
  part.grid.index_to_world = image.grid.index_to_world;
  Point first{};
  for (int axis = 0; axis < 3; ++axis) {
    double least = 1e30, most = -1e30;
    for (const Seed &seed : seeds)
      for (int corner = 0; corner < 8; ++corner) {
        const Point offset = {corner & 1 ? around : -around, corner & 2 ? around : -behind,
                              corner & 4 ? around : -around};
        const double index = to_index(seed.place + offset)[axis];
        least = std::min(least, index);
        most = std::max(most, index);
      }
    const int size = image.grid.size[axis];
    factor[axis] = std::max(1, std::min(size, static_cast<int>(working_voxel / spacing[axis] + 1e-6)));
    low[axis] = static_cast<int>(std::clamp(std::floor(least), 0., size - 1.));
    const int high = static_cast<int>(std::clamp(std::ceil(most), 0., size - 1.));
    low[axis] = std::min(low[axis], std::max(0, high + 1 - factor[axis]));
    part.grid.size[axis] = std::max(1, (high + 1 - low[axis]) / factor[axis]);
    first[axis] = low[axis] + .5 * (factor[axis] - 1);
    for (int row = 0; row < 3; ++row)
      part.grid.index_to_world.linear[row][axis] *= factor[axis];
  }
  part.grid.index_to_world.offset = image.grid.index_to_world(first);
  const auto &n = part.grid.size;
  part.values.reserve(part.grid.n_voxels());
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j)
      for (int i = 0; i < n[0]; ++i) {
        double sum = 0;
        for (int c = 0; c < factor[2]; ++c)
          for (int b = 0; b < factor[1]; ++b)
            for (int a = 0; a < factor[0]; ++a)
              sum += image(low[0] + i * factor[0] + a, low[1] + j * factor[1] + b, low[2] + k * factor[2] + c);
        part.values.push_back(static_cast<float>(sum / (double(factor[0]) * factor[1] * factor[2])));
      }
  return part;
}

class Segmentation
{
public:
  Segmentation(const Image<float> &hounsfield, const std::vector<Seed> &seeds, const LevelLabels &level)
      : image(hounsfield), seeds(seeds), level(level), bodies(seeds.size()), volume(seeds.size(), 0.)
  {
  }

  SeededSegmentation build()
  {
    for (const Seed &seed : seeds)
      if (margin(image.grid, seed.place) < 0)
        throw InputError("The seed of " + named(seed), "outside the image at " + coordinates(seed.place),
                         "the image holds (" + coordinates(image.grid.index_to_world({0, 0, 0})) + ") to (" +
                             coordinates(image.grid.index_to_world(
                                 {image.grid.size[0] - 1., image.grid.size[1] - 1., image.grid.size[2] - 1.})) +
                             ")",
                         "check the coordinates, in mm, and 'Patient/Seed axes'");
    bone = part_around(image, seeds);
    if (!std::all_of(bone.values.begin(), bone.values.end(), [](const float value) { return std::isfinite(value); }))
      throw InputError("The image", "NaN or infinite in voxels around the seeds", "every voxel needs a finite number",
                       "fill them, with air (-1000 HU) where nothing was scanned");
    for (const Seed &seed : seeds)
      check_tissue(seed);
    const Point spacing = bone.grid.spacing();
    bone = smoothed(bone, {BodySurface::smoothing / spacing[0], BodySurface::smoothing / spacing[1],
                           BodySurface::smoothing / spacing[2]});
    for (float &value : bone.values)
      value = std::clamp(value, BodySurface::lowest_value, BodySurface::highest_value);
    result.warnings.emplace_back(accuracy);
    find_bodies();
    check_volumes();
    result.labels = {image.grid, std::vector<std::uint16_t>(image.grid.n_voxels(), 0)};
    raster_bodies();
    add_posterior_elements();
    add_discs();
    return std::move(result);
  }

private:
  void check_tissue(const Seed &seed) const
  {
    const Affine to_index = bone.grid.index_to_world.inverse();
    double sum = 0, n = 0;
    for (double z = -seed_radius; z <= seed_radius; z += 1)
      for (double y = -seed_radius; y <= seed_radius; y += 1)
        for (double x = -seed_radius; x <= seed_radius; x += 1)
          if (x * x + y * y + z * z <= seed_radius * seed_radius) {
            sum += interpolate(bone, to_index(seed.place + Point{x, y, z}));
            n += 1;
          }
    const double mean = sum / n;
    if (mean < darkest_seed || mean > brightest_seed)
      throw InputError(
          "The seed of " + named(seed), formatted("in tissue of %.0f HU", mean) + " at " + coordinates(seed.place),
          formatted("the inside of a vertebral body has %.0f to ", darkest_seed) +
              formatted("%.0f HU in the mean of 4 mm around: this is ", brightest_seed) +
              (mean < darkest_seed ? "fat, gas or air" : "dense bone, cement or metal"),
          "move the seed to the middle of the body, check 'Patient/Seed axes', and that the image is in HU");
  }

  /// Of those above and below.
  std::vector<std::size_t> neighbours(const std::size_t i) const
  {
    std::vector<std::size_t> found;
    if (i > 0)
      found.push_back(i - 1);
    if (i + 1 < seeds.size())
      found.push_back(i + 1);
    return found;
  }

  void find_bodies()
  {
    std::vector<std::size_t> order(seeds.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    const auto rank = [&](const std::size_t i) {
      const bool is_whole = margin(image.grid, seeds[i].place) >= near_border;
      return (is_whole ? 0 : 2) + (neighbours(i).size() == 2 ? 0 : 1);
    };
    std::stable_sort(order.begin(), order.end(), [&](const auto a, const auto b) { return rank(a) < rank(b); });
    Image<float> taken{bone.grid, std::vector<float>(bone.values.size(), 1e6f)};
    std::vector<std::uint8_t> mask(bone.values.size(), 0);
    for (const std::size_t i : order) {
      BodySeed seed;
      seed.place = seeds[i].place;
      const auto beside = neighbours(i);
      seed.cranial =
          seeds[beside.front() < i ? beside.front() : i].place - seeds[beside.back() > i ? beside.back() : i].place;
      double nearest_body = 1e30;
      for (const std::size_t other : beside) {
        seed.spacing += norm(seeds[other].place - seed.place) / double(beside.size());
        seed.neighbours.push_back(seeds[other].place);
      }
      for (std::size_t other = 0; other < seeds.size(); ++other)
        if (const double distance = norm(seeds[other].place - seed.place); bodies[other] && distance < nearest_body) {
          nearest_body = distance;
          seed.extents = bodies[other]->extents();
        }
      bodies[i].emplace(bone, taken, seed);
      check_support(i);
      const TriangleSurface surface = bodies[i]->surface();
      volume[i] = surface.volume();
      for (const std::size_t voxel : voxels_inside(surface, bone.grid).voxels)
        mask[voxel] = 1;
      taken.values = distance_transform(bone.grid.size, mask, bone.grid.spacing());
    }
  }

  void check_support(const std::size_t i)
  {
    const double share = bodies[i]->supported_share();
    const std::string text = formatted("%.0f %%", 100 * share);
    if (share < least_support)
      throw InputError("The body of " + named(seeds[i]), "not found",
                       "only " + text + " of the surface found from its seed lie on an edge of bone, and " +
                           formatted("%.0f %% are needed", 100 * least_support),
                       "move the seed to the middle of the body, add seeds of the vertebrae above and below, or label "
                       "the vertebrae by hand");
    if (share < usual_support)
      result.warnings.push_back(
          "The body of " + named(seeds[i]) + " is doubtful: " + text +
          " of its surface lie on an edge of bone, usual are more than 90 %. Look at it, move its "
          "seed, or add seeds of the vertebrae beside it.");
  }

  /// Whether the image holds all of the body.
  bool is_whole(const std::size_t i) const
  {
    const TriangleSurface surface = bodies[i]->surface();
    return std::all_of(surface.points().begin(), surface.points().end(),
                       [&](const Point &point) { return margin(image.grid, point) >= 0; });
  }

  void check_volumes() const
  {
    for (std::size_t i = 0; i + 1 < seeds.size(); ++i) {
      if (!is_whole(i) || !is_whole(i + 1))
        continue;
      const double ratio = volume[i] / volume[i + 1];
      if (ratio > largest_ratio || ratio < 1 / largest_ratio)
        throw InputError("The body of " + named(seeds[ratio > 1 ? i : i + 1]),
                         formatted("%.1f times as large as that of ", std::max(ratio, 1 / ratio)) +
                             named(seeds[ratio > 1 ? i + 1 : i]) + formatted(" (%.1f cm3 and ", volume[i] / 1000) +
                             formatted("%.1f cm3)", volume[i + 1] / 1000),
                         "neighbouring vertebrae are nearly as large: one of the surfaces has leaked or stopped inside",
                         "move the seeds to the middle of the bodies, add seeds of the vertebrae above and below, or "
                         "label the vertebrae by hand");
    }
  }

  void raster_bodies()
  {
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      const auto inside = voxels_inside(bodies[i]->surface(), image.grid).voxels;
      std::size_t n_taken = 0;
      for (const std::size_t voxel : inside)
        if (result.labels.values[voxel] == 0)
          result.labels.values[voxel] = seeds[i].label;
        else
          ++n_taken;
      if (double(n_taken) > largest_overlap * double(inside.size()))
        throw InputError(
            "The body of " + named(seeds[i]),
            formatted("in another one with %.0f %% of its volume", 100. * double(n_taken) / double(inside.size())),
            "two bodies do not overlap", "move the seeds to the middle of the bodies");
    }
  }

  bool has_default_numbers() const
  {
    return level.disc == level.cranial + 200 && level.cranial_posterior == level.cranial + 100 &&
           level.caudal_posterior == level.caudal + 100;
  }

  /// 0: none.
  std::uint16_t posterior_label(const std::uint16_t body) const
  {
    if (vertebra_name(body) == "S1" && has_default_numbers())
      return 0;
    if (body == level.cranial)
      return level.cranial_posterior;
    if (body == level.caudal)
      return level.name.substr(level.name.find('/') + 1) == "S1" ? 0 : level.caudal_posterior;
    return has_default_numbers() ? body + 100 : 0;
  }

  /// Grows from all bodies at once, one layer of voxels after the other, through the bone behind them.
  void add_posterior_elements()
  {
    const auto &size = bone.grid.size;
    std::vector<std::uint16_t> owner(bone.values.size(), 0); // number of the seed + 1
    std::vector<std::array<int, 3>> front;
    std::vector<Affine> to_body;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      to_body.push_back(bodies[i]->frame().inverse());
      for (const std::size_t voxel : voxels_inside(bodies[i]->surface(), bone.grid).voxels) {
        owner[voxel] = static_cast<std::uint16_t>(i + 1);
        const auto row = static_cast<std::size_t>(size[0]), slice = row * size[1];
        front.push_back({{int(voxel % row), int(voxel % slice / row), int(voxel / slice)}});
      }
    }
    const std::vector<std::uint16_t> body_of = owner;
    for (std::size_t next = 0; next < front.size(); ++next) {
      const auto at = front[next];
      const std::uint16_t number = owner[place(at)];
      for (int axis = 0; axis < 3; ++axis)
        for (const int step : {-1, 1}) {
          auto to = at;
          to[axis] += step;
          if (to[axis] < 0 || to[axis] >= size[axis] || owner[place(to)] != 0 ||
              bone.values[place(to)] < posterior_bone || !is_behind(to, number - 1, to_body[number - 1]))
            continue;
          owner[place(to)] = number;
          front.push_back(to);
        }
    }
    for (std::size_t voxel = 0; voxel < owner.size(); ++voxel)
      if (body_of[voxel] != 0)
        owner[voxel] = 0;
    close(owner);
    paint(owner);
  }

  /// Spongy bone within the shells of posterior elements is as dark as soft tissue.
  void close(std::vector<std::uint16_t> &owner) const
  {
    const Point spacing = bone.grid.spacing();
    const double voxel = std::min({spacing[0], spacing[1], spacing[2]});
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      VoxelMask mask(owner.size());
      std::transform(owner.begin(), owner.end(), mask.begin(), [&](const auto number) { return number == i + 1; });
      mask = closed(mask, bone.grid.size, static_cast<unsigned int>(std::lround(closing_radius / voxel)));
      for (std::size_t at = 0; at < owner.size(); ++at)
        if (owner[at] == 0 && mask[at])
          owner[at] = static_cast<std::uint16_t>(i + 1);
    }
  }

  std::size_t place(const std::array<int, 3> &index) const
  {
    return index[0] + std::size_t(bone.grid.size[0]) * (index[1] + std::size_t(bone.grid.size[1]) * index[2]);
  }

  bool is_behind(const std::array<int, 3> &index, const std::size_t i, const Affine &to_body) const
  {
    const Point local = to_body(bone.grid.index_to_world({double(index[0]), double(index[1]), double(index[2])}));
    const Point &half = bodies[i]->extents();
    const double pitch = half[2] / .38; // of the vertebrae
    const double far_behind = -half[1] - local[1];
    const double top = (std::abs(local[0]) < half_middle ? top_in_middle : top_beside) * pitch - hang * far_behind;
    if (far_behind < behind_wall && std::abs(local[2]) > pedicle_share * half[2])
      return false;
    return std::abs(local[0]) < half_width && local[1] < -.6 * half[1] && far_behind < depth &&
           local[2] < std::min(reach_up * pitch, top) && local[2] > -reach_down * pitch;
  }

  /// From the working grid to the image's.
  void paint(const std::vector<std::uint16_t> &owner)
  {
    const Image<std::uint16_t> owners{bone.grid, owner};
    const Affine to_part = bone.grid.index_to_world.inverse() * image.grid.index_to_world;
    std::size_t voxel = 0;
    for (int k = 0; k < image.grid.size[2]; ++k)
      for (int j = 0; j < image.grid.size[1]; ++j)
        for (int i = 0; i < image.grid.size[0]; ++i, ++voxel)
          if (result.labels.values[voxel] == 0)
            if (const auto number = nearest(owners, to_part({double(i), double(j), double(k)})); number != 0)
              result.labels.values[voxel] = posterior_label(seeds[number - 1].label);
  }

  void add_discs()
  {
    for (std::size_t i = 0; i + 1 < seeds.size(); ++i) {
      const bool is_level = seeds[i].label == level.cranial;
      if (!is_level && !has_default_numbers())
        continue;
      const std::uint16_t disc = is_level ? level.disc : seeds[i].label + 200;
      const Point cranial = bodies[i]->frame().offset - bodies[i + 1]->frame().offset;
      const std::size_t n = fill_disc(result.labels, seeds[i].label, disc, seeds[i + 1].label, cranial);
      if (n == 0 && is_level)
        throw InputError("The disc of level " + level.name, "without a voxel",
                         "nowhere do the two bodies found from the seeds face each other across less than 20 mm",
                         "check the seeds, or label the vertebrae by hand");
    }
  }

  const Image<float> &image;
  const std::vector<Seed> &seeds;
  const LevelLabels &level;
  Image<float> bone; ///< on the working grid
  std::vector<std::optional<BodySurface>> bodies;
  std::vector<double> volume; ///< mm3
  SeededSegmentation result;
};

} // namespace

SeededSegmentation segment_from_seeds(const Image<float> &hounsfield, const std::vector<Seed> &seeds,
                                      const LevelLabels &level)
{
  return Segmentation(hounsfield, seeds, level).build();
}

} // namespace cageopt::inputs
