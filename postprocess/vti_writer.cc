#include <postprocess/vti_writer.h>

#include <cmath>
#include <limits>
#include <sstream>

#include <inputs/error.h>
#include <postprocess/output_folder.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

RegularGrid RegularGrid::from_voxels(const inputs::ImageGrid &voxels)
{
  RegularGrid grid;
  grid.n_cells = voxels.size;
  grid.origin = voxels.index_to_world({-0.5, -0.5, -0.5});
  std::array<inputs::Point, 3> axes;
  for (int column = 0; column < 3; ++column) {
    const auto &linear = voxels.index_to_world.linear;
    axes[column] = {linear[0][column], linear[1][column], linear[2][column]};
    grid.spacing[column] = inputs::norm(axes[column]);
    for (int row = 0; row < 3; ++row)
      grid.direction[row][column] = axes[column][row] / grid.spacing[column];
  }
  for (int a = 0; a < 3; ++a) {
    const int b = (a + 1) % 3;
    const double cosine = inputs::dot(axes[a], axes[b]) / (grid.spacing[a] * grid.spacing[b]);
    if (!(std::abs(cosine) < 1e-4))
      throw inputs::InputError("the angle between two image axes",
                               std::to_string(std::acos(cosine) * 180 / std::acos(-1.)) + " degrees",
                               "a VTI file holds right angles only", "resample the image without shear");
  }
  return grid;
}

void VtiWriter::write(const std::string &path, const RegularGrid &grid)
{
  const auto &n = grid.n_cells;
  vtk_encoding::check_arrays(grid.cell_arrays, std::size_t(n[0]) * n[1] * n[2], "cell");
  vtk_encoding::check_arrays(grid.point_arrays, std::size_t(n[0] + 1) * (n[1] + 1) * (n[2] + 1), "point");

  std::ostringstream extent, xml;
  xml.precision(std::numeric_limits<double>::max_digits10);
  extent << "0 " << n[0] << " 0 " << n[1] << " 0 " << n[2];
  xml << vtk_encoding::file_opening("ImageData") << "  <ImageData WholeExtent=\"" << extent.str() << "\" Origin=\""
      << grid.origin[0] << ' ' << grid.origin[1] << ' ' << grid.origin[2] << "\" Spacing=\"" << grid.spacing[0] << ' '
      << grid.spacing[1] << ' ' << grid.spacing[2] << "\" Direction=\"";
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      xml << (row + column > 0 ? " " : "") << grid.direction[row][column];
  xml << "\">\n"
      << vtk_encoding::field_data(grid.cell_arrays, grid.point_arrays, grid.notes) << "    <Piece Extent=\""
      << extent.str() << "\">\n";

  const auto list = [&](const std::string &element, const std::vector<GridArray> &arrays) {
    xml << "      <" << element << ">\n";
    for (const auto &array : arrays)
      vtk_encoding::write_data_array(xml, vtk_encoding::type_name(array), array.name, array.n_components,
                                     vtk_encoding::compress(array));
    xml << "      </" << element << ">\n";
  };
  list("CellData", grid.cell_arrays);
  list("PointData", grid.point_arrays);
  xml << "    </Piece>\n  </ImageData>\n</VTKFile>\n";
  write_atomically(path, xml.str());
}

} // namespace cageopt::postprocess
