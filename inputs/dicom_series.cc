#include <inputs/dicom_series.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <inputs/available_memory.h>
#include <inputs/dicom_pixels.h>
#include <inputs/dicom_screen.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/straight_stack.h>

namespace cageopt::inputs {

namespace {

namespace fs = std::filesystem;

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

std::string shown(const double value) { return formatted("%.6g", value); }

/// The slice's description, or false where the file is no DICOM image.
bool read_header(const std::string &path, const fs::path &file, Slice &slice)
{
  const DicomScreen screen = screen_dicom(file.string());
  if (!screen.is_dicom)
    return false;
  if (!screen.defect.empty())
    throw refused(path, "with '" + file.filename().string() + "', which is damaged", screen.defect,
                  "copy it again, or take it out of the folder if it is no slice (a DICOMDIR, a report)");
  const auto text = [&](const std::uint32_t tag) {
    const auto found = screen.texts.find(tag);
    return found == screen.texts.end() ? std::string() : found->second;
  };
  const auto frames = numbers(text(dicom::n_frames));
  slice.file = file.filename().string();
  slice.modality = text(dicom::modality);
  slice.uid = text(dicom::series_uid);
  const std::string agent = text(dicom::contrast_agent);
  slice.has_contrast_medium = !agent.empty() && agent != "NONE" && agent != "None" && agent != "NO" && agent != "No";
  slice.number = text(dicom::series_number);
  slice.position = numbers(text(dicom::position));
  slice.orientation = numbers(text(dicom::orientation));
  slice.spacing = numbers(text(dicom::pixel_spacing));
  slice.rescale = numbers(text(dicom::slope) + "\\" + text(dicom::intercept));
  slice.screen = screen;
  slice.rows = int(screen.rows);
  slice.columns = int(screen.columns);
  slice.frames = frames.size() == 1 && frames[0] >= 0 && frames[0] < 1e6 ? int(frames[0]) : 1;
  slice.samples = int(screen.samples);
  return true;
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

} // namespace

DicomSeries read_dicom_series(const std::string &path, const std::string &series)
{
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

  DicomSeries read;
  Image<float> &image = read.image;
  image.grid.size = {{first.columns, first.rows, static_cast<int>(slices.size())}};
  for (int axis = 0; axis < 3; ++axis) {
    image.grid.index_to_world.offset[axis] = lps_to_ras[axis] * slices.front().position[axis];
    image.grid.index_to_world.linear[axis][0] = lps_to_ras[axis] * row[axis] * first.spacing[1];
    image.grid.index_to_world.linear[axis][1] = lps_to_ras[axis] * column[axis] * first.spacing[0];
    image.grid.index_to_world.linear[axis][2] = lps_to_ras[axis] * step[axis];
  }
  if (image.grid.n_voxels() > std::size_t(std::numeric_limits<int>::max()))
    throw refused(path, "too large", "2147483647 voxels are read at most", "cut it to the two vertebrae");
  require_memory_for("The DICOM folder '" + path + "'", double(image.grid.n_voxels()) * sizeof(float));
  image.values.resize(image.grid.n_voxels());
  const std::size_t n = std::size_t(first.rows) * std::size_t(first.columns);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const Slice &slice = slices[k];
    const std::string problem = read_dicom_pixels((fs::path(path) / slice.file).string(), slice.screen,
                                                  slice.rescale[0], slice.rescale[1], image.values.data() + k * n);
    if (!problem.empty())
      throw refused(path, "with '" + slice.file + "', whose pixels cannot be read", problem,
                    "copy it again, or export the series uncompressed");
  }
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
