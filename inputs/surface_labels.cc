#include <inputs/surface_labels.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include <deal.II/base/parameter_handler.h>

#include <inputs/case_file.h>
#include <inputs/disc_between.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/nearest_name.h>
#include <inputs/patient.h>
#include <inputs/surface_axes.h>
#include <inputs/surface_file.h>
#include <inputs/vertebra_split.h>
#include <inputs/voxels_inside.h>

namespace cageopt::inputs {

namespace {

// Of the smaller surface. A disc is thin, and shares its faces: published ones reach 16 % into vertebrae 0.8 mm off.
constexpr double largest_overlap = 0.05, largest_overlap_of_disc = 0.2;
constexpr double largest_share_beyond = 0.5;
constexpr double largest_doubtful_share = 0.01;

std::string percent(const double share)
{
  char text[32];
  std::snprintf(text, sizeof text, share >= .1 ? "%.0f %%" : "%.2g %%", 100. * share);
  return text;
}

std::string cubic_centimetres(const double cubic_millimetres)
{
  char text[32];
  std::snprintf(text, sizeof text, "%.2f cm3", 1e-3 * cubic_millimetres);
  return text;
}

std::string described(const LabelledSurface &given)
{
  return "'" + given.surface.name() + "' (label " + std::to_string(given.label) + ")";
}

/// Rasters the surfaces one by one into one map.
class LabelMap
{
public:
  LabelMap(const std::vector<LabelledSurface> &surfaces, const LevelLabels &level, const ImageGrid &grid,
           std::vector<std::string> &warnings)
      : surfaces(surfaces), level(level), warnings(warnings)
  {
    labels.grid = grid;
    labels.values.assign(grid.n_voxels(), 0);
  }

  Image<std::uint16_t> build()
  {
    // A vertebra keeps what a disc claims too: discs come last.
    for (const bool discs : {false, true})
      for (const LabelledSurface &given : surfaces)
        if (is_disc(given.label) == discs)
          raster(given);
    if (n_voxels.count(level.cranial) == 0 || n_voxels.count(level.caudal) == 0)
      return std::move(labels); // the patient's checks name the body that is absent
    const Point cranial = line_of_centres(labels, level);
    if (!(cranial[2] > .5 * norm(cranial))) // the frame that tells body from arch takes y as anterior
      throw InputError(
          "The line from the caudal to the cranial body in 'Patient/Label surfaces'",
          formatted("%.0f deg", std::acos(std::clamp(cranial[2] / norm(cranial), -1., 1.)) * 180 / std::acos(-1.)) +
              " from the patient's superior axis",
          "a spine is within 60 deg of it", "check 'Surface axes' and the labels of the surfaces");
    split(level.cranial, level.cranial_posterior, cranial);
    split(level.caudal, level.caudal_posterior, cranial);
    if (n_voxels.count(level.disc) == 0)
      fill(line_of_centres(labels, level));
    return std::move(labels);
  }

private:
  bool is_disc(const std::uint16_t label) const { return label == level.disc || (label > 200 && label < 300); }

  void raster(const LabelledSurface &given)
  {
    const VoxelsInside inside = voxels_inside(given.surface, labels.grid);
    check_place(given, inside);
    check_crossing(given, inside);
    std::map<std::uint16_t, std::size_t> overlaps;
    for (const std::size_t voxel : inside.voxels)
      if (labels.values[voxel] == 0)
        labels.values[voxel] = given.label;
      else
        ++overlaps[labels.values[voxel]];
    n_voxels[given.label] = inside.voxels.size();
    for (const auto &[other, n] : overlaps)
      judge_overlap(given, other, n);
  }

  double voxel_volume() const { return std::abs(labels.grid.index_to_world.determinant()); }

  void check_place(const LabelledSurface &given, const VoxelsInside &inside)
  {
    const std::size_t n_all = inside.voxels.size() + inside.n_beyond;
    if (n_all == 0)
      throw InputError("The surface " + described(given), "smaller than the voxels", "no voxel's centre lies inside it",
                       "check the unit, mm");
    const double beyond = double(inside.n_beyond) / n_all;
    if (inside.voxels.empty() || beyond > largest_share_beyond)
      throw InputError("The surface " + described(given),
                       inside.voxels.empty() ? "outside the image" : "outside the image for the most part",
                       percent(beyond) + " of its volume lie beyond the image's border",
                       "check 'Patient/Surface axes', the unit, mm, and that surface and image share an origin");
    if (beyond > 0)
      warnings.push_back("The surface " + described(given) + " reaches beyond the image's border with " +
                         percent(beyond) + " of its volume.");
  }

  void check_crossing(const LabelledSurface &given, const VoxelsInside &inside) const
  {
    const double share = double(inside.n_doubtful) / (inside.voxels.size() + inside.n_beyond);
    if (share > largest_doubtful_share)
      throw InputError(
          "The surface " + described(given), "not one body",
          "it crosses itself, or parts of it are inside out: " + cubic_centimetres(inside.n_doubtful * voxel_volume()) +
              " are not bounded once, and its voxels fill " + cubic_centimetres(inside.voxels.size() * voxel_volume()),
          "repair the surface, for example in 3D Slicer or MeshLab, and export it again");
    if (share > 0)
      warnings.push_back("The surface " + described(given) + " crosses itself: " +
                         cubic_centimetres(inside.n_doubtful * voxel_volume()) + " are bounded more than once.");
  }

  void judge_overlap(const LabelledSurface &given, const std::uint16_t other, const std::size_t n) const
  {
    const double share = double(n) / std::min(n_voxels.at(given.label), n_voxels.at(other));
    const std::string what = described(given) + " overlaps label " + std::to_string(other);
    const double most = is_disc(given.label) ? largest_overlap_of_disc : largest_overlap;
    if (share > most)
      throw InputError("The surface " + described(given), "in the way of label " + std::to_string(other),
                       "they overlap in " + cubic_centimetres(n * voxel_volume()) + ", " + percent(share) +
                           " of the smaller, and " + percent(most) +
                           " are the most that is put down to the surfaces' accuracy",
                       "check 'Patient/Surface axes' and that the surfaces belong together");
    warnings.push_back("The surface " + what + " in " + cubic_centimetres(n * voxel_volume()) + ", " + percent(share) +
                       " of the smaller; these voxels keep label " + std::to_string(other) + ".");
  }

  void split(const std::uint16_t vertebra, const std::uint16_t numbered, const Point &cranial)
  {
    const std::uint16_t posterior = numbered != 0 ? numbered : vertebra + 100;
    if (posterior == level.disc || posterior == level.cranial || posterior == level.caudal || posterior < vertebra)
      throw InputError("'Patient/Label numbers'", "with " + std::to_string(vertebra) + " for a vertebra",
                       "its posterior elements get 100 more, " + std::to_string(posterior) + ", which is taken",
                       "give five numbers, or others");
    if (n_voxels.count(posterior) != 0)
      return;
    const std::size_t n = split_posterior_elements(labels, vertebra, posterior, cranial);
    const std::string name = "Label " + std::to_string(vertebra);
    if (n == 0) {
      warnings.push_back(name + ": nothing lies behind a vertebral canal, so its surface is taken for that of a body.");
      return;
    }
    if (vertebra == level.caudal && level.name.size() > 2 && level.name.substr(level.name.size() - 2) == "S1")
      throw InputError("The surface of label " + std::to_string(vertebra), "more than a body",
                       "the body of S1 cannot be told from the rest of the sacrum by a rule",
                       "give the body of S1 as a surface of its own");
    n_voxels[posterior] = n;
    warnings.push_back(name + ": what lies behind the front wall of the vertebral canal, " +
                       percent(double(n) / n_voxels.at(vertebra)) +
                       " of the vertebra, is taken for posterior elements (" + std::to_string(posterior) + ").");
  }

  void fill(const Point &cranial)
  {
    const std::size_t n = fill_disc(labels, level.cranial, level.disc, level.caudal, cranial);
    if (n == 0)
      throw InputError(
          "The disc of level " + level.name, "without a voxel",
          "no surface is given for it, and nowhere do the two bodies face each other across less than 20 mm",
          "check 'Patient/Surface axes' and 'Patient/Level', or give the disc's surface");
    warnings.push_back(
        "No surface is given for the disc: the space in which the bodies face each other along the line of "
        "their centres, " +
        cubic_centimetres(n * voxel_volume()) + ", is taken for it.");
  }

  const std::vector<LabelledSurface> &surfaces;
  const LevelLabels &level;
  std::vector<std::string> &warnings;
  Image<std::uint16_t> labels;
  std::map<std::uint16_t, std::size_t> n_voxels;
};

} // namespace

void SurfaceLabelParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.add_parameter("Label surfaces", files,
                    "In place of a label file: closed surfaces, STL or PLY in mm, as 'label: file; label: file'. "
                    "Posterior elements in the surfaces of the level's vertebrae are told apart behind the vertebral "
                    "canal; a missing disc is filled between the bodies. No unit.",
                    Anything());
  prm.add_parameter(
      "Surface axes", axes,
      "To which side of the patient x, y and z of the surfaces point: R or L, A or P, S or I each. No unit.",
      Anything());
}

void SurfaceLabelParameters::check() const
{
  list();
  axes_to_ras(axes);
  if (files.empty() && axes != "RAS")
    throw InputError("'Patient/Surface axes'", "'" + axes + "'", "no surfaces are named", "remove it");
}

std::vector<std::pair<std::uint16_t, std::string>> SurfaceLabelParameters::list() const
{
  std::vector<std::pair<std::uint16_t, std::string>> named;
  std::set<std::uint16_t> labels;
  if (files.empty())
    return named;
  for (const std::string &item : inputs::split(files, ';')) {
    if (item.empty())
      continue;
    const std::size_t colon = std::min(item.find(':'), item.size());
    const std::string number = item.substr(0, item.find_last_not_of(' ', colon == 0 ? 0 : colon - 1) + 1);
    const std::size_t begin = item.find_first_not_of(' ', colon + 1);
    const bool is_number =
        !number.empty() && number.size() <= 5 && number.find_first_not_of("0123456789") == std::string::npos;
    const int label = is_number ? std::stoi(number) : 0;
    if (label < 1 || label > std::numeric_limits<std::uint16_t>::max() || begin >= item.size())
      throw InputError("'Patient/Label surfaces'", "'" + item + "'",
                       "each surface is a label from 1 to 65535, a colon and a file",
                       "write it like '22: L3.stl; 23: L4.stl'");
    if (!labels.insert(label).second)
      throw InputError("'Patient/Label surfaces'", "label " + std::to_string(label) + " twice",
                       "each label has one surface", "join the surfaces of one bone in one file");
    named.emplace_back(label, item.substr(begin));
  }
  return named;
}

std::vector<LabelledSurface> read_surfaces(const SurfaceLabelParameters &parameters, const std::string &data_directory,
                                           std::vector<std::string> &warnings)
{
  const Affine motion = axes_to_ras(parameters.axes);
  std::vector<LabelledSurface> surfaces;
  for (const auto &[label, file] : parameters.list()) {
    const TriangleSurface surface = read_surface(resolve_path(data_directory, file));
    warnings.insert(warnings.end(), surface.warnings().begin(), surface.warnings().end());
    surfaces.push_back({label, surface.moved(motion)});
  }
  return surfaces;
}

Image<std::uint16_t> label_map(const std::vector<LabelledSurface> &surfaces, const LevelLabels &level,
                               const ImageGrid &grid, std::vector<std::string> &warnings)
{
  return LabelMap(surfaces, level, grid, warnings).build();
}

Point line_of_centres(const Image<std::uint16_t> &labels, const LevelLabels &level)
{
  Point sum[2] = {{{0, 0, 0}}, {{0, 0, 0}}};
  double n[2] = {0, 0};
  std::size_t voxel = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel) {
        const std::uint16_t label = labels.values[voxel];
        if (label != level.cranial && label != level.caudal)
          continue;
        const int body = label == level.cranial;
        sum[body] = sum[body] + labels.grid.index_to_world({double(i), double(j), double(k)});
        n[body] += 1;
      }
  return (1. / n[1]) * sum[1] - (1. / n[0]) * sum[0];
}

} // namespace cageopt::inputs
