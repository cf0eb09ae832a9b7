#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <inputs/geometry.h>

namespace cageopt::postprocess {

/// A named field. `values` is interleaved, [n_tuples * n_components]; six components are a symmetric tensor in VTK's
/// order xx, yy, zz, xy, yz, xz. The name goes into files as it is ("youngs_modulus"); the unit ("MPa", "mm", "1" for
/// dimensionless) goes into the FieldData string array "units", one entry "<name>: <unit>" per field.
struct GridArray
{
  std::string name;
  std::string unit;
  int n_components = 1;
  std::variant<std::vector<double>, std::vector<float>, std::vector<std::uint8_t>, std::vector<std::int32_t>> values;

  std::size_t n_values() const
  {
    return std::visit([](const auto &data) { return data.size(); }, values);
  }
};

/// Texts that travel with a file as FieldData string arrays: {"frame", "RAS"}, {"law", "skeletal gyroid ..."}.
using Notes = std::vector<std::pair<std::string, std::string>>;

/// One rank's part of a hexahedral mesh with its fields. Nothing is shared between ranks: a point on the border of
/// two ranks is listed by both. Ranks without cells may leave all members empty; the others must hold the same arrays
/// (name, unit, type, components) in the same order. Field names: density, youngs_modulus, displacement,
/// strain_min_principal, strain_max_principal, stress_von_mises, region, bmd.
struct GridView
{
  std::vector<inputs::Point> points;                   ///< [n_points], mm
  std::vector<std::array<std::uint32_t, 8>> hexahedra; ///< [n_cells], indices into `points`, VTK order
  std::vector<GridArray> cell_arrays;                  ///< each n_cells tuples
  std::vector<GridArray> point_arrays;                 ///< each n_points tuples
  Notes notes;                                         ///< taken from rank 0
};

/// VTK runs around the lower face and then around the upper one; deal.II numbers vertices lexicographically
/// (x fastest, then y, then z).
inline std::array<std::uint32_t, 8> lexicographic_to_vtk(const std::array<std::uint32_t, 8> &vertices)
{
  return {{vertices[0], vertices[1], vertices[3], vertices[2], vertices[4], vertices[5], vertices[7], vertices[6]}};
}

} // namespace cageopt::postprocess
