#include <inputs/label_agreement.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <inputs/distance_transform.h>
#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

/// A block of voxels of the image.
struct Block
{
  std::array<int, 3> low{{1 << 30, 1 << 30, 1 << 30}}, high{{-1, -1, -1}};

  void include(const std::array<int, 3> &index)
  {
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], index[axis]);
      high[axis] = std::max(high[axis], index[axis]);
    }
  }
  std::array<int, 3> size() const { return {{high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}}; }
};

/// The voxels of a label in a block, and those of them on its surface.
struct Structure
{
  std::vector<std::uint8_t> inside, surface;
  std::size_t n = 0;
  bool is_cut = false;

  Structure(const Image<std::uint16_t> &labels, const std::uint16_t label, const Block &block)
  {
    const auto &size = labels.grid.size;
    for (int k = block.low[2]; k <= block.high[2]; ++k)
      for (int j = block.low[1]; j <= block.high[1]; ++j)
        for (int i = block.low[0]; i <= block.high[0]; ++i) {
          const bool is_inside = labels(i, j, k) == label;
          bool on_surface = false;
          const std::array<int, 3> index = {{i, j, k}};
          for (int axis = 0; axis < 3 && is_inside; ++axis)
            for (const int step : {-1, 1}) {
              auto next = index;
              next[axis] += step;
              if (next[axis] < 0 || next[axis] >= size[axis])
                is_cut = true;
              else
                on_surface = on_surface || labels(next[0], next[1], next[2]) != label;
            }
          inside.push_back(is_inside);
          surface.push_back(on_surface);
          n += is_inside;
        }
  }
};

void add_distances(const Structure &from, const Structure &to, const Block &block, const Point &spacing,
                   std::vector<float> &distances)
{
  const auto distance = distance_transform(block.size(), to.surface, spacing);
  for (std::size_t voxel = 0; voxel < distance.size(); ++voxel)
    if (from.surface[voxel])
      distances.push_back(distance[voxel]);
}

} // namespace

std::vector<LabelAgreement> label_agreement(const Image<std::uint16_t> &labels, const Image<std::uint16_t> &reference)
{
  if (!labels.grid.matches(reference.grid))
    throw InputError("The grid of the labels to compare with", "another one", "voxels are compared one by one",
                     "resample one of the two by nearest neighbour");
  std::map<std::uint16_t, Block> blocks;
  std::set<std::uint16_t> present[2];
  std::size_t voxel = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel)
        for (const bool second : {false, true})
          if (const std::uint16_t label = (second ? reference : labels).values[voxel]; label != 0) {
            blocks[label].include({{i, j, k}});
            present[second].insert(label);
          }

  const Point spacing = labels.grid.spacing();
  const double voxel_volume = std::abs(labels.grid.index_to_world.determinant());
  std::vector<LabelAgreement> result;
  for (const auto &[label, block] : blocks) {
    if (present[0].count(label) == 0 || present[1].count(label) == 0)
      continue;
    const Structure one(labels, label, block), other(reference, label, block);
    LabelAgreement agreement;
    agreement.label = label;
    agreement.volume = double(one.n) * voxel_volume;
    agreement.reference_volume = double(other.n) * voxel_volume;
    agreement.is_cut = one.is_cut || other.is_cut;
    std::size_t n_both = 0;
    for (std::size_t at = 0; at < one.inside.size(); ++at)
      n_both += one.inside[at] && other.inside[at];
    agreement.dice = 2. * double(n_both) / double(one.n + other.n);
    std::vector<float> distances;
    add_distances(one, other, block, spacing, distances);
    add_distances(other, one, block, spacing, distances);
    std::sort(distances.begin(), distances.end());
    double sum = 0;
    for (const float distance : distances)
      sum += distance;
    if (!distances.empty()) {
      agreement.mean_distance = sum / double(distances.size());
      agreement.distance_95 = distances[std::size_t(.95 * double(distances.size() - 1))];
      agreement.largest_distance = distances.back();
    }
    result.push_back(agreement);
  }
  return result;
}

} // namespace cageopt::inputs
