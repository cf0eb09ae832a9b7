#include <main/benchmark/trabecular_block.h>

#include <algorithm>
#include <cmath>

#include <inputs/collective.h>
#include <inputs/voxel_filters.h>

namespace cageopt {

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
  inputs::VoxelMask is_bone;
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
  const int n = static_cast<int>(cells);
  const auto kept = inputs::largest_part(is_bone, {n, n, n});
  return {kept.begin(), kept.end()};
}

} // namespace cageopt
