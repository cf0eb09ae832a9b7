#include <inputs/voxel_filters.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <itkBSplineInterpolateImageFunction.h>
#include <itkBinaryDilateImageFilter.h>
#include <itkBinaryErodeImageFilter.h>
#include <itkConnectedComponentImageFilter.h>
#include <itkIdentityTransform.h>
#include <itkImage.h>
#include <itkNeighborhood.h>
#include <itkNeighborhoodOperatorImageFilter.h>
#include <itkRelabelComponentImageFilter.h>
#include <itkResampleImageFilter.h>

#include <inputs/available_memory.h>
#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

/// Index space: spacing 1, origin 0.
template <typename T, typename U>
typename itk::Image<T, 3>::Pointer to_itk(const std::vector<U> &values, const std::array<int, 3> &size)
{
  const auto image = itk::Image<T, 3>::New();
  typename itk::Image<T, 3>::SizeType extent;
  for (unsigned int d = 0; d < 3; ++d)
    extent[d] = size[d];
  image->SetRegions(extent);
  image->Allocate();
  std::copy(values.begin(), values.end(), image->GetBufferPointer());
  return image;
}

template <typename Result, typename ItkImage>
std::vector<Result> values_of(const ItkImage *image)
{
  const auto *const begin = image->GetBufferPointer();
  return std::vector<Result>(begin, begin + image->GetLargestPossibleRegion().GetNumberOfPixels());
}

itk::Neighborhood<double, 3> gaussian_along(const unsigned int axis, const double sigma)
{
  const auto reach = static_cast<unsigned int>(4. * sigma + .5);
  itk::Neighborhood<double, 3> kernel;
  itk::Size<3> radius = {{0, 0, 0}};
  radius[axis] = reach;
  kernel.SetRadius(radius);
  double sum = 0;
  for (unsigned int i = 0; i < kernel.Size(); ++i) {
    const double distance = (double(i) - reach) / sigma;
    sum += kernel[i] = std::exp(-.5 * distance * distance);
  }
  for (unsigned int i = 0; i < kernel.Size(); ++i)
    kernel[i] /= sum;
  return kernel;
}

using Mask = itk::Image<std::uint8_t, 3>;
using Ball = itk::Neighborhood<std::uint8_t, 3>;

Ball ball(const unsigned int radius)
{
  Ball result;
  result.SetRadius(radius);
  for (unsigned int i = 0; i < result.Size(); ++i) {
    const auto offset = result.GetOffset(i);
    result[i] = offset[0] * offset[0] + offset[1] * offset[1] + offset[2] * offset[2] <= long(radius) * radius;
  }
  return result;
}

} // namespace

Image<float> smoothed(const Image<float> &image, const double sigma)
{
  return smoothed(image, std::array<double, 3>{{sigma, sigma, sigma}});
}

Image<float> smoothed(const Image<float> &image, const std::array<double, 3> &sigma)
{
  using ItkImage = itk::Image<double, 3>;
  ItkImage::Pointer result = to_itk<double>(image.values, image.grid.size);
  for (unsigned int axis = 0; axis < 3; ++axis) {
    const auto filter = itk::NeighborhoodOperatorImageFilter<ItkImage, ItkImage>::New(); // repeats edge values
    filter->SetOperator(gaussian_along(axis, sigma[axis]));
    filter->SetInput(result);
    filter->Update();
    result = filter->GetOutput();
  }
  return {image.grid, values_of<float>(result.GetPointer())};
}

Image<float> zoomed(const Image<float> &image, const double factor, const unsigned int order)
{
  using ItkImage = itk::Image<float, 3>;
  const auto source = to_itk<float>(image.values, image.grid.size);
  ItkImage::SizeType size;
  ItkImage::SpacingType spacing;
  Image<float> result;
  auto &map = result.grid.index_to_world;
  Point shift; // of the first voxel's centre, in voxels of the image
  for (unsigned int d = 0; d < 3; ++d) {
    const int n = image.grid.size[d], m = static_cast<int>(std::nearbyint(n * factor)); // half to even, as scipy
    const int fewest = 2 + static_cast<int>(order / 2); // so that the spline's support is mirrored once at most
    if (n < fewest || m < 2)
      throw InputError("The zoomed image", std::to_string(m) + " of " + std::to_string(n) + " voxels along an axis",
                       "two or more are needed, of " + std::to_string(fewest) + " or more",
                       "use a larger image or zoom, or a lower order");
    size[d] = result.grid.size[d] = m;
    spacing[d] = double(n - 1) / (m - 1);
    shift[d] = .5 * (double(n) / m - 1.);
    for (unsigned int row = 0; row < 3; ++row)
      map.linear[row][d] = image.grid.index_to_world.linear[row][d] * n / m;
  }
  map.offset = image.grid.index_to_world(shift);
  // ITK's coefficients and its result, and ours
  require_memory_for("The zoomed image", double(image.grid.n_voxels()) * sizeof(double) +
                                             2. * double(result.grid.n_voxels()) * sizeof(float));

  const auto spline = itk::BSplineInterpolateImageFunction<ItkImage, double, double>::New();
  spline->SetSplineOrder(order);
  const auto filter = itk::ResampleImageFilter<ItkImage, ItkImage>::New();
  filter->SetTransform(itk::IdentityTransform<double, 3>::New());
  filter->SetInterpolator(spline);
  filter->SetInput(source);
  filter->SetSize(size);
  filter->SetOutputSpacing(spacing);
  filter->Update();
  result.values = values_of<float>(filter->GetOutput());
  return result;
}

VoxelMask closed(const VoxelMask &mask, const std::array<int, 3> &size, const unsigned int radius)
{
  const auto dilate = itk::BinaryDilateImageFilter<Mask, Mask, Ball>::New();
  dilate->SetKernel(ball(radius));
  dilate->SetForegroundValue(1);
  dilate->SetBoundaryToForeground(false);
  dilate->SetInput(to_itk<std::uint8_t>(mask, size));
  const auto erode = itk::BinaryErodeImageFilter<Mask, Mask, Ball>::New();
  erode->SetKernel(ball(radius));
  erode->SetForegroundValue(1);
  erode->SetBoundaryToForeground(true);
  erode->SetInput(dilate->GetOutput());
  erode->Update();
  return values_of<std::uint8_t>(erode->GetOutput());
}

VoxelMask largest_part(const VoxelMask &mask, const std::array<int, 3> &size)
{
  using Parts = itk::Image<std::uint32_t, 3>;
  const auto parts = itk::ConnectedComponentImageFilter<Mask, Parts>::New();
  parts->SetInput(to_itk<std::uint8_t>(mask, size));
  const auto by_size = itk::RelabelComponentImageFilter<Parts, Parts>::New();
  by_size->SetInput(parts->GetOutput());
  by_size->Update();
  VoxelMask result(mask.size());
  const auto *const part = by_size->GetOutput()->GetBufferPointer();
  for (std::size_t voxel = 0; voxel < result.size(); ++voxel)
    result[voxel] = part[voxel] == 1;
  return result;
}

} // namespace cageopt::inputs
