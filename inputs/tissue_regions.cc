#include <inputs/tissue_regions.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <itkImage.h>
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include <inputs/distance_transform.h>
#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

constexpr double smoothing = 2., edge = 3.; // mm
constexpr double beside = 60., before_and_behind = 20.;
constexpr std::size_t fewest_voxels = 100;

struct Range
{
  const char *tissue;
  float low, high; ///< HU
};
constexpr Range air = {"air", -1050, -900}, fat = {"fat", -150, -50}, muscle = {"muscle", 0, 100};

std::vector<float> smoothed(const Image<float> &image)
{
  const auto fewest = *std::min_element(image.grid.size.begin(), image.grid.size.end());
  if (fewest < 4) // as the recursive filter needs
    throw InputError("The image", std::to_string(fewest) + " voxels along an axis",
                     "tissues are sought in a smoothed image, which takes 4 or more",
                     "state 'Patient/Calibration/Tissue file', or use a larger image");
  using ItkImage = itk::Image<float, 3>;
  const auto source = ItkImage::New();
  ItkImage::SizeType size;
  ItkImage::SpacingType spacing;
  for (int axis = 0; axis < 3; ++axis) {
    size[axis] = image.grid.size[axis];
    spacing[axis] = image.grid.spacing()[axis];
  }
  source->SetRegions(size);
  source->SetSpacing(spacing);
  source->Allocate();
  std::copy(image.values.begin(), image.values.end(), source->GetBufferPointer());
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<ItkImage, ItkImage>::New();
  filter->SetInput(source);
  filter->SetSigma(smoothing);
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  const float *values = filter->GetOutput()->GetBufferPointer();
  return std::vector<float>(values, values + image.values.size());
}

/// Unlabelled places where the psoas is.
std::vector<std::uint8_t> beside_bodies(const Image<std::uint16_t> &labels, const LevelLabels &level)
{
  const auto &grid = labels.grid;
  const auto for_each = [&](const auto &action) {
    std::size_t voxel = 0;
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i, ++voxel)
          action(voxel, grid.index_to_world({double(i), double(j), double(k)}));
  };
  Point centre = {0, 0, 0};
  double n = 0, low = 1e9, high = -1e9;
  for_each([&](const std::size_t voxel, const Point &place) {
    if (labels.values[voxel] != level.cranial && labels.values[voxel] != level.caudal)
      return;
    centre = centre + place;
    low = std::min(low, place[2]);
    high = std::max(high, place[2]);
    ++n;
  });
  centre = 1. / std::max(n, 1.) * centre;
  std::vector<std::uint8_t> allowed(labels.values.size());
  for_each([&](const std::size_t voxel, const Point &place) {
    allowed[voxel] = labels.values[voxel] == 0 && std::abs(place[0] - centre[0]) < beside &&
                     std::abs(place[1] - centre[1]) < before_and_behind && place[2] > low && place[2] < high;
  });
  return allowed;
}

TissueSample sample(const Image<float> &image, const std::vector<float> &smooth, const Range &range,
                    const std::vector<std::uint8_t> *allowed)
{
  std::vector<std::uint8_t> outside(smooth.size());
  for (std::size_t voxel = 0; voxel < smooth.size(); ++voxel)
    outside[voxel] = !(smooth[voxel] >= range.low && smooth[voxel] <= range.high && (!allowed || (*allowed)[voxel]));
  const auto depth = distance_transform(image.grid.size, outside, image.grid.spacing());
  Image<std::uint16_t> region;
  region.values.resize(smooth.size());
  for (std::size_t voxel = 0; voxel < smooth.size(); ++voxel)
    region.values[voxel] = depth[voxel] > edge;
  return sample_tissues(image, region, {{range.tissue, 1}}).front();
}

} // namespace

std::vector<TissueSample> find_tissues(const Image<float> &image, const Image<std::uint16_t> &labels,
                                       const LevelLabels &level)
{
  const auto smooth = smoothed(image);
  const auto allowed = beside_bodies(labels, level);
  std::vector<TissueSample> samples;
  for (const TissueSample &found : {sample(image, smooth, air, nullptr), sample(image, smooth, fat, nullptr),
                                    sample(image, smooth, muscle, &allowed)})
    if (found.n_voxels >= fewest_voxels)
      samples.push_back(found);
  return samples;
}

} // namespace cageopt::inputs
