#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include <gdcmDataElement.h>
#include <gdcmFile.h>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>
#include <gdcmWriter.h>
#include <gtest/gtest.h>

#include <inputs/dicom_screen.h>
#include <inputs/dicom_series.h>
#include <inputs/patient.h>
#include <inputs/phantom.h>
#include <inputs/straight_stack.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

const std::string data = CAGEOPT_SOURCE_DIR "/../shared/data";

/// HU at a place, RAS mm; whole even numbers from -1024 on, so that they are stored exactly.
double hounsfield(const Point &ras) { return 2 * std::floor(.5 * (3 * ras[0] + 7 * ras[1] + .5 * ras[2]) + .25); }

/// A CT series whose value is a linear function of the place in space, without symmetry.
struct Series
{
  std::string uid = "1.2.3.4", number = "7", modality = "CT";
  Point row{{1, 0, 0}}, column{{0, 1, 0}}, first{{-10, 20, -300}}; ///< LPS
  Point step{{0, 0, 2}};                                           ///< from slice to slice
  int rows = 4, columns = 5, slices = 6;
  double along_row = .7, down_column = 1.1; ///< pixel spacing, mm
  double slope = 2, intercept = -1024;
  std::function<double(const Point &)> value = hounsfield; ///< HU at a place, RAS mm
};

void put(gdcm::DataSet &set, const std::uint16_t group, const std::uint16_t element, const gdcm::VR vr,
         std::string text)
{
  if (text.size() % 2 == 1)
    text += vr == gdcm::VR::UI ? '\0' : ' ';
  gdcm::DataElement entry(gdcm::Tag(group, element));
  entry.SetVR(vr);
  entry.SetByteValue(text.data(), std::uint32_t(text.size()));
  set.Replace(entry);
}

void put(gdcm::DataSet &set, const std::uint16_t group, const std::uint16_t element, const int value)
{
  const std::uint16_t word = std::uint16_t(value);
  put(set, group, element, gdcm::VR::US, std::string(reinterpret_cast<const char *>(&word), 2));
}

std::string joined(const std::initializer_list<double> numbers)
{
  std::string text;
  for (const double number : numbers) {
    char one[24];
    std::snprintf(one, sizeof one, "%.9g", number);
    text += (text.empty() ? "" : "\\") + std::string(one);
  }
  return text;
}

/// One slice of a series; `position` LPS. The file names a patient and numbers its instances backwards.
void write_slice(const std::string &file, const Series &series, const int k, const Point &position)
{
  gdcm::Writer writer;
  gdcm::DataSet &set = writer.GetFile().GetDataSet();
  put(set, 0x0008, 0x0016, gdcm::VR::UI, "1.2.840.10008.5.1.4.1.1.2");
  put(set, 0x0008, 0x0018, gdcm::VR::UI, series.uid + "." + std::to_string(k + 1));
  put(set, 0x0008, 0x0060, gdcm::VR::CS, series.modality);
  put(set, 0x0010, 0x0010, gdcm::VR::PN, "Doe^Jane");
  put(set, 0x0020, 0x000d, gdcm::VR::UI, "1.2.3");
  put(set, 0x0020, 0x000e, gdcm::VR::UI, series.uid);
  put(set, 0x0020, 0x0011, gdcm::VR::IS, series.number);
  put(set, 0x0020, 0x0013, gdcm::VR::IS, std::to_string(series.slices - k));
  put(set, 0x0020, 0x0032, gdcm::VR::DS, joined({position[0], position[1], position[2]}));
  put(set, 0x0020, 0x0037, gdcm::VR::DS,
      joined({series.row[0], series.row[1], series.row[2], series.column[0], series.column[1], series.column[2]}));
  put(set, 0x0028, 0x0002, 1);
  put(set, 0x0028, 0x0004, gdcm::VR::CS, "MONOCHROME2");
  put(set, 0x0028, 0x0010, series.rows);
  put(set, 0x0028, 0x0011, series.columns);
  put(set, 0x0028, 0x0030, gdcm::VR::DS, joined({series.down_column, series.along_row}));
  put(set, 0x0028, 0x0100, 16);
  put(set, 0x0028, 0x0101, 16);
  put(set, 0x0028, 0x0102, 15);
  put(set, 0x0028, 0x0103, 1);
  put(set, 0x0028, 0x1052, gdcm::VR::DS, joined({series.intercept}));
  put(set, 0x0028, 0x1053, gdcm::VR::DS, joined({series.slope}));
  std::vector<std::int16_t> pixels;
  for (int j = 0; j < series.rows; ++j)
    for (int i = 0; i < series.columns; ++i) {
      const Point lps = position + (i * series.along_row) * series.row + (j * series.down_column) * series.column;
      pixels.push_back(
          std::int16_t(std::lround((series.value({-lps[0], -lps[1], lps[2]}) - series.intercept) / series.slope)));
    }
  put(set, 0x7fe0, 0x0010, gdcm::VR::OW,
      std::string(reinterpret_cast<const char *>(pixels.data()), pixels.size() * sizeof(pixels[0])));
  writer.GetFile().GetHeader().SetDataSetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
  writer.SetFileName(file.c_str());
  ASSERT_TRUE(writer.Write()) << file;
}

Point place(const Series &series, const int k) { return series.first + double(k) * series.step; }

/// Slices in shuffled order, so that file names say nothing.
void write_series(const TemporaryFolder &folder, const Series &series, const std::string &prefix = "IM")
{
  std::vector<int> order(std::size_t(series.slices));
  for (int k = 0; k < series.slices; ++k)
    order[std::size_t(k)] = k;
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  for (int k = 0; k < series.slices; ++k)
    write_slice(folder / (prefix + std::to_string(order[std::size_t(k)])), series, k, place(series, k));
}

void expect_values_at_their_places(const Image<float> &image)
{
  for (int k = 0; k < image.grid.size[2]; ++k)
    for (int j = 0; j < image.grid.size[1]; ++j)
      for (int i = 0; i < image.grid.size[0]; ++i)
        ASSERT_FLOAT_EQ(image(i, j, k), hounsfield(image.grid.index_to_world({double(i), double(j), double(k)})))
            << i << ' ' << j << ' ' << k;
}

std::string refusal(const TemporaryFolder &folder, const std::string &series = "")
{
  const auto message = bad_input_message([&] { read_dicom_series(folder / ".", series); });
  EXPECT_EQ(message.find("Doe"), std::string::npos) << message;
  return message;
}

} // namespace

TEST(DicomSeries, values_stand_at_their_places_in_all_48_orientations)
{
  // Rows and columns along any two of the six half axes, and slices listed to either side of them.
  for (int row_axis = 0; row_axis < 3; ++row_axis)
    for (int column_axis = 0; column_axis < 3; ++column_axis)
      for (int signs = 0; signs < (row_axis == column_axis ? 0 : 8); ++signs) {
        Series series;
        series.row = series.column = series.step = {0, 0, 0};
        series.row[std::size_t(row_axis)] = signs & 1 ? -1 : 1;
        series.column[std::size_t(column_axis)] = signs & 2 ? -1 : 1;
        series.step[std::size_t(3 - row_axis - column_axis)] = signs & 4 ? -2 : 2;
        const TemporaryFolder folder;
        write_series(folder, series);
        const auto image = read_dicom_series(folder / ".").image;
        EXPECT_EQ(image.grid.size, (std::array<int, 3>{{5, 4, 6}}));
        expect_values_at_their_places(image);
      }
}

TEST(DicomSeries, an_oblique_stack_keeps_its_lattice)
{
  Series series;
  const double c = std::cos(.3), s = std::sin(.3);
  series.row = {c, s, 0};
  series.column = {-s * .8, c * .8, .6};
  series.step = 1.5 * cross(series.row, series.column);
  const TemporaryFolder folder;
  write_series(folder, series);
  const auto image = read_dicom_series(folder / ".").image;
  const Point spacing = image.grid.spacing();
  EXPECT_NEAR(spacing[0], .7, 1e-6);
  EXPECT_NEAR(spacing[1], 1.1, 1e-6);
  EXPECT_NEAR(spacing[2], 1.5, 1e-6);
  expect_values_at_their_places(image);
}

TEST(DicomSeries, a_tilted_gantry_is_straightened)
{
  const TemporaryFolder folder;
  Series series;
  series.step = {0, .5, 2};
  write_series(folder, series);
  const auto read = read_dicom_series(folder / ".");
  ASSERT_EQ(read.notes.size(), 1u);
  expect_parts(read.notes.front(), {"tilted by 14 degrees"});
  const auto &image = read.image;
  EXPECT_EQ(image.grid.size, (std::array<int, 3>{{5, 7, 6}})); // 2.5 mm more along columns of 1.1 mm
  EXPECT_NEAR(stack_shear(image.grid), 0., 1e-9);
  int n_compared = 0;
  for (int k = 0; k < 6; ++k)
    for (int j = 0; j < 7; ++j)
      for (int i = 0; i < 5; ++i) {
        const double within = j - .5 * k / 1.1; // pixels in the slice itself
        if (within < 0 || within > 3)
          continue;
        const Point place = image.grid.index_to_world({double(i), double(j), double(k)});
        EXPECT_NEAR(image(i, j, k), 3 * place[0] + 7 * place[1] + .5 * place[2], 2.);
        ++n_compared;
      }
  EXPECT_GT(n_compared, 80);
}

TEST(DicomSeries, compressed_slices_are_read)
{
  const TemporaryFolder folder;
  const Series series;
  write_series(folder, series);
  for (int k = 0; k < series.slices; ++k) {
    const std::string file = folder / ("IM" + std::to_string(k));
    gdcm::ImageReader reader;
    reader.SetFileName(file.c_str());
    ASSERT_TRUE(reader.Read());
    gdcm::ImageChangeTransferSyntax change;
    change.SetTransferSyntax(gdcm::TransferSyntax::JPEGLosslessProcess14_1);
    change.SetInput(reader.GetImage());
    ASSERT_TRUE(change.Change());
    gdcm::ImageWriter writer;
    writer.SetFile(reader.GetFile());
    writer.SetImage(change.GetOutput());
    writer.SetFileName(file.c_str());
    ASSERT_TRUE(writer.Write());
    EXPECT_TRUE(screen_dicom(file).is_compressed);
  }
  expect_values_at_their_places(read_dicom_series(folder / ".").image);
}

TEST(DicomSeries, one_of_several_is_chosen_by_number_or_uid)
{
  const TemporaryFolder folder;
  Series thin, thick;
  thick.uid = "1.2.3.5";
  thick.number = "8";
  thick.step = {0, 0, 5};
  thick.slices = 3;
  write_series(folder, thin, "a");
  write_series(folder, thick, "b");
  std::ofstream(folder / "readme.txt") << "no image";
  expect_parts(refusal(folder), {"of 2 series", "number 7, UID 1.2.3.4, CT, 6 images of 5 x 4", "number 8, UID 1.2.3.5",
                                 "'Patient/Series'"});
  EXPECT_EQ(read_dicom_series(folder / ".", "8").image.grid.size[2], 3);
  EXPECT_EQ(read_dicom_series(folder / ".", "1.2.3.4").image.grid.size[2], 6);
  expect_parts(refusal(folder, "9"), {"without a series '9'", "number 7"});
}

TEST(DicomSeries, stacks_that_are_no_lattice_are_refused)
{
  const Series series;
  const auto with = [](const Series &changed, const std::initializer_list<std::string> &parts) {
    const TemporaryFolder folder;
    write_series(folder, changed);
    expect_parts(refusal(folder), parts);
  };
  Series other = series;
  other.step = {0, 1.5, 2};
  with(other, {"sheared by 36.8", "at most 35 degrees"});
  other = series;
  other.modality = "MR";
  with(other, {"of modality 'MR'", "CT"});
  other = series;
  other.slices = 1;
  with(other, {"of one slice"});
  other = series;
  other.column = {.1, 1, 0};
  with(other, {"not at right angles"});

  const auto disturbed = [&](const auto &disturb, const std::initializer_list<std::string> &parts) {
    const TemporaryFolder folder;
    for (int k = 0; k < series.slices; ++k)
      disturb(folder, k, folder / ("IM" + std::to_string(k)));
    expect_parts(refusal(folder), parts);
  };
  disturbed(
      [&](const auto &, const int k, const std::string &file) {
        if (k != 2 && k != 3)
          write_slice(file, series, k, place(series, k));
      },
      {"without 2 slices between 'IM1' and 'IM4'", "find the missing files"});
  disturbed([&](const auto &, const int k,
                const std::string &file) { write_slice(file, series, k, place(series, k == 3 ? 2 : k)); },
            {"two slices at one place", "'IM2'", "'IM3'"});
  disturbed(
      [&](const auto &, const int k, const std::string &file) {
        write_slice(file, series, k, place(series, k) + Point{0, 0, k > 3 ? 1.3 : 0.});
      },
      {"of mixed distances: 2 mm, but 3.3 mm between 'IM3' and 'IM4'"});
  disturbed(
      [&](const auto &, const int k, const std::string &file) {
        write_slice(file, series, k, place(series, k) + Point{k == 2 ? .4 : 0., 0, 0});
      },
      {"'IM2' 0.4 mm beside the line"});
  disturbed(
      [&](const auto &, const int k, const std::string &file) {
        Series wide = series;
        wide.columns = k == 4 ? 8 : 5;
        write_slice(file, wide, k, place(series, k));
      },
      {"'IM0' has 5 x 4 pixels", "'IM4' 8 x 4"});
  disturbed(
      [&](const auto &, const int k, const std::string &file) {
        Series turned = series;
        if (k == 4)
          turned.row = {0, 0, 1};
        write_slice(file, turned, k, place(series, k));
      },
      {"several directions", "'IM0' and 'IM4'"});
}

TEST(DicomSeries, damaged_and_foreign_files_are_refused)
{
  const TemporaryFolder folder;
  expect_parts(refusal(folder), {"without a DICOM image", "its 0 files"});
  std::ofstream(folder / "ct.txt") << "no image";
  expect_parts(refusal(folder), {"without a DICOM image", "its 1 files"});
  const Series series;
  for (int k = 0; k < series.slices; ++k)
    write_slice(folder / ("IM" + std::to_string(k)), series, k, place(series, k));
  std::ifstream file(folder / "IM3", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  const auto put_instead = [&](const std::string &bytes) { std::ofstream(folder / "IM3", std::ios::binary) << bytes; };
  put_instead(whole.substr(0, whole.size() - 20));
  expect_parts(refusal(folder),
               {"'IM3', which is damaged", "(7fe0,0010) claims 40 bytes where 20 are left", "copy it"});
  // Cut off anywhere it is passed over (no preamble) or refused, and never ends the program.
  for (std::size_t length = 1; length < whole.size(); ++length) {
    put_instead(whole.substr(0, length));
    expect_parts(refusal(folder), {length < 132 ? "'IM" : "'IM3', which is damaged"});
  }
  // The same for any one byte changed: read, passed over or refused.
  std::mt19937 generator(2);
  for (int trial = 0; trial < 300; ++trial) {
    auto bytes = whole;
    bytes[132 + generator() % (whole.size() - 132)] = char(generator());
    put_instead(bytes);
    try {
      const auto image = read_dicom_series(folder / ".").image;
      EXPECT_EQ(image.values.size(), image.grid.n_voxels());
    } catch (const Error &error) {
      EXPECT_EQ(error.code, ExitCode::bad_input);
    }
  }
}

TEST(DicomSeries, compressed_slices_that_claim_too_much_or_are_damaged_are_refused)
{
  const TemporaryFolder folder;
  Series series;
  series.rows = series.columns = 32; // GDCM's encoder writes beyond its buffer for a few pixels
  for (int k = 0; k < series.slices; ++k)
    write_slice(folder / ("IM" + std::to_string(k)), series, k, place(series, k));
  gdcm::ImageReader reader;
  reader.SetFileName((folder / "IM3").c_str());
  ASSERT_TRUE(reader.Read());
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
  change.SetInput(reader.GetImage());
  ASSERT_TRUE(change.Change());
  gdcm::ImageWriter writer;
  writer.SetFile(reader.GetFile());
  writer.SetImage(change.GetOutput());
  writer.SetFileName((folder / "IM3").c_str());
  ASSERT_TRUE(writer.Write());
  EXPECT_NO_THROW(read_dicom_series(folder / "."));

  std::ifstream file(folder / "IM3", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  const auto with = [&](const std::string &from, const std::string &to) {
    std::string bytes = whole;
    bytes.replace(bytes.find(from), from.size(), to);
    std::ofstream(folder / "IM3", std::ios::binary) << bytes;
    return refusal(folder);
  };
  const std::string rows("\x28\0\x10\0US\2\0", 8), columns("\x28\0\x11\0US\2\0", 8);
  expect_parts(with(rows + std::string("\x20\0", 2) + columns + std::string("\x20\0", 2),
                    rows + "\xff\xff" + columns + "\xff\xff"),
               {"'IM3', which is damaged", "its pixels claim 8589672450 bytes"});
  expect_parts(with("\xff\x4f\xff\x51", "\xff\x4f\xff\x40"), {"'IM3', whose pixels cannot be read", "GDCM"});
}

TEST(DicomSeries, the_scanner_slab_stands_where_its_positions_say)
{
  const std::string folder = data + "/dicom_ct_series_slab";
  if (!std::filesystem::is_directory(folder))
    GTEST_SKIP() << folder << " is absent";
  const auto series = read_dicom_series(folder);
  const auto &image = series.image;
  ASSERT_EQ(series.notes.size(), 1u); // its README: contrast medium given
  expect_parts(series.notes.front(), {"contrast medium"});
  EXPECT_EQ(image.grid.size, (std::array<int, 3>{{512, 512, 20}}));
  const Point spacing = image.grid.spacing();
  EXPECT_NEAR(spacing[0], .9766, 1e-4);
  EXPECT_NEAR(spacing[2], 2., 1e-4);
  // Feet first in the stack: z grows with the index although the instance numbers fall.
  EXPECT_NEAR(image.grid.index_to_world({0, 0, 0})[2], -804.5, 1e-3);
  EXPECT_NEAR(image.grid.index_to_world({0, 0, 19})[2], -766.5, 1e-3);
  const auto [low, high] = std::minmax_element(image.values.begin(), image.values.end());
  EXPECT_EQ(*low, -1024);
  EXPECT_GT(*high, 500);
  // Soft tissue in the middle of the body, the spine behind it, air in the corner of the table's side.
  EXPECT_LT(image(2, 2, 10), -900);
  double mean = 0;
  for (int j = 240; j < 272; ++j)
    for (int i = 240; i < 272; ++i)
      mean += image(i, j, 10) / 1024.;
  EXPECT_GT(mean, -150);
  EXPECT_LT(mean, 400);
}

TEST(DicomSeries, the_builtin_patient_has_none)
{
  PatientParameters parameters;
  parameters.series = "7";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Source'", "'builtin'"});
}

/// From scanner files to bone: the built-in patient as a scanner would store him, oblique to the table.
TEST(DicomSeries, a_patient_from_a_series_has_the_same_bone)
{
  PhantomParameters phantom;
  phantom.voxel_in_plane = phantom.voxel_slice = 2;
  const Phantom made(phantom);
  const auto &grid = made.hounsfield().grid;
  const Point spacing = grid.spacing();
  const Affine to_index = grid.index_to_world.inverse();
  const auto in_lps = [](const Point &ras) { return Point{-ras[0], -ras[1], ras[2]}; };
  const auto column = [&](const int axis) {
    return in_lps({grid.index_to_world.linear[0][axis], grid.index_to_world.linear[1][axis],
                   grid.index_to_world.linear[2][axis]});
  };
  Series series;
  series.columns = grid.size[0];
  series.rows = grid.size[1];
  series.slices = grid.size[2];
  series.along_row = spacing[0];
  series.down_column = spacing[1];
  series.row = (1. / spacing[0]) * column(0);
  series.column = (1. / spacing[1]) * column(1);
  series.step = column(2);
  series.first = in_lps(grid.index_to_world({0, 0, 0}));
  series.slope = 1;
  series.value = [&](const Point &ras) {
    const Point index = to_index(ras);
    return made.hounsfield()(int(std::lround(index[0])), int(std::lround(index[1])), int(std::lround(index[2])));
  };
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "scan");
  for (int k = 0; k < series.slices; ++k)
    write_slice(folder / ("scan/" + std::to_string(1000 - k)), series, k, place(series, k));
  write_image(folder / "labels.nii.gz", made.labels());

  PatientParameters from_scanner, builtin;
  builtin.phantom = phantom;
  from_scanner.source = "files";
  from_scanner.image_file = folder / "scan";
  from_scanner.label_file = folder / "labels.nii.gz";
  from_scanner.calibration.slope = made.slope();
  from_scanner.calibration.intercept = made.intercept();
  from_scanner.calibration.source = "the line the image was made with";
  const auto expected = read_patient(builtin, "", MPI_COMM_SELF), read = read_patient(from_scanner, "", MPI_COMM_SELF);
  EXPECT_TRUE(read.bmd.grid.matches(expected.bmd.grid));
  EXPECT_EQ(read.labels.values, expected.labels.values);
  EXPECT_EQ(read.bmd.values, expected.bmd.values);
}
