#include <inputs/labelled_structures.h>

#include <algorithm>
#include <array>
#include <map>

#include <itkConnectedComponentImageFilter.h>
#include <itkImage.h>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

/// Volumes of adult vertebral bodies, mm3, by the letter of the region; wide, and not checked against a source (mark
/// C).
struct VolumeRange
{
  char region;
  double low, high;
};
constexpr std::array<VolumeRange, 3> usual_volumes = {{{'C', 2e3, 15e3}, {'T', 4e3, 45e3}, {'L', 12e3, 80e3}}};

constexpr double negligible_island = 1e-3; // share of a structure's voxels

/// Bounding box, number of voxels and sum of indices.
struct Extent
{
  std::array<int, 3> low{{1 << 30, 1 << 30, 1 << 30}}, high{{-1, -1, -1}};
  std::size_t n = 0, n_at_border = 0;
  Point sum{};
};

std::map<std::uint16_t, Extent> extents_of(const Image<std::uint16_t> &labels)
{
  std::map<std::uint16_t, Extent> extents;
  const auto &size = labels.grid.size;
  std::size_t voxel = 0;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i, ++voxel) {
        if (labels.values[voxel] == 0)
          continue;
        Extent &extent = extents[labels.values[voxel]];
        const std::array<int, 3> index = {{i, j, k}};
        bool at_border = false;
        for (int axis = 0; axis < 3; ++axis) {
          extent.low[axis] = std::min(extent.low[axis], index[axis]);
          extent.high[axis] = std::max(extent.high[axis], index[axis]);
          extent.sum[axis] += index[axis];
          at_border = at_border || index[axis] == 0 || index[axis] == size[axis] - 1;
        }
        ++extent.n;
        extent.n_at_border += at_border;
      }
  return extents;
}

/// Voxels in each piece, connected through faces.
std::vector<std::size_t> pieces_of(const Image<std::uint16_t> &labels, const std::uint16_t label, const Extent &extent)
{
  using Mask = itk::Image<unsigned char, 3>;
  using Pieces = itk::Image<unsigned int, 3>;
  const auto mask = Mask::New();
  Mask::SizeType size;
  for (int axis = 0; axis < 3; ++axis)
    size[axis] = extent.high[axis] - extent.low[axis] + 1;
  mask->SetRegions(size);
  mask->Allocate();
  unsigned char *at = mask->GetBufferPointer();
  for (int k = extent.low[2]; k <= extent.high[2]; ++k)
    for (int j = extent.low[1]; j <= extent.high[1]; ++j)
      for (int i = extent.low[0]; i <= extent.high[0]; ++i)
        *at++ = labels(i, j, k) == label;
  const auto filter = itk::ConnectedComponentImageFilter<Mask, Pieces>::New();
  filter->SetInput(mask);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  std::vector<std::size_t> sizes(filter->GetObjectCount(), 0);
  const unsigned int *piece = filter->GetOutput()->GetBufferPointer();
  for (std::size_t voxel = 0; voxel < size[0] * size[1] * size[2]; ++voxel)
    if (piece[voxel] > 0)
      ++sizes[piece[voxel] - 1];
  return sizes;
}

std::size_t count_faces(const Image<std::uint16_t> &labels, const std::uint16_t one, const std::uint16_t other)
{
  const auto &size = labels.grid.size;
  const std::array<std::size_t, 3> stride = {{1, std::size_t(size[0]), std::size_t(size[0]) * std::size_t(size[1])}};
  std::size_t n = 0, voxel = 0;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i, ++voxel) {
        const std::uint16_t here = labels.values[voxel];
        if (here != one && here != other)
          continue;
        const std::uint16_t wanted = here == one ? other : one;
        const std::array<int, 3> index = {{i, j, k}};
        for (int axis = 0; axis < 3; ++axis)
          n += index[axis] + 1 < size[axis] && labels.values[voxel + stride[axis]] == wanted;
      }
  return n;
}

LabelledStructure examine(const Image<std::uint16_t> &labels, const std::string &name, const std::uint16_t label,
                          const Extent &extent)
{
  LabelledStructure structure;
  structure.name = name;
  structure.label = label;
  structure.n_voxels = extent.n;
  if (extent.n == 0)
    return structure;
  const auto pieces = pieces_of(labels, label, extent);
  structure.n_at_border = extent.n_at_border;
  structure.n_pieces = pieces.size();
  structure.largest_piece = double(*std::max_element(pieces.begin(), pieces.end())) / double(extent.n);
  structure.volume = double(extent.n) * std::abs(labels.grid.index_to_world.determinant());
  structure.centre = labels.grid.index_to_world(1. / double(extent.n) * extent.sum);
  return structure;
}

std::string labelled(const LabelledStructure &structure)
{
  return structure.name + " (label " + std::to_string(structure.label) + ")";
}

const VolumeRange *usual_volume(const LabelledStructure &body)
{
  for (const VolumeRange &range : usual_volumes)
    if (body.name.rfind(std::string("body ") + range.region, 0) == 0)
      return &range;
  return nullptr;
}

} // namespace

LabelledStructures::LabelledStructures(const Image<std::uint16_t> &labels, const LevelLabels &level) : level(level)
{
  auto extents = extents_of(labels);
  for (const auto &[label, extent] : extents)
    present.push_back(label);
  const auto slash = level.name.find('/');
  const std::string upper = level.name.substr(0, slash), lower = level.name.substr(slash + 1);
  const auto add = [&](const std::string &name, const std::uint16_t label) {
    found.push_back(examine(labels, name, label, extents[label]));
  };
  add("body " + upper, level.cranial);
  add("disc " + level.name, level.disc);
  add("body " + lower, level.caudal);
  if (extents.count(level.cranial_posterior) > 0)
    add("posterior elements " + upper, level.cranial_posterior);
  if (extents.count(level.caudal_posterior) > 0)
    add("posterior elements " + lower, level.caudal_posterior);
  touching_faces = count_faces(labels, level.cranial, level.caudal);
}

void LabelledStructures::check_order() const
{
  const LabelledStructure &cranial = body(true), &disc = found[1], &caudal = body(false);
  if (!(cranial.centre[2] > disc.centre[2] && disc.centre[2] > caudal.centre[2]))
    throw InputError("The order of " + labelled(cranial) + ", " + labelled(disc) + " and " + labelled(caudal),
                     formatted("%.1f, ", cranial.centre[2]) + formatted("%.1f and ", disc.centre[2]) +
                         formatted("%.1f mm along the patient's superior axis", caudal.centre[2]),
                     "they lie on one another in this order from cranial to caudal: either the numbers are mixed up or "
                     "the directions in the file's header are wrong",
                     "look at image and labels in a viewer that shows R/L, A/P and S/I; map the numbers by "
                     "'Patient/Label numbers', or correct the header");
  for (std::size_t i = 3; i < found.size(); ++i) {
    const LabelledStructure &posterior = found[i], &own = body(posterior.label == level.cranial_posterior);
    if (!(posterior.centre[1] < own.centre[1]))
      throw InputError("The place of " + labelled(posterior),
                       formatted("%.1f mm in front of ", posterior.centre[1] - own.centre[1]) + labelled(own),
                       "posterior elements are behind the body: the directions in the file's header are wrong, or the "
                       "numbers are mixed up",
                       "look at image and labels in a viewer that shows R/L, A/P and S/I, and correct the header");
  }
}

void LabelledStructures::check() const
{
  const char *roles[] = {"cranial body", "disc", "caudal body"};
  for (std::size_t i = 0; i < 3; ++i)
    if (found[i].n_voxels == 0) {
      std::vector<std::string> names;
      for (const std::uint16_t other : present)
        names.push_back(std::to_string(other));
      throw InputError("Label " + std::to_string(found[i].label) + " (" + roles[i] + " of " + level.name + ")",
                       "absent", names.empty() ? "the label map is all zero" : "the label map holds " + join(names),
                       "choose another 'Patient/Level' or map the numbers by 'Patient/Label numbers'");
    }
  check_order();
  for (const bool cranial : {true, false}) {
    const LabelledStructure &structure = body(cranial);
    const VolumeRange *range = usual_volume(structure);
    if (range && structure.n_at_border == 0 &&
        (structure.volume > 10 * range->high || structure.volume < range->low / 10))
      throw InputError("The volume of " + labelled(structure), formatted("%.3g cm3", structure.volume / 1000),
                       formatted("an adult's has %.0f", range->low / 1000) +
                           formatted(" to %.0f cm3", range->high / 1000),
                       "check the voxel size in the file's header (its unit is mm)");
  }
}

std::string LabelledStructures::summary() const
{
  std::vector<std::string> parts;
  for (const LabelledStructure &structure : found)
    parts.push_back(structure.name + formatted(" %.1f cm3", structure.volume / 1000));
  return join(parts);
}

std::vector<std::string> LabelledStructures::warnings() const
{
  std::vector<std::string> result;
  for (std::size_t i = 0; i < 3; ++i) { // posterior elements are not modelled
    const LabelledStructure &structure = found[i];
    if (structure.n_pieces > 1 && 1 - structure.largest_piece > negligible_island)
      result.push_back(labelled(structure) + " is in " + std::to_string(structure.n_pieces) + " pieces; " +
                       formatted("%.1f %% of its voxels are not in the largest.", 100 * (1 - structure.largest_piece)));
    if (structure.n_at_border > 0)
      result.push_back(labelled(structure) + " is cut by the border of the image, which " +
                       std::to_string(structure.n_at_border) + " of its " + std::to_string(structure.n_voxels) +
                       " voxels touch.");
    const VolumeRange *range = usual_volume(structure);
    if (range && structure.n_at_border == 0 && (structure.volume > range->high || structure.volume < range->low))
      result.push_back(labelled(structure) + formatted(" has %.1f cm3; ", structure.volume / 1000) +
                       formatted("an adult's has about %.0f", range->low / 1000) +
                       formatted(" to %.0f cm3 (mark C).", range->high / 1000));
  }
  if (touching_faces > 0)
    result.push_back("The labels of " + body(true).name + " and " + body(false).name + " touch on " +
                     std::to_string(touching_faces) +
                     " voxel faces: bridging bone, or a gap in the disc's label; there the two are one body.");
  return result;
}

} // namespace cageopt::inputs
