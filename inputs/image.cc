#include <inputs/image.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkImageIOFactory.h>
#include <itkMetaImageIO.h>
#include <itkMetaImageIOFactory.h>
#include <itkNiftiImageIO.h>
#include <itkNiftiImageIOFactory.h>
#include <itkNrrdImageIO.h>
#include <itkNrrdImageIOFactory.h>
#include <itkVersion.h>

#include <inputs/available_memory.h>
#include <inputs/collective.h>
#include <inputs/error.h>
#include <inputs/image_screen.h>

namespace cageopt::inputs {

namespace {

/// ITK's text without its prefix and addresses: libraries put the cause in the last line, the calls that led there
/// above.
std::string reason_of(const itk::ExceptionObject &exception)
{
  std::string text = exception.GetDescription();
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.pop_back();
  const auto line = text.find_last_of('\n');
  if (line != std::string::npos)
    return text.substr(line + 1);
  const auto prefix = text.find("): ");
  return prefix != std::string::npos ? text.substr(prefix + 3) : text;
}

/// World axes that point the other way in ITK (LPS) than here (RAS).

const char *readable_formats = "NIfTI (.nii, .nii.gz), NRRD (.nrrd, .nhdr) or MetaImage (.mha, .mhd)";

void register_formats()
{
  static std::once_flag registered;
  std::call_once(registered, [] {
    itk::NiftiImageIOFactory::RegisterOneFactory();
    itk::NrrdImageIOFactory::RegisterOneFactory();
    itk::MetaImageIOFactory::RegisterOneFactory();
  });
}

InputError unreadable(const std::string &path, const std::string &problem, const std::string &rule)
{
  return InputError("The image file '" + path + "'", problem, rule,
                    std::string("give a scalar 3-D image as ") + readable_formats);
}

itk::ImageIOBase::Pointer reader_of(const ImageFormat format)
{
  if (format == ImageFormat::nifti)
    return itk::NiftiImageIO::New().GetPointer();
  if (format == ImageFormat::nrrd)
    return itk::NrrdImageIO::New().GetPointer();
  return itk::MetaImageIO::New().GetPointer();
}

/// The ITK reader of this file with its header read; throws if the file does not pass the screen, or ITK reads another
/// header than the screen does.
itk::ImageIOBase::Pointer open_image(const std::string &path, const std::size_t bytes_per_number)
{
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw InputError("The image file '" + path + "'", "missing", "no file or folder has this name",
                     "check the path; relative paths start at the case file's folder or at --data");
  if (!std::filesystem::is_regular_file(path, error))
    throw unreadable(path, std::filesystem::is_directory(path, error) ? "a folder" : "no file", "an image is one file");
  ImageHeader header;
  try {
    header = screen_image(path);
  } catch (const ImageDefect &defect) {
    throw unreadable(path, defect.problem, defect.what());
  }
  double n_voxels = 1;
  for (const std::uint64_t n : header.size)
    n_voxels *= double(n);
  require_memory_for("The image file '" + path + "'",
                     n_voxels * double(header.component_bytes + 2 * bytes_per_number)); // as stored, ITK's and ours

  const itk::ImageIOBase::Pointer io = reader_of(header.format);
  try {
    io->SetFileName(path);
    io->ReadImageInformation();
  } catch (const itk::ExceptionObject &exception) {
    throw unreadable(path, "damaged", std::string("its header cannot be read (") + reason_of(exception) + ")");
  }
  bool is_same = io->GetNumberOfComponents() == 1 && io->GetPixelType() == itk::CommonEnums::IOPixel::SCALAR;
  for (unsigned int axis = 0; axis < std::max<std::size_t>(header.size.size(), io->GetNumberOfDimensions()); ++axis)
    is_same = is_same && (axis < io->GetNumberOfDimensions() ? io->GetDimensions(axis) : 1) ==
                             (axis < header.size.size() ? header.size[axis] : 1);
  if (!is_same)
    throw unreadable(path, "ambiguous", "ITK reads another number of voxels than its header states");
  return io;
}

/// Voxels of such a lattice are what a scanner makes, in mm.
void check_place(const std::string &path, const ImageGrid &grid)
{
  const Point width = grid.spacing();
  for (int axis = 0; axis < 3; ++axis)
    if (!(width[axis] >= 1e-4 && width[axis] <= 1e3))
      throw unreadable(path, "of voxels " + std::to_string(width[axis]) + " mm wide", "0.0001 to 1000 mm are possible");
  if (!(std::abs(grid.index_to_world.determinant()) > 1e-3 * width[0] * width[1] * width[2]))
    throw unreadable(path, "of axes in one plane", "the three axes of a volume span space");
  if (!(norm(grid.index_to_world.offset) < 1e7))
    throw unreadable(path, "far from its origin", "the first voxel is less than 10 km from it");
}

template <typename T>
Image<T> read_scalars(const std::string &path, const itk::ImageIOBase::Pointer &io)
{
  using ItkImage = itk::Image<T, 3>;
  const auto reader = itk::ImageFileReader<ItkImage>::New();
  reader->SetImageIO(io);
  reader->SetFileName(path);
  try {
    reader->Update();
  } catch (const itk::ExceptionObject &exception) {
    throw unreadable(path, "damaged", std::string("its voxels cannot be read (") + reason_of(exception) + ")");
  }
  const auto *const source = reader->GetOutput();
  const auto region = source->GetLargestPossibleRegion();
  const auto start = region.GetIndex();

  Image<T> image;
  itk::Point<double, 3> origin;
  source->TransformIndexToPhysicalPoint(start, origin);
  for (int row = 0; row < 3; ++row) {
    image.grid.size[row] = region.GetSize()[row];
    image.grid.index_to_world.offset[row] = lps_to_ras[row] * origin[row];
    for (int column = 0; column < 3; ++column)
      image.grid.index_to_world.linear[row][column] =
          lps_to_ras[row] * source->GetDirection()[row][column] * source->GetSpacing()[column];
  }
  check_place(path, image.grid);
  image.values.assign(source->GetBufferPointer(), source->GetBufferPointer() + image.grid.n_voxels());
  return image;
}

template <typename T>
void write_scalars(const std::string &path, const Image<T> &image)
{
  using ItkImage = itk::Image<T, 3>;
  const auto target = ItkImage::New();
  typename ItkImage::SizeType size;
  typename ItkImage::SpacingType spacing;
  typename ItkImage::PointType origin;
  typename ItkImage::DirectionType direction;
  const Point edges = image.grid.spacing();
  for (int row = 0; row < 3; ++row) {
    size[row] = image.grid.size[row];
    spacing[row] = edges[row];
    origin[row] = lps_to_ras[row] * image.grid.index_to_world.offset[row];
    for (int column = 0; column < 3; ++column)
      direction[row][column] = lps_to_ras[row] * image.grid.index_to_world.linear[row][column] / edges[column];
  }
  target->SetRegions(size);
  target->SetSpacing(spacing);
  target->SetOrigin(origin);
  target->SetDirection(direction);
  target->Allocate();
  std::copy(image.values.begin(), image.values.end(), target->GetBufferPointer());

  register_formats();
  const itk::ImageIOBase::Pointer io =
      itk::ImageIOFactory::CreateImageIO(path.c_str(), itk::CommonEnums::IOFileMode::WriteMode);
  if (!io)
    throw InputError("The image file '" + path + "'", "of unknown format", "the extension chooses the format",
                     std::string("use ") + readable_formats);
  const auto writer = itk::ImageFileWriter<ItkImage>::New();
  writer->SetImageIO(io);
  writer->SetFileName(path);
  writer->SetInput(target);
  writer->UseCompressionOn();
  // The NIfTI writer reports neither a file that it cannot open nor a full disk.
  std::error_code error;
  std::filesystem::remove(path, error);
  std::string problem;
  try {
    writer->Update();
    if (std::filesystem::exists(path, error))
      screen_image(path);
    else
      problem = "no file came into being";
  } catch (const ImageDefect &defect) {
    problem = defect.what();
  } catch (const itk::ExceptionObject &exception) {
    problem = reason_of(exception);
  }
  if (!problem.empty())
    throw InputError("The image file '" + path + "'", "not writable", problem,
                     "check that the folder exists, is writable and has space");
}

} // namespace

Point ImageGrid::spacing() const
{
  Point result;
  for (int axis = 0; axis < 3; ++axis)
    result[axis] =
        norm({index_to_world.linear[0][axis], index_to_world.linear[1][axis], index_to_world.linear[2][axis]});
  return result;
}

bool ImageGrid::matches(const ImageGrid &other, const double tolerance) const
{
  if (size != other.size)
    return false;
  for (int corner = 0; corner < 8; ++corner) {
    Point index;
    for (int axis = 0; axis < 3; ++axis)
      index[axis] = (corner >> axis) & 1 ? size[axis] - 1 : 0;
    if (!(norm(index_to_world(index) - other.index_to_world(index)) < tolerance))
      return false;
  }
  return true;
}

Image<float> read_image(const std::string &path) { return read_scalars<float>(path, open_image(path, sizeof(float))); }

Image<std::uint16_t> read_labels(const std::string &path)
{
  const itk::ImageIOBase::Pointer io = open_image(path, sizeof(double));
  const Image<double> numbers = read_scalars<double>(path, io);
  Image<std::uint16_t> labels;
  labels.grid = numbers.grid;
  labels.values.resize(numbers.values.size());
  for (std::size_t voxel = 0; voxel < numbers.values.size(); ++voxel) {
    const double number = numbers.values[voxel];
    if (!(number >= 0 && number <= std::numeric_limits<std::uint16_t>::max()) || number != std::floor(number))
      throw InputError("A voxel of the label file '" + path + "'", std::to_string(number),
                       "labels are whole numbers from 0 to 65535",
                       "check that this is the label map and not the CT, and that it was resampled without "
                       "interpolation");
    labels.values[voxel] = static_cast<std::uint16_t>(number);
  }
  return labels;
}

void write_image(const std::string &path, const Image<float> &image) { write_scalars(path, image); }
void write_image(const std::string &path, const Image<std::uint16_t> &image) { write_scalars(path, image); }
void write_image(const std::string &path, const Image<std::int16_t> &image) { write_scalars(path, image); }

template <typename T>
void broadcast(MPI_Comm comm, Image<T> &image)
{
  static_assert(std::is_trivially_copyable_v<ImageGrid>, "the grid is sent as bytes");
  MPI_Bcast(&image.grid, sizeof(ImageGrid), MPI_BYTE, 0, comm);
  broadcast(comm, image.values);
}

template void broadcast(MPI_Comm, Image<float> &);
template void broadcast(MPI_Comm, Image<std::uint16_t> &);

double interpolate(const Image<float> &image, const Point &index)
{
  int low[3];
  double fraction[3];
  for (int axis = 0; axis < 3; ++axis) {
    const int last = image.grid.size[axis] - 1;
    const double clamped = std::clamp(index[axis], 0., static_cast<double>(last));
    low[axis] = std::max(0, std::min(static_cast<int>(clamped), last - 1));
    fraction[axis] = clamped - low[axis];
  }
  double value = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    int position[3];
    for (int axis = 0; axis < 3; ++axis) {
      const int upper = (corner >> axis) & 1;
      weight *= upper ? fraction[axis] : 1. - fraction[axis];
      position[axis] = low[axis] + upper;
    }
    if (weight > 0)
      value += weight * image(position[0], position[1], position[2]);
  }
  return value;
}

std::uint16_t nearest(const Image<std::uint16_t> &image, const Point &index)
{
  int position[3];
  for (int axis = 0; axis < 3; ++axis) {
    const double rounded = std::floor(index[axis] + 0.5);
    if (!(rounded >= 0 && rounded < image.grid.size[axis]))
      return 0;
    position[axis] = static_cast<int>(rounded);
  }
  return image(position[0], position[1], position[2]);
}

std::string itk_version() { return itk::Version::GetITKVersion(); }

} // namespace cageopt::inputs
