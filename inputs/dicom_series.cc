#include <inputs/dicom_series.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <gdcmDataSet.h>
#include <gdcmReader.h>
#include <gdcmStringFilter.h>
#include <gdcmTrace.h>
#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>

#include <inputs/dicom_screen.h>
#include <inputs/error.h>
#include <inputs/straight_stack.h>

namespace cageopt::inputs {

namespace {

namespace fs = std::filesystem;

const gdcm::Tag modality_tag(0x0008, 0x0060), series_uid_tag(0x0020, 0x000e), series_number_tag(0x0020, 0x0011),
    position_tag(0x0020, 0x0032), orientation_tag(0x0020, 0x0037), rows_tag(0x0028, 0x0010),
    columns_tag(0x0028, 0x0011), spacing_tag(0x0028, 0x0030), frames_tag(0x0028, 0x0008), samples_tag(0x0028, 0x0002),
    intercept_tag(0x0028, 0x1052), slope_tag(0x0028, 0x1053), contrast_tag(0x0018, 0x0010);

/// Lengths that the lattice of a series may be off by, mm, and components of unit vectors.
constexpr double length_tolerance = 1e-2, direction_tolerance = 1e-4;

constexpr double largest_tilt = 35; ///< degrees

struct Slice
{
  std::string file; ///< name without folder
  std::string modality, uid, number;
  DicomScreen screen;
  std::vector<double> rescale;                        ///< slope and intercept
  std::vector<double> position, orientation, spacing; ///< LPS mm; along rows and down columns; down columns, along rows
  int rows = 0, columns = 0, frames = 1, samples = 1;
  bool has_contrast_medium = false;
  double along = 0; ///< position along the normal, mm
};

InputError refused(const std::string &path, const std::string &problem, const std::string &rule,
                   const std::string &remedy)
{
  return InputError("The DICOM folder '" + path + "'", problem, rule, remedy);
}

std::string trimmed(std::string text)
{
  const auto is_padding = [](const char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && is_padding(text.back()))
    text.pop_back();
  while (!text.empty() && is_padding(text.front()))
    text.erase(text.begin());
  return text;
}

std::vector<double> numbers(const std::string &text)
{
  std::vector<double> result;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, '\\');) {
    std::istringstream one(word);
    double value = 0;
    if (!(one >> value) || !std::isfinite(value))
      return {};
    result.push_back(value);
  }
  return result;
}

std::string shown(const double value)
{
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// The slice's description, or false where the file is no DICOM image.
bool read_header(const std::string &path, const fs::path &file, Slice &slice)
{
  const DicomScreen screen = screen_dicom(file.string());
  if (!screen.is_dicom)
    return false;
  gdcm::Reader reader;
  reader.SetFileName(file.c_str());
  const std::set<gdcm::Tag> wanted = {modality_tag,  series_uid_tag, series_number_tag, position_tag, orientation_tag,
                                      rows_tag,      columns_tag,    spacing_tag,       frames_tag,   samples_tag,
                                      intercept_tag, slope_tag,      contrast_tag};
  if (!screen.defect.empty() || !reader.ReadSelectedTags(wanted))
    throw refused(path, "with '" + file.filename().string() + "', which is damaged",
                  screen.defect.empty() ? "its header cannot be read" : screen.defect,
                  "copy it again, or take it out of the folder if it is no slice (a DICOMDIR, a report)");
  gdcm::StringFilter filter;
  filter.SetFile(reader.GetFile());
  const gdcm::DataSet &data = reader.GetFile().GetDataSet();
  const auto text = [&](const gdcm::Tag &tag) {
    return data.FindDataElement(tag) ? trimmed(filter.ToString(tag)) : std::string();
  };
  const auto whole = [&](const gdcm::Tag &tag, const int otherwise) {
    const auto found = numbers(text(tag));
    return found.size() == 1 && found[0] >= 0 && found[0] < 1e6 ? static_cast<int>(found[0]) : otherwise;
  };
  slice.file = file.filename().string();
  slice.modality = text(modality_tag);
  slice.uid = text(series_uid_tag);
  slice.has_contrast_medium = !text(contrast_tag).empty();
  slice.number = text(series_number_tag);
  slice.position = numbers(text(position_tag));
  slice.orientation = numbers(text(orientation_tag));
  slice.spacing = numbers(text(spacing_tag));
  slice.rescale = numbers(text(slope_tag) + "\\" + text(intercept_tag));
  slice.screen = screen;
  slice.rows = whole(rows_tag, 0);
  slice.columns = whole(columns_tag, 0);
  slice.frames = whole(frames_tag, 1);
  slice.samples = whole(samples_tag, 1);
  return slice.rows > 0 && slice.columns > 0;
}

std::vector<Slice> choose_series(const std::string &path, const std::string &series)
{
  std::map<std::string, std::vector<Slice>> found; // by UID
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(path, error))
    if (entry.is_regular_file(error))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto &file : files) {
    Slice slice;
    if (read_header(path, file, slice))
      found[slice.uid].push_back(std::move(slice));
  }
  if (found.empty())
    throw refused(path, "without a DICOM image", "its " + std::to_string(files.size()) + " files are no DICOM images",
                  "give the folder that holds the slices themselves, or an image file");
  std::string list;
  std::vector<const std::vector<Slice> *> matching;
  for (const auto &[uid, slices] : found) {
    const auto &first = slices.front();
    list += (list.empty() ? "" : "; ") + std::string("number ") + (first.number.empty() ? "(none)" : first.number) +
            ", UID " + (uid.empty() ? "(none)" : uid) + ", " + first.modality + ", " + std::to_string(slices.size()) +
            " images of " + std::to_string(first.columns) + " x " + std::to_string(first.rows);
    if (series.empty() || series == uid || series == first.number)
      matching.push_back(&slices);
  }
  if (matching.empty())
    throw refused(path, "without a series '" + series + "'", "it holds: " + list,
                  "set 'Patient/Series' to one of these numbers or UIDs");
  if (matching.size() > 1)
    throw refused(path, "of " + std::to_string(matching.size()) + " series" + (series.empty() ? "" : " of that number"),
                  "one of them must be chosen: " + list,
                  series.empty() ? "set 'Patient/Series' to a number or UID" : "set 'Patient/Series' to a UID");
  return *matching.front();
}

void check_slices(const std::string &path, const std::vector<Slice> &slices)
{
  const auto differs = [](const std::vector<double> &a, const std::vector<double> &b, const double tolerance) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (std::abs(a[i] - b[i]) > tolerance)
        return true;
    return false;
  };
  const Slice &first = slices.front();
  if (first.modality != "CT")
    throw refused(path, "of modality '" + first.modality + "'", "density is measured by CT",
                  "choose the CT series of this patient");
  for (const Slice &slice : slices) {
    if (slice.position.size() != 3 || slice.orientation.size() != 6 || slice.spacing.size() != 2)
      throw refused(path, "with '" + slice.file + "', which states no position, orientation or pixel spacing",
                    "without them the slice has no place in space", "export the original slices of the scanner");
    if (slice.rescale.size() != 2)
      throw refused(path, "with '" + slice.file + "', which states no rescale slope and intercept",
                    "without them its numbers are not HU", "export the original slices of the scanner");
    if (slice.frames != 1 || slice.samples != 1)
      throw refused(path,
                    "with '" + slice.file + "' of " + std::to_string(slice.frames) + " frames and " +
                        std::to_string(slice.samples) + " numbers per pixel",
                    "one slice of one number per pixel is read from each file",
                    "convert it to NIfTI, NRRD or MHA, or export classic CT slices");
    if (slice.rows != first.rows || slice.columns != first.columns ||
        differs(slice.spacing, first.spacing, direction_tolerance))
      throw refused(path,
                    "of mixed slices: '" + first.file + "' has " + std::to_string(first.columns) + " x " +
                        std::to_string(first.rows) + " pixels of " + shown(first.spacing[0]) + " mm, '" + slice.file +
                        "' " + std::to_string(slice.columns) + " x " + std::to_string(slice.rows) + " of " +
                        shown(slice.spacing[0]) + " mm",
                    "all slices of a series have the same pixels", "remove localisers and reformats from the folder");
    if (differs(slice.orientation, first.orientation, direction_tolerance))
      throw refused(path, "of slices in several directions: '" + first.file + "' and '" + slice.file + "' differ",
                    "the slices of a stack are parallel", "remove localisers and reformats from the folder");
    if (!(slice.spacing[0] > 0 && slice.spacing[1] > 0))
      throw refused(path, "with '" + slice.file + "' of pixels " + shown(slice.spacing[0]) + " mm wide",
                    "a pixel has a positive width", "export the series again");
  }
  const Point row = {first.orientation[0], first.orientation[1], first.orientation[2]},
              column = {first.orientation[3], first.orientation[4], first.orientation[5]};
  if (std::abs(norm(row) - 1) > 1e-3 || std::abs(norm(column) - 1) > 1e-3 || std::abs(dot(row, column)) > 1e-3)
    throw refused(path, "of rows and columns that are not at right angles",
                  "the directions are orthogonal unit vectors", "export the series again");
  if (slices.size() < 2)
    throw refused(path, "of one slice", "a stack has at least two", "give the folder with all slices of the series");
}

/// The vector from each slice to the next, for slices in order.
Point check_stack(const std::string &path, const std::vector<Slice> &slices, const Point &normal)
{
  std::vector<double> gaps;
  for (std::size_t i = 1; i < slices.size(); ++i)
    gaps.push_back(slices[i].along - slices[i - 1].along);
  auto sorted = gaps;
  std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() / 2), sorted.end());
  const double usual = sorted[sorted.size() / 2];
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const std::string pair = "'" + slices[i].file + "' and '" + slices[i + 1].file + "'";
    if (gaps[i] < length_tolerance)
      throw refused(path, "with two slices at one place: " + pair, "each place is scanned once",
                    "separate the series (phases, kernels) and remove copies");
    const double ratio = gaps[i] / usual;
    if (std::abs(gaps[i] - usual) <= std::max(length_tolerance, .01 * usual))
      continue;
    const bool is_missing = ratio > 1.5 && std::abs(ratio - std::round(ratio)) < .02;
    throw refused(path,
                  is_missing
                      ? "without " + std::to_string(int(std::round(ratio)) - 1) + " slices between " + pair
                      : "of mixed distances: " + shown(usual) + " mm, but " + shown(gaps[i]) + " mm between " + pair,
                  "the slices of a stack are equally far apart",
                  is_missing ? "find the missing files, or cut the series there"
                             : "resample the series to equal distances, or give the part that has them");
  }
  Point step;
  for (int axis = 0; axis < 3; ++axis)
    step[axis] = (slices.back().position[axis] - slices.front().position[axis]) / double(slices.size() - 1);
  const double across = norm(step - dot(step, normal) * normal);
  const double tilt = std::atan2(across, dot(step, normal)) * 180 / std::acos(-1.);
  if (tilt > largest_tilt)
    throw refused(path, "sheared by " + shown(tilt) + " degrees",
                  "a gantry tilts by at most " + shown(largest_tilt) + " degrees", "export the original slices again");
  for (std::size_t i = 0; i < slices.size(); ++i) {
    Point expected;
    for (int axis = 0; axis < 3; ++axis)
      expected[axis] = slices.front().position[axis] + double(i) * step[axis] - slices[i].position[axis];
    if (norm(expected) > std::max(.05, .02 * usual))
      throw refused(path,
                    "with '" + slices[i].file + "' " + shown(norm(expected)) + " mm beside the line of the others",
                    "the slices of a stack follow one line", "remove that slice's series, or resample it");
  }
  return step;
}

InputError unreadable_pixels(const std::string &path, const Slice &slice, const std::string &why)
{
  return refused(path, "with '" + slice.file + "', whose pixels cannot be read", why,
                 "copy it again, or export the series uncompressed");
}

/// The numbers as they are stored, little endian.
void read_stored(const std::string &path, const Slice &slice, const std::size_t n, float *values)
{
  const DicomScreen &screen = slice.screen;
  const std::size_t width = screen.bits / 8;
  std::vector<unsigned char> bytes(n * width);
  std::ifstream file(fs::path(path) / slice.file, std::ios::binary);
  file.seekg(std::streamoff(screen.pixels_at));
  if (!file.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(bytes.size())))
    throw unreadable_pixels(path, slice, "the file ends before they do");
  const std::int64_t range = std::int64_t(1) << screen.bits_stored;
  for (std::size_t i = 0; i < n; ++i) {
    std::int64_t number = 0;
    for (std::size_t k = 0; k < width; ++k)
      number |= std::int64_t(bytes[i * width + k]) << 8 * k;
    number &= range - 1; // bits above those stored may hold overlays
    if (screen.is_signed && number >= range / 2)
      number -= range;
    values[i] = float(slice.rescale[0] * double(number) + slice.rescale[1]);
  }
}

/// Through GDCM, which also rescales.
void read_compressed(const std::string &path, const Slice &slice, const std::size_t n, float *values)
{
  using ItkImage = itk::Image<float, 3>;
  const auto reader = itk::ImageFileReader<ItkImage>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileName((fs::path(path) / slice.file).string());
  bool whole = false;
  try {
    reader->Update();
    whole = reader->GetOutput()->GetLargestPossibleRegion().GetNumberOfPixels() == n;
  } catch (const itk::ExceptionObject &) { // its text may hold whatever stands in the file
  }
  if (!whole)
    throw unreadable_pixels(path, slice, "they are damaged, or compressed in a way that GDCM does not know");
  std::copy(reader->GetOutput()->GetBufferPointer(), reader->GetOutput()->GetBufferPointer() + n, values);
}

} // namespace

DicomSeries read_dicom_series(const std::string &path, const std::string &series)
{
  gdcm::Trace::SetWarning(false); // it prints what it then bears with
  gdcm::Trace::SetError(false);
  auto slices = choose_series(path, series);
  check_slices(path, slices);
  const Slice first = slices.front();
  const Point row = {first.orientation[0], first.orientation[1], first.orientation[2]},
              column = {first.orientation[3], first.orientation[4], first.orientation[5]};
  const Point normal = cross(row, column);
  for (Slice &slice : slices)
    slice.along = dot(normal, {slice.position[0], slice.position[1], slice.position[2]});
  std::sort(slices.begin(), slices.end(), [](const Slice &a, const Slice &b) { return a.along < b.along; });
  const Point step = check_stack(path, slices, normal);

  constexpr double lps_sign[3] = {-1, -1, 1};
  DicomSeries read;
  Image<float> &image = read.image;
  image.grid.size = {{first.columns, first.rows, static_cast<int>(slices.size())}};
  for (int axis = 0; axis < 3; ++axis) {
    image.grid.index_to_world.offset[axis] = lps_sign[axis] * slices.front().position[axis];
    image.grid.index_to_world.linear[axis][0] = lps_sign[axis] * row[axis] * first.spacing[1];
    image.grid.index_to_world.linear[axis][1] = lps_sign[axis] * column[axis] * first.spacing[0];
    image.grid.index_to_world.linear[axis][2] = lps_sign[axis] * step[axis];
  }
  image.values.resize(image.grid.n_voxels());
  const std::size_t n = std::size_t(first.rows) * std::size_t(first.columns);
  for (std::size_t k = 0; k < slices.size(); ++k)
    (slices[k].screen.is_compressed ? read_compressed : read_stored)(path, slices[k], n, image.values.data() + k * n);
  const double across = norm(step - dot(step, normal) * normal);
  if (across > std::max(1e-3 * norm(step), length_tolerance / double(slices.size()))) {
    read.notes.push_back(
        "The gantry was tilted by " + shown(std::round(10 * stack_shear(image.grid)) / 10) +
        " degrees: the slices were resampled onto a straight lattice; labels must be on that lattice.");
    image = straight_stack(image);
  }
  if (std::any_of(slices.begin(), slices.end(), [](const Slice &slice) { return slice.has_contrast_medium; }))
    read.notes.push_back("The header states contrast medium, which raises HU in bone: the density is overestimated. "
                         "Calibrate a native scan where there is one.");
  return read;
}

} // namespace cageopt::inputs
