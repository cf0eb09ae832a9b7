// The files are read back by a parser of this test's own (Boost's XML, zlib) and hold exactly what was written.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <sstream>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <deal.II/base/parameter_handler.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <inputs/error.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vti_writer.h>
#include <postprocess/vtu_writer.h>

#include "scratch_folder.h"

using namespace cageopt::postprocess;
using boost::property_tree::ptree;
using cageopt::inputs::Error;
using cageopt::inputs::ExitCode;

namespace {

int this_rank()
{
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int n_ranks()
{
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

struct VtkFile
{
  ptree root; // <VTKFile>

  explicit VtkFile(const std::string &path)
  {
    std::istringstream xml(read_text(path));
    ptree document;
    boost::property_tree::read_xml(xml, document);
    root = document.get_child("VTKFile");
  }

  template <typename T>
  std::vector<T> array(const ptree &parent, const std::string &name, const std::string &type,
                       const int n_components) const
  {
    for (const ptree::value_type &entry : parent) {
      const ptree &node = entry.second;
      if (entry.first != "DataArray" || node.get<std::string>("<xmlattr>.Name") != name)
        continue;
      EXPECT_EQ(node.get<std::string>("<xmlattr>.type"), type) << name;
      EXPECT_EQ(node.get<int>("<xmlattr>.NumberOfComponents"), n_components) << name;
      EXPECT_EQ(node.get<std::string>("<xmlattr>.format"), "binary");
      return decompress<T>(node.data());
    }
    ADD_FAILURE() << "no array " << name;
    return {};
  }

  /// Bytes of base64 without white space.
  static std::string decode(const std::string &text)
  {
    std::string bytes(text.size() / 4 * 3 + 1, '\0');
    const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()),
                                  reinterpret_cast<const unsigned char *>(text.data()), int(text.size()));
    EXPECT_GE(n, 0);
    bytes.resize(n - std::count(text.begin(), text.end(), '='));
    return bytes;
  }

  template <typename T>
  std::vector<T> decompress(std::string text) const
  {
    text.erase(std::remove_if(text.begin(), text.end(), [](const char c) { return c == '\n' || c == ' '; }),
               text.end());
    // [number of blocks, block size, size of a partial last block or 0, compressed sizes], in base64 of its own
    std::uint64_t n_blocks = 0;
    std::memcpy(&n_blocks, decode(text.substr(0, 12)).data(), sizeof n_blocks);
    if (n_blocks == 0)
      return {};
    std::vector<std::uint64_t> header(3 + n_blocks);
    const std::size_t header_letters = (8 * header.size() + 2) / 3 * 4;
    std::memcpy(header.data(), decode(text.substr(0, header_letters)).data(), 8 * header.size());
    const std::string compressed = decode(text.substr(header_letters));
    std::string plain;
    std::size_t begin = 0;
    for (std::uint64_t i = 0; i < n_blocks; ++i) {
      const bool is_partial = i + 1 == n_blocks && header[2] > 0;
      uLongf size = is_partial ? header[2] : header[1];
      const uLongf expected = size;
      std::string block(size, '\0');
      EXPECT_LE(begin + header[3 + i], compressed.size());
      EXPECT_EQ(uncompress(reinterpret_cast<Bytef *>(block.data()), &size,
                           reinterpret_cast<const Bytef *>(compressed.data()) + begin, header[3 + i]),
                Z_OK);
      EXPECT_EQ(size, expected);
      plain += block;
      begin += header[3 + i];
    }
    EXPECT_EQ(begin, compressed.size());
    std::vector<T> values(plain.size() / sizeof(T));
    std::memcpy(values.data(), plain.data(), values.size() * sizeof(T));
    return values;
  }
};

/// Text of the FieldData string arrays, tuples separated by '|'.
std::map<std::string, std::string> field_texts(const ptree &parent)
{
  std::map<std::string, std::string> result;
  for (const auto &[element, node] : parent.get_child("FieldData"))
    if (element == "DataArray") {
      std::istringstream codes(node.data());
      std::string text;
      for (int code; codes >> code;)
        text += code == 0 ? '|' : char(code);
      result[node.get<std::string>("<xmlattr>.Name")] = text;
    }
  return result;
}

/// A column of `n_cells` unit cubes at x = rank, with values that name rank and index.
GridView column_of_cubes(const int rank, const int n_cells)
{
  GridView grid;
  for (int z = 0; z <= n_cells; ++z)
    for (int corner = 0; corner < 4; ++corner)
      grid.points.push_back({{rank + corner % 2 + 0.1, corner / 2 - 1. / 3, double(z)}});
  std::vector<double> density;
  std::vector<float> strain;
  std::vector<std::uint8_t> region;
  std::vector<std::int32_t> level;
  for (unsigned int z = 0; z < unsigned(n_cells); ++z) {
    std::array<std::uint32_t, 8> lexicographic;
    for (unsigned int vertex = 0; vertex < 8; ++vertex)
      lexicographic[vertex] = 4 * z + vertex;
    grid.hexahedra.push_back(lexicographic_to_vtk(lexicographic));
    density.push_back(std::sin(rank * 1000. + z));
    for (int component = 0; component < 6; ++component)
      strain.push_back(float(rank + z + 0.1 * component));
    region.push_back(std::uint8_t(z + rank));
    level.push_back(-int(z) * 100000);
  }
  std::vector<double> displacement;
  for (const auto &point : grid.points)
    for (const double coordinate : point)
      displacement.push_back(std::exp(-coordinate));
  grid.cell_arrays = {
      {"density", "1", 1, density}, {"strain", "1", 6, strain}, {"region", "1", 1, region}, {"level", "1", 1, level}};
  grid.point_arrays = {{"displacement", "mm", 3, displacement}};
  grid.notes = {{"frame", "design <x right>"}};
  return grid;
}

template <typename T>
const std::vector<T> &values(const GridArray &array)
{
  return std::get<std::vector<T>>(array.values);
}

void expect_piece(const VtkFile &file, const ptree &piece, const GridView &grid)
{
  EXPECT_EQ(piece.get<std::size_t>("<xmlattr>.NumberOfPoints"), grid.points.size());
  EXPECT_EQ(piece.get<std::size_t>("<xmlattr>.NumberOfCells"), grid.hexahedra.size());
  std::vector<double> coordinates;
  for (const auto &point : grid.points)
    coordinates.insert(coordinates.end(), point.begin(), point.end());
  EXPECT_EQ(file.array<double>(piece.get_child("Points"), "Points", "Float64", 3), coordinates);
  std::vector<std::int64_t> connectivity, offsets;
  for (const auto &hexahedron : grid.hexahedra) {
    connectivity.insert(connectivity.end(), hexahedron.begin(), hexahedron.end());
    offsets.push_back(std::int64_t(connectivity.size()));
  }
  const auto &cells = piece.get_child("Cells");
  EXPECT_EQ(file.array<std::int64_t>(cells, "connectivity", "Int64", 1), connectivity);
  EXPECT_EQ(file.array<std::int64_t>(cells, "offsets", "Int64", 1), offsets);
  EXPECT_EQ(file.array<std::uint8_t>(cells, "types", "UInt8", 1), std::vector<std::uint8_t>(grid.hexahedra.size(), 12));
  const auto &cell_data = piece.get_child("CellData");
  EXPECT_EQ(file.array<double>(cell_data, "density", "Float64", 1), values<double>(grid.cell_arrays[0]));
  EXPECT_EQ(file.array<float>(cell_data, "strain", "Float32", 6), values<float>(grid.cell_arrays[1]));
  EXPECT_EQ(file.array<std::uint8_t>(cell_data, "region", "UInt8", 1), values<std::uint8_t>(grid.cell_arrays[2]));
  EXPECT_EQ(file.array<std::int32_t>(cell_data, "level", "Int32", 1), values<std::int32_t>(grid.cell_arrays[3]));
  EXPECT_EQ(file.array<double>(piece.get_child("PointData"), "displacement", "Float64", 3),
            values<double>(grid.point_arrays[0]));
}

/// Writes `n_cells_of(rank)` cubes per rank and reads all pieces through the .pvtu's list.
void write_and_compare(const unsigned int n_files, const std::function<int(int)> &n_cells_of,
                       const std::size_t n_expected_files)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  VtuWriterParameters parameters;
  parameters.n_files = n_files;
  const int n_mine = n_cells_of(this_rank());
  GridView grid = n_mine > 0 ? column_of_cubes(this_rank(), n_mine) : GridView();
  grid.notes = {{"frame", "design <x right>"}};
  const std::string name = VtuWriter(MPI_COMM_WORLD, scratch.path, parameters).write("solution/step_0001", grid);
  EXPECT_EQ(name, "solution/step_0001.pvtu");

  const VtkFile parallel(scratch.path + "/" + name);
  EXPECT_EQ(parallel.root.get<std::string>("<xmlattr>.type"), "PUnstructuredGrid");
  const auto &list = parallel.root.get_child("PUnstructuredGrid");
  std::vector<std::string> declared;
  for (const auto &[element, node] : list.get_child("PCellData"))
    if (element == "PDataArray")
      declared.push_back(node.get<std::string>("<xmlattr>.Name") + " " + node.get<std::string>("<xmlattr>.type") + " " +
                         node.get<std::string>("<xmlattr>.NumberOfComponents"));
  EXPECT_EQ(declared,
            (std::vector<std::string>{"density Float64 1", "strain Float32 6", "region UInt8 1", "level Int32 1"}));

  std::size_t n_listed_files = 0;
  int rank = 0;
  for (const auto &[element, node] : list) {
    if (element != "Piece")
      continue;
    ++n_listed_files;
    const VtkFile file(scratch.path + "/solution/" + node.get<std::string>("<xmlattr>.Source"));
    EXPECT_EQ(file.root.get<std::string>("<xmlattr>.header_type"), "UInt64");
    EXPECT_EQ(file.root.get<std::string>("<xmlattr>.compressor"), "vtkZLibDataCompressor");
    const auto &unstructured = file.root.get_child("UnstructuredGrid");
    const auto texts = field_texts(unstructured);
    EXPECT_EQ(texts.at("units"), "density: 1|strain: 1|region: 1|level: 1|displacement: mm|");
    EXPECT_EQ(texts.at("frame"), "design <x right>|");
    for (const auto &[child, piece] : unstructured)
      if (child == "Piece") {
        while (rank < n_ranks() && n_cells_of(rank) == 0)
          ++rank;
        ASSERT_LT(rank, n_ranks());
        expect_piece(file, piece, column_of_cubes(rank, n_cells_of(rank)));
        ++rank;
      }
  }
  EXPECT_EQ(n_listed_files, n_expected_files);
  while (rank < n_ranks() && n_cells_of(rank) == 0)
    ++rank;
  EXPECT_EQ(rank, n_ranks());
}

std::string internal_error_message(const GridView &grid)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  try {
    VtuWriter(MPI_COMM_WORLD, scratch.path).write("bad", grid);
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::internal_error);
    return error.what();
  }
  return "nothing was thrown";
}

} // namespace

TEST(VtuWriterMpi, OneFile)
{
  write_and_compare(
      1, [](const int rank) { return 3 + rank; }, 1);
}

TEST(VtuWriterMpi, MoreFilesThanRanks)
{
  write_and_compare(
      64, [](const int rank) { return 3 + rank; }, n_ranks());
}

TEST(VtuWriterMpi, TwoFiles)
{
  write_and_compare(
      2, [](const int) { return 2; }, std::min(2, n_ranks()));
}

// 4 bytes x 6 components x 30000 cells and 24 x 4 x 30001 bytes of points: several blocks, last one shorter.
TEST(VtuWriterMpi, ArraysOfSeveralBlocks)
{
  write_and_compare(
      1, [](const int) { return 30000; }, 1);
}

// 32768 doubles are exactly one block.
TEST(VtuWriterMpi, ArrayOfExactlyOneBlock)
{
  write_and_compare(
      1, [](const int) { return 32768; }, 1);
}

TEST(VtuWriterMpi, CellsOnTheLastRankOnly)
{
  const auto count = [](const int rank) { return rank == n_ranks() - 1 ? 5 : 0; };
  write_and_compare(1, count, 1);
  write_and_compare(3, count, 1);
}

TEST(VtuWriterMpi, CellsOnTheFirstRankOnly)
{
  const auto count = [](const int rank) { return rank == 0 ? 5 : 0; };
  write_and_compare(1, count, 1);
  write_and_compare(3, count, 1);
}

TEST(VtuWriterMpi, MistakesOfOneRankAreThrownOnAll)
{
  const bool last = this_rank() == n_ranks() - 1;
  GridView grid = column_of_cubes(this_rank(), 2);
  if (last)
    std::get<std::vector<double>>(grid.cell_arrays[0].values).pop_back();
  EXPECT_NE(internal_error_message(grid).find("cell array 'density' has 1 values"), std::string::npos);

  grid = column_of_cubes(this_rank(), 2);
  if (last)
    grid.hexahedra[1][7] = 12;
  EXPECT_NE(internal_error_message(grid).find("point 12 of 12"), std::string::npos);

  EXPECT_NE(internal_error_message(GridView()).find("no rank has a cell"), std::string::npos);

  grid = column_of_cubes(this_rank(), 2);
  if (last)
    grid.cell_arrays[0].name = "porosity";
  if (n_ranks() > 1) {
    EXPECT_NE(internal_error_message(grid).find("has other arrays than rank 0"), std::string::npos);
  }
}

TEST(VtuWriterMpi, UnwritableFolderIsBadInputOnAllRanks)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  if (scratch.is_root())
    std::filesystem::create_directories(scratch.path + "/step_0.vtu"); // a folder where the file should be
  MPI_Barrier(MPI_COMM_WORLD);
  try {
    VtuWriter(MPI_COMM_WORLD, scratch.path).write("step", column_of_cubes(this_rank(), 2));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find("step_0.vtu"), std::string::npos) << error.what();
  }
  try {
    VtuWriter(MPI_COMM_WORLD, "/proc").write("none/step", column_of_cubes(this_rank(), 2));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find("'/proc/none'"), std::string::npos) << error.what();
  }
}

TEST(OutputParameters, AreReadAndBounded)
{
  VtuWriterParameters files;
  PvdSeriesParameters series;
  dealii::ParameterHandler prm;
  files.declare(prm);
  series.declare(prm);
  prm.parse_input_from_string("subsection Output\nset Files per step = 7\nset Iterations per field file = 3\nend\n");
  EXPECT_EQ(files.n_files, 7u);
  EXPECT_EQ(series.interval, 3u);
  EXPECT_THROW(prm.parse_input_from_string("subsection Output\nset Files per step = 0\nend\n"), std::exception);
  EXPECT_THROW(prm.parse_input_from_string("subsection Output\nset Iterations per field file = 0\nend\n"),
               std::exception);
}

TEST(LexicographicToVtk, GoesAroundEachFace)
{
  const auto hexahedron = lexicographic_to_vtk({{10, 11, 12, 13, 14, 15, 16, 17}});
  EXPECT_EQ(hexahedron, (std::array<std::uint32_t, 8>{{10, 11, 13, 12, 14, 15, 17, 16}}));
}

TEST(PvdSeriesMpi, IsCompleteAfterEachStep)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  const std::string path = scratch.path + "/solution.pvd";
  PvdSeriesParameters parameters;
  parameters.interval = 5;
  PvdSeries series(MPI_COMM_WORLD, path, parameters);
  EXPECT_FALSE(std::filesystem::exists(path));
  MPI_Barrier(MPI_COMM_WORLD);
  const auto listed = [&] {
    std::string text;
    const VtkFile file(path);
    for (const auto &[element, node] : file.root.get_child("Collection"))
      if (element == "DataSet")
        text += node.get<std::string>("<xmlattr>.timestep") + "=" + node.get<std::string>("<xmlattr>.file") + ";";
    MPI_Barrier(MPI_COMM_WORLD);
    return text;
  };
  series.append(1, "solution/a.pvtu");
  EXPECT_EQ(listed(), "1=solution/a.pvtu;");
  series.append(5, "solution/b.pvtu");
  EXPECT_EQ(listed(), "1=solution/a.pvtu;5=solution/b.pvtu;");
  series.append(5, "solution/c&d.pvtu");
  EXPECT_EQ(listed(), "1=solution/a.pvtu;5=solution/c&d.pvtu;");
  EXPECT_TRUE(series.due(1));
  EXPECT_FALSE(series.due(2));
  EXPECT_TRUE(series.due(10));
}

TEST(VtiWriter, ObliqueGridWithNaN)
{
  // A turn about z by 30 degrees and a permutation of axes, anisotropic voxels.
  const double cosine = std::sqrt(0.75), sine = 0.5;
  cageopt::inputs::ImageGrid voxels;
  voxels.size = {{4, 3, 2}};
  voxels.index_to_world.linear = {{{{0, -2 * sine, 0.5 * cosine}}, {{0, 2 * cosine, 0.5 * sine}}, {{-3, 0, 0}}}};
  voxels.index_to_world.offset = {{7, -8, 9}};
  RegularGrid grid = RegularGrid::from_voxels(voxels);
  std::vector<double> density(24), temperature(60);
  for (int i = 0; i < 24; ++i)
    density[i] = i % 5 == 0 ? std::numeric_limits<double>::quiet_NaN() : 1. / (i + 1);
  for (int i = 0; i < 60; ++i)
    temperature[i] = i;
  grid.cell_arrays = {{"density", "1", 1, density}};
  grid.point_arrays = {{"temperature", "K", 1, temperature}};
  grid.notes = {{"frame", "RAS"}, {"law", "a < b"}};

  ScratchFolder scratch;
  VtiWriter::write(scratch.path + "/field.vti", grid);
  const VtkFile file(scratch.path + "/field.vti");
  const auto &image = file.root.get_child("ImageData");
  EXPECT_EQ(image.get<std::string>("<xmlattr>.WholeExtent"), "0 4 0 3 0 2");
  const auto numbers = [&](const std::string &attribute) {
    std::istringstream text(image.get<std::string>("<xmlattr>." + attribute));
    std::vector<double> result;
    for (double value; text >> value;)
      result.push_back(value);
    return result;
  };
  const auto origin = numbers("Origin"), spacing = numbers("Spacing"), direction = numbers("Direction");
  ASSERT_EQ(direction.size(), 9u);
  // VTK: x = origin + Direction (spacing * index); the centre of cell (i, j, k) is voxel (i, j, k).
  const std::array<double, 3> index{{2, 1, 1}};
  const auto expected = voxels.index_to_world(index);
  for (int row = 0; row < 3; ++row) {
    double coordinate = origin[row];
    for (int column = 0; column < 3; ++column)
      coordinate += direction[3 * row + column] * spacing[column] * (index[column] + 0.5);
    EXPECT_NEAR(coordinate, expected[row], 1e-13);
  }
  EXPECT_NEAR(spacing[0], 3, 1e-14);
  EXPECT_NEAR(spacing[1], 2, 1e-14);
  EXPECT_NEAR(spacing[2], 0.5, 1e-14);

  const auto &piece = image.get_child("Piece");
  const auto read = file.array<double>(piece.get_child("CellData"), "density", "Float64", 1);
  ASSERT_EQ(read.size(), density.size());
  EXPECT_EQ(std::memcmp(read.data(), density.data(), 24 * sizeof(double)), 0); // NaN differs from itself
  EXPECT_EQ(file.array<double>(piece.get_child("PointData"), "temperature", "Float64", 1), temperature);
  const auto texts = field_texts(image);
  EXPECT_EQ(texts.at("units"), "density: 1|temperature: K|");
  EXPECT_EQ(texts.at("law"), "a < b|");
}

TEST(VtiWriter, RefusesShearAndWrongSizes)
{
  cageopt::inputs::ImageGrid voxels;
  voxels.size = {{2, 2, 2}};
  voxels.index_to_world.linear[0][1] = 0.1;
  EXPECT_THROW(RegularGrid::from_voxels(voxels), cageopt::inputs::InputError);

  ScratchFolder scratch;
  RegularGrid grid;
  grid.n_cells = {{2, 2, 2}};
  grid.cell_arrays = {{"density", "1", 1, std::vector<double>(7)}};
  EXPECT_THROW(VtiWriter::write(scratch.path + "/a.vti", grid), Error);
  grid.cell_arrays.clear();
  EXPECT_THROW(VtiWriter::write(scratch.path + "/none/a.vti", grid), cageopt::inputs::InputError);
}
