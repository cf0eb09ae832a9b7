#include <main/benchmark/trabecular_block.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <inputs/collective.h>

namespace cageopt {

namespace {

/// Keeps the largest piece of `is_solid` that hangs together over faces.
void keep_largest_piece(std::vector<bool> &is_solid, const unsigned int n)
{
  std::vector<std::uint32_t> piece(is_solid.size(), 0), open;
  std::uint32_t n_pieces = 0, largest = 0;
  std::size_t largest_size = 0;
  for (std::size_t start = 0; start < is_solid.size(); ++start) {
    if (!is_solid[start] || piece[start] != 0)
      continue;
    piece[start] = ++n_pieces;
    open.assign(1, static_cast<std::uint32_t>(start));
    std::size_t size = 0;
    while (!open.empty()) {
      const std::uint32_t cell = open.back();
      open.pop_back();
      ++size;
      const std::array<std::uint32_t, 3> at = {cell % n, cell / n % n, cell / n / n}, step = {1, n, n * n};
      const auto visit = [&](const std::uint32_t other) {
        if (is_solid[other] && piece[other] == 0) {
          piece[other] = n_pieces;
          open.push_back(other);
        }
      };
      for (unsigned int d = 0; d < 3; ++d) {
        if (at[d] > 0)
          visit(cell - step[d]);
        if (at[d] + 1 < n)
          visit(cell + step[d]);
      }
    }
    if (size > largest_size) {
      largest_size = size;
      largest = n_pieces;
    }
  }
  for (std::size_t cell = 0; cell < is_solid.size(); ++cell)
    is_solid[cell] = is_solid[cell] && piece[cell] == largest;
}

} // namespace

std::string TrabecularBlock::image_path(const std::string &data_directory)
{
  return data_directory + "/trabecular_microct_19.5um/ct.nii.gz";
}

TrabecularBlock::TrabecularBlock(const std::string &data_directory, MPI_Comm comm)
{
  inputs::on_root(comm, [&] { image = inputs::read_image(image_path(data_directory)); });
  inputs::broadcast(comm, image);
}

unsigned int TrabecularBlock::n_voxels() const
{
  const auto &size = image.grid.size;
  return static_cast<unsigned int>(std::min({size[0], size[1], size[2]}));
}

std::vector<bool> TrabecularBlock::bone(const unsigned int cells) const
{
  constexpr double threshold = 63.;
  const double edge = double(n_voxels()) / cells; // of a cell, in voxels
  const auto n_samples = std::max(1u, static_cast<unsigned int>(std::ceil(edge)));
  std::vector<bool> is_bone;
  is_bone.reserve(std::size_t(cells) * cells * cells);
  const auto position = [&](const unsigned int cell, const unsigned int sample) {
    return edge * (cell + (sample + .5) / n_samples) - .5; // voxel centres are at integers
  };
  for (unsigned int k = 0; k < cells; ++k)
    for (unsigned int j = 0; j < cells; ++j)
      for (unsigned int i = 0; i < cells; ++i) {
        double sum = 0;
        for (unsigned int sz = 0; sz < n_samples; ++sz)
          for (unsigned int sy = 0; sy < n_samples; ++sy)
            for (unsigned int sx = 0; sx < n_samples; ++sx)
              sum += inputs::interpolate(image, {position(i, sx), position(j, sy), position(k, sz)});
        is_bone.push_back(sum > threshold * n_samples * n_samples * n_samples);
      }
  keep_largest_piece(is_bone, cells);
  return is_bone;
}

} // namespace cageopt
