#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <inputs/image.h>
#include <inputs/triangle_surface.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// The entries of subsection "Patient" that name closed surfaces as the source of labels.
struct SurfaceLabelParameters
{
  std::string files; ///< "22: L3.stl; 23: L4.stl"
  std::string axes = "RAS";

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  /// Label and file name, in the order given. Throws InputError for anything that is not a number from 1 to 65535, a
  /// colon and a file name, and for a label that is given twice.
  std::vector<std::pair<std::uint16_t, std::string>> list() const;
};

struct LevelLabels;

struct LabelledSurface
{
  std::uint16_t label = 0;
  TriangleSurface surface; ///< RAS mm
};

/// Reads the surfaces and moves them to RAS; relative file names start at `data_directory`. Adds to `warnings` what the
/// surfaces tell. Rank-local: call inside on_root(). Throws InputError as read_surface() does.
std::vector<LabelledSurface> read_surfaces(const SurfaceLabelParameters &parameters, const std::string &data_directory,
                                           std::vector<std::string> &warnings);

/// The label map of the surfaces on a grid: a voxel has the label of the surface in which its centre lies. The
/// posterior elements of the level's two vertebrae are told apart by split_posterior_elements(), unless surfaces of
/// their own are given; they have the level's numbers or, if it has none, that of the vertebra + 100. A missing disc of
/// the level is filled by fill_disc(). Adds to `warnings` what was decided and what is doubtful.
///
/// Throws InputError for: a surface outside the grid, or with more than half of its volume; two that overlap by more
/// than 5 % of the smaller, or 20 % of a disc (below, the disc gives way, else the surface named later); a surface that
/// crosses itself, or is inside out in parts, over more than 1 % of its volume; a sacrum as a body, which the rule
/// cannot tell from the rest; a disc of no voxel.
Image<std::uint16_t> label_map(const std::vector<LabelledSurface> &surfaces, const LevelLabels &level,
                               const ImageGrid &grid, std::vector<std::string> &warnings);

/// From the centre of the caudal to that of the cranial body of a label map, mm.
Point line_of_centres(const Image<std::uint16_t> &labels, const LevelLabels &level);

} // namespace cageopt::inputs
