#include <postprocess/vtu_writer.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <postprocess/output_folder.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

namespace {

constexpr int tag = 7411;

int rank_of(MPI_Comm comm)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}

int size_of(MPI_Comm comm)
{
  int size = 1;
  MPI_Comm_size(comm, &size);
  return size;
}

/// Runs `action` on every rank; if it throws on any, all ranks throw what the first of these threw. Collective.
void on_all(MPI_Comm comm, const std::function<void()> &action)
{
  std::string message;
  int code = 0;
  try {
    action();
  } catch (const inputs::Error &error) {
    message = error.what();
    code = static_cast<int>(error.code);
  } catch (const std::exception &error) {
    message = error.what();
    code = static_cast<int>(inputs::ExitCode::internal_error);
  }
  const int mine = code == 0 ? size_of(comm) : rank_of(comm);
  int first = mine;
  MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm);
  if (first == size_of(comm))
    return;
  int code_and_length[2] = {code, int(message.size())};
  MPI_Bcast(code_and_length, 2, MPI_INT, first, comm);
  message.resize(code_and_length[1]);
  MPI_Bcast(message.data(), code_and_length[1], MPI_CHAR, first, comm);
  throw inputs::Error(static_cast<inputs::ExitCode>(code_and_length[0]), message);
}

/// MPI counts are int; parts of a large mesh are not.
template <typename Transfer>
void in_chunks(std::string &bytes, const Transfer &transfer)
{
  constexpr std::size_t chunk = std::size_t(1) << 30;
  for (std::size_t begin = 0; begin < bytes.size(); begin += chunk)
    transfer(bytes.data() + begin, int(std::min(chunk, bytes.size() - begin)));
}

/// One rank's arrays, compressed, in the order points, connectivity, offsets, types, cell, point arrays.
struct Piece
{
  std::vector<std::uint64_t> counts; // n_points, n_cells, bytes of each compressed array
  std::vector<std::string> arrays;
};

Piece compress_piece(const GridView &grid)
{
  vtk_encoding::check_arrays(grid.cell_arrays, grid.hexahedra.size(), "cell");
  vtk_encoding::check_arrays(grid.point_arrays, grid.points.size(), "point");

  for (const auto &hexahedron : grid.hexahedra)
    for (const auto point : hexahedron)
      if (point >= grid.points.size())
        throw inputs::Error(inputs::ExitCode::internal_error, "a hexahedron refers to point " + std::to_string(point) +
                                                                  " of " + std::to_string(grid.points.size()));

  Piece piece;
  piece.counts = {grid.points.size(), grid.hexahedra.size()};
  const auto append = [&](std::string compressed) {
    piece.counts.push_back(compressed.size());
    piece.arrays.push_back(std::move(compressed));
  };
  const auto append_int64 = [&](const std::size_t n_values, const auto &value) {
    append(vtk_encoding::compress(8 * n_values, [&](std::size_t begin, std::size_t n, unsigned char *target) {
      for (std::size_t i = 0; i < n / 8; ++i) {
        const std::int64_t content = value(begin / 8 + i);
        std::memcpy(target + 8 * i, &content, 8);
      }
    }));
  };
  const std::size_t n_cells = grid.hexahedra.size();
  append(vtk_encoding::compress(grid.points.data(), grid.points.size() * sizeof(grid.points[0])));
  append_int64(8 * n_cells, [&](const std::size_t i) { return grid.hexahedra[i / 8][i % 8]; });
  append_int64(n_cells, [](const std::size_t i) { return 8 * (i + 1); });
  static constexpr unsigned char vtk_hexahedron = 12;
  append(vtk_encoding::compress(n_cells, [](std::size_t, const std::size_t n, unsigned char *target) {
    std::fill_n(target, n, vtk_hexahedron);
  }));
  for (const auto &array : grid.cell_arrays)
    append(vtk_encoding::compress(array));
  for (const auto &array : grid.point_arrays)
    append(vtk_encoding::compress(array));
  return piece;
}

std::string parallel_description(const GridView &grid)
{
  std::ostringstream xml;
  const auto list = [&](const std::string &element, const std::vector<GridArray> &arrays) {
    xml << "    <" << element << ">\n";
    for (const auto &array : arrays)
      xml << "      <PDataArray type=\"" << vtk_encoding::type_name(array) << "\" Name=\""
          << vtk_encoding::escape(array.name) << "\" NumberOfComponents=\"" << array.n_components << "\"/>\n";
    xml << "    </" << element << ">\n";
  };
  list("PCellData", grid.cell_arrays);
  list("PPointData", grid.point_arrays);
  xml << "    <PPoints>\n      <PDataArray type=\"Float64\" Name=\"Points\" NumberOfComponents=\"3\"/>\n"
      << "    </PPoints>\n";
  return xml.str();
}

void write_piece(std::ostream &file, const Piece &piece, const GridView &layout)
{
  auto next = piece.arrays.begin();
  file << "    <Piece NumberOfPoints=\"" << piece.counts[0] << "\" NumberOfCells=\"" << piece.counts[1] << "\">\n";
  const auto write = [&](const std::string &type, const std::string &name, const int n_components) {
    vtk_encoding::write_data_array(file, type, name, n_components, *next++);
  };
  const auto write_all = [&](const std::vector<GridArray> &arrays) {
    for (const auto &array : arrays)
      write(vtk_encoding::type_name(array), array.name, array.n_components);
  };
  file << "      <Points>\n";
  write("Float64", "Points", 3);
  file << "      </Points>\n      <Cells>\n";
  write("Int64", "connectivity", 1);
  write("Int64", "offsets", 1);
  write("UInt8", "types", 1);
  file << "      </Cells>\n      <CellData>\n";
  write_all(layout.cell_arrays);
  file << "      </CellData>\n      <PointData>\n";
  write_all(layout.point_arrays);
  file << "      </PointData>\n    </Piece>\n";
}

std::string broadcast(MPI_Comm comm, std::string text, const int root)
{
  int length = int(text.size());
  MPI_Bcast(&length, 1, MPI_INT, root, comm);
  text.resize(length);
  MPI_Bcast(text.data(), length, MPI_CHAR, root, comm);
  return text;
}

/// Names, units, types and components as text, to be compared between ranks and read back by parse_layout().
std::string describe_layout(const GridView &grid)
{
  std::ostringstream text;
  for (const auto *arrays : {&grid.cell_arrays, &grid.point_arrays}) {
    text << arrays->size() << '\n';
    for (const auto &array : *arrays)
      text << array.name << '\n' << array.unit << '\n' << array.values.index() << '\n' << array.n_components << '\n';
  }
  return text.str();
}

/// The arrays of a layout without values.
GridView parse_layout(const std::string &description)
{
  std::istringstream text(description);
  GridView layout;
  const auto number = [&] {
    std::string line;
    std::getline(text, line);
    return std::stoi(line);
  };
  for (auto *arrays : {&layout.cell_arrays, &layout.point_arrays}) {
    arrays->resize(number());
    for (auto &array : *arrays) {
      std::getline(text, array.name);
      std::getline(text, array.unit);
      switch (number()) {
      case 1:
        array.values = std::vector<float>();
        break;
      case 2:
        array.values = std::vector<std::uint8_t>();
        break;
      case 3:
        array.values = std::vector<std::int32_t>();
        break;
      default:
        break;
      }
      array.n_components = number();
    }
  }
  return layout;
}

void fail_to_write(const std::string &path)
{
  throw inputs::InputError("the field file", "'" + path + "'", "it cannot be written",
                           "check the folder's permissions and the free disk space, or choose another with --output");
}

} // namespace

void VtuWriterParameters::declare(dealii::ParameterHandler &prm)
{
  prm.enter_subsection("Output");
  prm.add_parameter("Files per step", n_files,
                    "Number of .vtu files per written iteration; ranks are grouped to share a file (no more files "
                    "than ranks are written). On parallel file systems a few tens are fastest. Unit: 1.",
                    dealii::Patterns::Integer(1));
  prm.leave_subsection();
}

VtuWriter::VtuWriter(MPI_Comm comm, const std::string &folder, const VtuWriterParameters &parameters)
    : comm(comm), folder(folder), parameters(parameters)
{
}

std::string VtuWriter::write(const std::string &name, const GridView &grid) const
{
  const int rank = rank_of(comm), n_ranks = size_of(comm);
  const bool has_cells = !grid.hexahedra.empty();
  const std::filesystem::path stem = std::filesystem::path(folder) / name;

  Piece piece;
  on_all(comm, [&] {
    if (has_cells)
      piece = compress_piece(grid);
  });

  const int mine = has_cells ? rank : n_ranks;
  std::vector<int> owners(n_ranks);
  MPI_Allgather(&mine, 1, MPI_INT, owners.data(), 1, MPI_INT, comm);
  const int first_owner = *std::min_element(owners.begin(), owners.end());
  if (first_owner == n_ranks)
    throw inputs::Error(inputs::ExitCode::internal_error, "no rank has a cell to write to '" + stem.string() + "'");

  const std::string description = broadcast(comm, has_cells ? describe_layout(grid) : "", first_owner);
  on_all(comm, [&] {
    if (has_cells && describe_layout(grid) != description)
      throw inputs::Error(inputs::ExitCode::internal_error, "rank " + std::to_string(rank) +
                                                                " has other arrays than rank " +
                                                                std::to_string(first_owner));
  });
  GridView layout = parse_layout(description);
  // Every file repeats the notes, because ParaView's parallel reader takes FieldData from the pieces.
  const std::string field_data = broadcast(
      comm, rank == 0 ? vtk_encoding::field_data(layout.cell_arrays, layout.point_arrays, grid.notes) : "", 0);

  inputs::on_root(comm, [&] {
    std::error_code error;
    std::filesystem::create_directories(stem.parent_path(), error);
    if (error)
      fail_to_write(stem.parent_path().string());
  });

  const int n_files = std::min<int>(std::max(1u, parameters.n_files), n_ranks);
  const auto group_of = [&](const int other) { return int(std::int64_t(other) * n_files / n_ranks); };
  const auto file_of = [&](const int group) { return stem.filename().string() + "_" + std::to_string(group) + ".vtu"; };
  std::vector<std::vector<int>> members(n_files); // ranks with cells
  for (int other = 0; other < n_ranks; ++other)
    if (owners[other] == other)
      members[group_of(other)].push_back(other);

  const auto &group = members[group_of(rank)];
  on_all(comm, [&] {
    if (!has_cells)
      return;
    const int leader = group.front();
    const int n_counts = int(piece.counts.size());
    if (rank != leader) {
      MPI_Send(piece.counts.data(), n_counts, MPI_UINT64_T, leader, tag, comm);
      for (auto &array : piece.arrays)
        in_chunks(array, [&](char *begin, const int n) { MPI_Send(begin, n, MPI_CHAR, leader, tag, comm); });
      return;
    }

    const std::string path = (stem.parent_path() / file_of(group_of(rank))).string();
    std::ofstream file(path, std::ios::binary);
    file << vtk_encoding::file_opening("UnstructuredGrid") << "  <UnstructuredGrid>\n" << field_data;
    for (const int member : group) {
      if (member != leader) { // received even if the file failed, for the sender waits
        MPI_Recv(piece.counts.data(), n_counts, MPI_UINT64_T, member, tag, comm, MPI_STATUS_IGNORE);
        for (std::size_t i = 0; i < piece.arrays.size(); ++i) {
          piece.arrays[i].resize(piece.counts[2 + i]);
          in_chunks(piece.arrays[i], [&](char *begin, const int n) {
            MPI_Recv(begin, n, MPI_CHAR, member, tag, comm, MPI_STATUS_IGNORE);
          });
        }
      }
      write_piece(file, piece, layout);
    }
    file << "  </UnstructuredGrid>\n</VTKFile>\n";
    file.close();
    if (!file)
      fail_to_write(path);
  });

  inputs::on_root(comm, [&] {
    std::ostringstream xml;
    xml << vtk_encoding::file_opening("PUnstructuredGrid") << "  <PUnstructuredGrid GhostLevel=\"0\">\n"
        << parallel_description(layout);
    for (int index = 0; index < n_files; ++index)
      if (!members[index].empty())
        xml << "    <Piece Source=\"" << vtk_encoding::escape(file_of(index)) << "\"/>\n";
    xml << "  </PUnstructuredGrid>\n</VTKFile>\n";
    write_atomically(stem.string() + ".pvtu", xml.str());
  });
  return name + ".pvtu";
}

} // namespace cageopt::postprocess
