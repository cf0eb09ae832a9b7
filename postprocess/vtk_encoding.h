#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <postprocess/grid_view.h>

namespace cageopt::postprocess {

/// The pieces of VTK's XML formats that VtuWriter and VtiWriter share: version 1.0, little endian, UInt64 headers,
/// vtkZLibDataCompressor, data inline as base64. Format: VTK wiki, "VTK XML Formats", and vtkXMLDataParser. Appended
/// raw data would be a quarter smaller, but ParaView 5.11 cannot read them with Expat from 2.6 or
/// Debian's 2.5.0-1+deb12u5 on.
namespace vtk_encoding {

/// The opening <VTKFile> line for "UnstructuredGrid", "PUnstructuredGrid" or "ImageData".
std::string file_opening(const std::string &type);

/// Compresses one array: base64 of UInt64 [number of blocks, block size, size of a last, partial block or 0, compressed
/// size of each block], then base64 of the zlib streams one after the other. Block by block, so that no second copy of
/// a large array is needed; `fill(begin, n, target)` is asked for the bytes [begin, begin + n), n a multiple of 64
/// except in the last block.
std::string compress(std::size_t n_bytes,
                     const std::function<void(std::size_t begin, std::size_t n, unsigned char *target)> &fill);
std::string compress(const void *data, std::size_t n_bytes);
std::string compress(const GridArray &array);

/// "Float64", "Float32", "UInt8" or "Int32".
std::string type_name(const GridArray &array);

/// <DataArray> around what compress() made.
void write_data_array(std::ostream &file, const std::string &type, const std::string &name, int n_components,
                      const std::string &content);

/// <FieldData> with the string array "units" and one string array per note.
std::string field_data(const std::vector<GridArray> &cell_arrays, const std::vector<GridArray> &point_arrays,
                       const Notes &notes);

/// Throws Error{internal_error} unless every array has `n_tuples` tuples of 1, 3 or 6 components and a unique name.
void check_arrays(const std::vector<GridArray> &arrays, std::size_t n_tuples, const std::string &what);

std::string base64(const void *data, std::size_t n_bytes);

/// & < > " as XML entities.
std::string escape(const std::string &text);

} // namespace vtk_encoding
} // namespace cageopt::postprocess
