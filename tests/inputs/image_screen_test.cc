#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <zlib.h>

#include <inputs/image.h>
#include <inputs/image_screen.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

std::string gzip(const TemporaryFolder &folder, const std::string &name, const std::string &content)
{
  const gzFile file = gzopen((folder / name).c_str(), "wb9");
  gzwrite(file, content.data(), unsigned(content.size()));
  gzclose(file);
  return folder / name;
}

template <typename T>
void put(std::string &bytes, const std::size_t at, const T value)
{
  std::memcpy(&bytes[at], &value, sizeof(T));
}

/// A NIfTI-1 file of n^3 short voxels (nifti1.h: byte offsets) without the voxels.
std::string nifti_header(const std::int16_t n)
{
  std::string bytes(352, '\0');
  put(bytes, 0, std::int32_t(348));
  for (const int i : {0, 1, 2, 3})
    put(bytes, 40 + 2 * std::size_t(i), i == 0 ? std::int16_t(3) : n);
  put(bytes, 70, std::int16_t(4));
  for (const int axis : {1, 2, 3})
    put(bytes, 76 + 4 * std::size_t(axis), 2.f);
  put(bytes, 108, 352.f);
  put(bytes, 252, std::int16_t(1));
  bytes.replace(344, 3, "n+1");
  return bytes;
}

std::string nifti_file(const std::size_t at, const float value)
{
  std::string bytes = nifti_header(2) + std::string(16, '\1');
  put(bytes, at, value);
  return bytes;
}

std::string nrrd(const std::string &fields, const std::string &voxels = std::string(16, '\1'))
{
  return "NRRD0004\ntype: short\ndimension: 3\nendian: little\n" + fields + "\n" + voxels;
}

std::string meta(const std::string &fields, const std::string &voxels = std::string(16, '\1'))
{
  return "ObjectType = Image\nNDims = 3\nElementType = MET_SHORT\n" + fields + voxels;
}

class ImageScreen : public testing::Test
{
protected:
  void refused(const std::string &name, const std::string &content, const std::string &why) const
  {
    const std::string path = folder.write(name, content);
    expect_parts(bad_input_message([&] { read_image(path); }), {name, why});
  }
  TemporaryFolder folder;
};

} // namespace

TEST_F(ImageScreen, whole_files_are_read_in_every_form)
{
  folder.write("v.raw", "#" + std::string(16, '\1'));
  gzip(folder, "v.gz", std::string(16, '\1'));
  const std::string sizes = "space: RAS\nsizes: 2 2 2\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n";
  for (const auto &[name, content] : std::initializer_list<std::pair<std::string, std::string>>{
           {"a.nii", nifti_header(2) + std::string(16, '\1')},
           {"a.nrrd", nrrd(sizes + "encoding: raw\n")},
           {"a.nhdr", nrrd(sizes + "encoding: raw\nbyte skip: 1\ndata file: v.raw\n", "")},
           {"b.nhdr", nrrd(sizes + "encoding: raw\nbyteskip: -1\ndatafile: v.raw\n", "")},
           {"c.nhdr", nrrd(sizes + "encoding: gzip\ndata file: v.gz\n", "")},
           {"a.mha", meta("DimSize = 2 2 2\nElementDataFile = LOCAL\n")},
           {"a.mhd", meta("DimSize = 2 2 2\nHeaderSize = 1\nElementDataFile = v.raw\n", "")},
           {"b.mhd", meta("DimSize = 2 2 2\nHeaderSize = -1\nElementDataFile = v.raw\n", "")}})
    EXPECT_EQ(read_image(folder.write(name, content)).values, std::vector<float>(8, 257)) << name;
}

TEST_F(ImageScreen, sizes_that_no_file_holds_are_refused)
{
  const std::string huge = "2147483648 2147483648 2147483648", large = "1290 1290 1290";
  refused("a.nii", nifti_header(32767), "2147483647 voxels are read at most");
  refused("b.nii", nifti_header(1290), "it holds 0 bytes instead of 4293378000");
  refused("a.nrrd", nrrd("sizes: " + huge + "\nencoding: raw\n"), "2147483647 voxels");
  refused("b.nrrd", nrrd("sizes: " + large + "\nencoding: gzip\n"), "compressed bytes cannot hold so many");
  refused("a.mha", meta("DimSize = " + huge + "\nElementDataFile = LOCAL\n"), "2147483647 voxels");
  refused("b.mha", meta("DimSize = " + large + "\nCompressedData = True\nElementDataFile = LOCAL\n"), "cannot hold");
  refused("c.mha", meta("DimSize = 99999999999999999999 1 1\nElementDataFile = LOCAL\n"), "no whole number");
  const std::string packed = gzip(folder, "a.nii.gz", nifti_header(1290));
  expect_parts(bad_input_message([&] { read_image(packed); }), {"a.nii.gz", "cannot hold so many"});
}

TEST_F(ImageScreen, a_stream_that_goes_on_is_refused)
{
  const std::string bomb = gzip(folder, "bomb.nii.gz", nifti_header(2) + std::string(50 << 20, '\0'));
  expect_parts(bad_input_message([&] { read_image(bomb); }), {"bomb.nii.gz", "go on after the 16 bytes"});
}

TEST_F(ImageScreen, voxels_outside_the_folder_are_refused)
{
  for (const std::string place : {"/etc/passwd", "../v.raw", "a/../../v.raw", "..\\v.raw"}) {
    refused("a.nhdr", nrrd("sizes: 2 2 2\nencoding: raw\ndata file: " + place + "\n", ""), "in the header's folder");
    refused("a.mhd", meta("DimSize = 2 2 2\nElementDataFile = " + place + "\n", ""), "in the header's folder");
  }
  refused("a.nhdr", nrrd("sizes: 2 2 2\nencoding: raw\ndata file: v%d.raw 1 2 1\n", ""), "several files are not read");
  refused("a.mhd", meta("DimSize = 2 2 2\nElementDataFile = LIST\n", "v.raw\n"), "several files are not read");
}

TEST_F(ImageScreen, headers_that_say_nothing_clear_are_refused)
{
  const std::string end = "encoding: raw\n", data = "ElementDataFile = LOCAL\n";
  refused("a.nrrd", nrrd("sizes: 2 2\n" + end), "'sizes' is not 3 numbers");
  refused("a.nrrd", nrrd("sizes: 2 0 2\n" + end), "'sizes' is not 3 numbers");
  refused("a.nrrd", nrrd("sizes: 2 2 2\nsizes: 2 2 2\n" + end), "'sizes' twice");
  refused("a.nrrd", nrrd(end), "no 'sizes'");
  refused("a.nrrd", nrrd("sizes: 2 2 2\nencoding: bzip2\n"), "raw, gzip and ascii");
  refused("a.nrrd", nrrd("sizes: 2 2 2\nline skip: 3\n" + end), "'line skip'");
  refused("a.nrrd", nrrd("sizes: 2 2 2\n" + std::string(2000, 'x') + ": 1\n" + end), "longer than 1000");
  std::string remarks;
  for (int i = 0; i < 7000; ++i)
    remarks += "# a remark\n";
  refused("a.nrrd", nrrd(remarks + "sizes: 2 2 2\n" + end), "longer than 65536");
  refused("a.mha", "NDims = 1000\nDimSize = 2\nElementType = MET_SHORT\n" + data, "number of dimensions is 1000");
  refused("a.mha", meta("DimSize = 2 2 2\nOffset = 1 2 3 4\n" + data), "'Offset' has 4 numbers in 3 dimensions");
  refused("a.mha", meta("DimSize = 2 2 2\nElementSpacing = 1 1 nan\n" + data), "which is no number");
  refused("a.mha", meta("DimSize = 2 2 2\nCompressedData = perhaps\n" + data), "instead of True or False");
  refused("a.mha", meta("DimSize = 2 2 2\nHeaderSize = 4\n" + data), "a file of their own");
  refused("a.mha", "NDims = 3\nDimSize = 2 2 2\nElementType = MET_STRING\n" + data, "MET_STRING");
  refused("a.mha", meta("DimSize = 2 2 2\nElementSpacing = 1 1 1e9\n" + data), "mm wide");
  const float infinite = std::numeric_limits<float>::infinity();
  refused("a.nii", nifti_file(80, 0.f), "wide");
  refused("a.nii", nifti_file(108, 1e9f), "begin at byte");
  refused("a.nii", nifti_file(268, infinite), "qform is no number");
  refused("a.nii", nifti_file(112, infinite), "infinite");
  std::string other = nifti_header(2);
  put(other, 0, std::int32_t(540));
  refused("a.nii", other, "NIfTI-1 is read");
}
