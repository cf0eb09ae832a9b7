#include <inputs/specimen.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>
#include <utility>

#include <inputs/bone_law.h>
#include <inputs/case_file.h>
#include <inputs/collective.h>
#include <inputs/cortex.h>
#include <inputs/error.h>
#include <inputs/voxel_filters.h>

namespace cageopt::inputs {

namespace {

void refuse_other_than_cubes(const ImageGrid &grid)
{
  const auto edges = grid.spacing();
  const auto [least, most] = std::minmax_element(edges.begin(), edges.end());
  const double cube = edges[0] * edges[1] * edges[2], volume = std::abs(grid.index_to_world.determinant());
  if (!(*most - *least <= 1e-3 * *most && cube - volume <= 1e-3 * cube)) {
    std::ostringstream value;
    value << edges[0] << " x " << edges[1] << " x " << edges[2] << " mm, " << volume << " mm3";
    throw InputError("The voxels of the specimen's image", value.str(), "each becomes a cube of the mesh",
                     "resample the image to voxels that are as wide along all axes");
  }
}

void refuse_not_finite(const Image<float> &image)
{
  if (!std::all_of(image.values.begin(), image.values.end(), [](const float value) { return std::isfinite(value); }))
    throw InputError("A voxel of the specimen's image", "NaN or infinite", "grey values and densities are numbers",
                     "mend or crop the image");
}

void find_bone_by_threshold(const SpecimenParameters::Segmentation &settings, Image<float> image, Specimen &specimen)
{
  if (settings.gaussian_sigma > 0)
    image = smoothed(image, settings.gaussian_sigma);
  if (settings.zoom != 1)
    image = zoomed(image, settings.zoom, settings.spline_order);
  VoxelMask mask(image.values.size());
  std::transform(image.values.begin(), image.values.end(), mask.begin(),
                 [&](const float value) { return value > settings.threshold; });
  if (settings.closing_radius > 0)
    mask = closed(mask, image.grid.size, settings.closing_radius);
  specimen.grid = image.grid;
  specimen.part.resize(mask.size());
  std::transform(mask.begin(), mask.end(), specimen.part.begin(),
                 [](const auto is_bone) { return is_bone ? SpecimenPart::bone : SpecimenPart::none; });
  specimen.density = std::move(image.values);
}

void find_parts_by_labels(const SpecimenParameters &parameters, const std::string &label_path, Image<float> image,
                          Specimen &specimen)
{
  const auto labels = read_labels(label_path);
  if (!labels.grid.matches(image.grid))
    throw InputError("The grid of the label file '" + label_path + "'", "another than the image's",
                     "labels and image have the same voxels",
                     "resample the labels onto the image by nearest neighbour");
  std::vector<SpecimenPart> part_of(std::numeric_limits<std::uint16_t>::max() + 1, SpecimenPart::none);
  for (const auto label : parameters.bone_label_list())
    part_of[label] = SpecimenPart::bone;
  if (parameters.lower_pad_label > 0)
    part_of[parameters.lower_pad_label] = SpecimenPart::lower_pad;
  if (parameters.upper_pad_label > 0)
    part_of[parameters.upper_pad_label] = SpecimenPart::upper_pad;
  std::vector<std::size_t> count(part_of.size(), 0);
  for (const auto label : labels.values)
    ++count[label];
  for (std::size_t label = 1; label < part_of.size(); ++label)
    if (part_of[label] == SpecimenPart::none)
      specimen.n_unnamed += count[label];
    else if (count[label] == 0)
      throw InputError("Label " + std::to_string(label) + " of 'Specimen'", "absent from '" + label_path + "'",
                       "each label that the case names must be there", "check the numbers, or name fewer");
  specimen.grid = image.grid;
  specimen.part.resize(labels.values.size());
  std::transform(labels.values.begin(), labels.values.end(), specimen.part.begin(),
                 [&](const auto label) { return part_of[label]; });
  specimen.density = std::move(image.values);
}

void keep_largest_part(const SpecimenParameters &parameters, Specimen &specimen)
{
  VoxelMask mask(specimen.part.size());
  std::transform(specimen.part.begin(), specimen.part.end(), mask.begin(),
                 [](const auto part) { return part != SpecimenPart::none; });
  const auto kept = largest_part(mask, specimen.grid.size);
  for (std::size_t voxel = 0; voxel < mask.size(); ++voxel)
    if (mask[voxel] && !kept[voxel]) {
      specimen.part[voxel] = SpecimenPart::none;
      ++specimen.n_removed;
    }
  if (specimen.n_voxels_of(SpecimenPart::bone) == 0)
    throw InputError("The bone of the specimen", "empty", "no voxel is bone", "check threshold or labels");
  for (const auto &[part, label] : {std::make_pair(SpecimenPart::lower_pad, parameters.lower_pad_label),
                                    std::make_pair(SpecimenPart::upper_pad, parameters.upper_pad_label)})
    if (label > 0 && specimen.n_voxels_of(part) == 0)
      throw InputError("The pad of label " + std::to_string(label), "apart from the bone",
                       "only the largest part that hangs together over faces is pressed",
                       "draw the pad so that it touches the bone");
}

/// Moves the densities of bone to the middle of their bins.
void bin_densities(Specimen &specimen, const unsigned int n_bins)
{
  float least = std::numeric_limits<float>::max(), most = std::numeric_limits<float>::lowest();
  const auto for_each_bone = [&](const auto &action) {
    for (std::size_t voxel = 0; voxel < specimen.part.size(); ++voxel)
      if (specimen.part[voxel] == SpecimenPart::bone)
        action(specimen.density[voxel]);
  };
  for_each_bone([&](const float value) {
    least = std::min(least, value);
    most = std::max(most, value);
  });
  const double width = (double(most) - least) / n_bins;
  if (!(width > 0))
    return;
  for_each_bone([&](float &value) {
    const double bin = std::min(std::floor((double(value) - least) / width), n_bins - 1.);
    value = static_cast<float>(least + (bin + .5) * width);
  });
}

void give_modulus(const SpecimenParameters &parameters, Specimen &specimen)
{
  const BoneLaw law(parameters.bone_law);
  const bool is_constant = parameters.material == "constant", is_caha = parameters.density_type == "CaHA";
  const auto modulus_of = [&](const double density) {
    return is_caha ? law.youngs_modulus(CahaDensity(density)) : law.youngs_modulus(K2hpo4Density(density));
  };
  if (!is_constant && parameters.density_bins > 0)
    bin_densities(specimen, parameters.density_bins);
  Cortex cortex;
  if (parameters.cortex.is_on()) {
    std::vector<std::uint8_t> tissue(specimen.part.size());
    std::transform(specimen.part.begin(), specimen.part.end(), tissue.begin(),
                   [](const auto part) { return part == SpecimenPart::bone ? Cortex::bone : Cortex::outside; });
    cortex = Cortex(parameters.cortex, specimen.grid, tissue, specimen.density);
    specimen.cortex = cortex.description();
  }
  specimen.youngs_modulus.assign(specimen.part.size(), 0.);
  for (std::size_t voxel = 0; voxel < specimen.part.size(); ++voxel) {
    auto &modulus = specimen.youngs_modulus[voxel];
    if (specimen.part[voxel] == SpecimenPart::bone) {
      modulus =
          is_constant ? parameters.youngs_modulus : cortex.youngs_modulus(voxel, specimen.density[voxel], modulus_of);
      specimen.n_softest += modulus <= 1e-4;
    } else if (specimen.part[voxel] != SpecimenPart::none) {
      modulus = parameters.pad_youngs_modulus;
    }
  }
  if (is_constant)
    specimen.density.clear();
}

} // namespace

std::size_t Specimen::n_voxels_of(const SpecimenPart which) const
{
  return std::count(part.begin(), part.end(), which);
}

Specimen read_specimen(const SpecimenParameters &parameters, const std::string &data_directory, MPI_Comm comm)
{
  parameters.check();
  const std::string image_path = resolve_path(data_directory, parameters.image_file);
  Specimen specimen;
  specimen.name = std::filesystem::path(image_path).filename().string();
  on_root(comm, [&] {
    auto image = read_image(image_path);
    refuse_other_than_cubes(image.grid);
    refuse_not_finite(image);
    if (parameters.has_labels())
      find_parts_by_labels(parameters, resolve_path(data_directory, parameters.label_file), std::move(image), specimen);
    else
      find_bone_by_threshold(parameters.segmentation, std::move(image), specimen);
    refuse_other_than_cubes(specimen.grid); // zooming may round unevenly
    keep_largest_part(parameters, specimen);
    give_modulus(parameters, specimen);
  });
  MPI_Bcast(&specimen.grid, sizeof(ImageGrid), MPI_BYTE, 0, comm);
  broadcast(comm, specimen.part);
  broadcast(comm, specimen.density);
  broadcast(comm, specimen.youngs_modulus);
  std::vector<char> words(specimen.cortex.begin(), specimen.cortex.end());
  broadcast(comm, words);
  specimen.cortex.assign(words.begin(), words.end());
  std::array<std::uint64_t, 3> counts = {specimen.n_removed, specimen.n_unnamed, specimen.n_softest};
  MPI_Bcast(counts.data(), 3, MPI_UINT64_T, 0, comm);
  specimen.n_removed = counts[0];
  specimen.n_unnamed = counts[1];
  specimen.n_softest = counts[2];
  return specimen;
}

} // namespace cageopt::inputs
