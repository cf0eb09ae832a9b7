#include <inputs/cortex.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::inputs {

namespace {

/// Steps on the lattice within a ball, and their length along each axis.
struct Step
{
  std::array<int, 3> by;
  Point offset; ///< mm
};

std::vector<Step> ball(const Point &spacing, const double radius)
{
  std::vector<Step> steps;
  std::array<int, 3> reach;
  for (int d = 0; d < 3; ++d)
    reach[d] = static_cast<int>(radius / spacing[d]);
  for (int k = -reach[2]; k <= reach[2]; ++k)
    for (int j = -reach[1]; j <= reach[1]; ++j)
      for (int i = -reach[0]; i <= reach[0]; ++i) {
        const Point offset = {i * spacing[0], j * spacing[1], k * spacing[2]};
        if (norm(offset) <= radius)
          steps.push_back({{i, j, k}, offset});
      }
  return steps;
}

/// The voxels of an image by their tissue.
class Lattice
{
public:
  Lattice(const std::array<int, 3> &size, const std::vector<std::uint8_t> &tissue) : size(size), tissue(tissue) {}

  /// action(voxel) for the neighbours over faces that are in the image.
  template <typename Action>
  void for_each_neighbour(const std::size_t voxel, const Action &action) const
  {
    const auto at = position(voxel);
    std::size_t stride = 1;
    for (int d = 0; d < 3; ++d) {
      if (at[d] > 0)
        action(voxel - stride);
      if (at[d] < size[d] - 1)
        action(voxel + stride);
      stride *= size[d];
    }
  }

  /// Unit vector from the centre of what is bone around a voxel to the voxel; components along the image's axes.
  Point normal(const std::size_t voxel, const std::vector<Step> &steps) const
  {
    const auto at = position(voxel);
    Point sum = {{0, 0, 0}};
    for (const auto &step : steps) {
      std::array<int, 3> to;
      for (int d = 0; d < 3; ++d)
        to[d] = std::clamp(at[d] + step.by[d], 0, size[d] - 1); // beyond the image there is what is at its border
      if (tissue[to[0] + size[0] * (to[1] + std::size_t(size[1]) * to[2])] != Cortex::outside)
        sum = sum - step.offset;
    }
    const double length = norm(sum);
    return length > 0 ? (1. / length) * sum : Point{1, 0, 0};
  }

private:
  std::array<int, 3> position(const std::size_t voxel) const
  {
    const std::size_t row = voxel / size[0];
    return {static_cast<int>(voxel % size[0]), static_cast<int>(row % size[1]), static_cast<int>(row / size[1])};
  }

  std::array<int, 3> size;
  const std::vector<std::uint8_t> &tissue;
};

} // namespace

void CortexParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Cortex");
  prm.add_parameter(
      "Thickness", thickness,
      "Of cortical shell and bony endplates, which voxels wider than that blur: their share of each voxel "
      "beneath the surface gets the modulus below, the rest of its mineral the bone law's. Human lumbar "
      "shells and endplates: 0.35 on average (Silva et al. 1994, J Orthop Res 12:409 [B]). 0: no shell is "
      "told apart. Unit: mm.",
      Double(0., 5.));
  prm.add_parameter("Density", density,
                    "Of that shell, in the calibration's measure. It fixes how much of a voxel's mineral is shell. "
                    "Unit: mg/cm3.",
                    Double(0., 2000.));
  prm.add_parameter("Young's modulus", youngs_modulus,
                    "Of that shell, isotropic. Sets of the literature: 12000, osteopenic 8350, osteoporotic 4700; "
                    "porous vertebral shell is softer. Unit: MPa.",
                    Double(0., 30000.));
  prm.add_parameter("Source", source, "Where the three values come from, for the reports. No unit.", Anything());
  prm.leave_subsection();
}

void CortexParameters::check(const std::string &path) const
{
  if (!is_on()) {
    if (density > 0 || youngs_modulus > 0 || !source.empty())
      throw InputError("'" + path + "/Thickness'", "0", "the shell's other entries are stated but would be ignored",
                       "state the thickness, or remove the subsection");
    return;
  }
  if (!(density > 0) || !(youngs_modulus > 0) || source.empty())
    throw InputError("'" + path + "'", "a thickness without density, Young's modulus or their source",
                     "a shell that the image does not resolve is an assumption, and all of it is stated",
                     "state 'Density', 'Young's modulus' and 'Source'");
}

Cortex::Cortex(const CortexParameters &parameters, const ImageGrid &grid, const std::vector<std::uint8_t> &tissue,
               const std::vector<float> &density)
    : given(parameters)
{
  if (!is_on())
    return;
  shares.assign(tissue.size(), 0.f);
  const Point spacing = grid.spacing();
  const double voxel_volume = std::abs(grid.index_to_world.determinant());
  const double widest = std::max({spacing[0], spacing[1], spacing[2]});
  const double thinnest_layer = std::min({spacing[0], spacing[1], spacing[2]}) / std::sqrt(3.);
  const Lattice lattice(grid.size, tissue);
  const auto steps = ball(spacing, std::max(2.5 * widest, given.thickness + 1.5 * widest));

  std::vector<std::uint8_t> is_reached(tissue.size(), 0);
  std::vector<std::size_t> layer, next;
  for (std::size_t voxel = 0; voxel < tissue.size(); ++voxel) {
    if (tissue[voxel] != bone)
      continue;
    bool at_surface = false;
    lattice.for_each_neighbour(voxel, [&](const std::size_t other) { at_surface |= tissue[other] == outside; });
    if (at_surface) {
      is_reached[voxel] = 1;
      layer.push_back(voxel);
    }
  }
  for (int k = 0; !layer.empty() && k * thinnest_layer < given.thickness; ++k) {
    next.clear();
    for (const auto voxel : layer) {
      const Point normal = lattice.normal(voxel, steps);
      double between_layers = 0;
      for (int d = 0; d < 3; ++d)
        between_layers = std::max(between_layers, std::abs(normal[d]) * spacing[d]);
      const double wanted = std::clamp(given.thickness / between_layers - k, 0., 1.);
      const double possible = std::max(0., density[voxel] / given.density);
      const double share = std::min(wanted, possible);
      shares[voxel] = static_cast<float>(share);
      n_shell += wanted > 0;
      n_short += share < wanted;
      volume += share * voxel_volume;
      surface += k == 0 ? voxel_volume / between_layers : 0.;
      lattice.for_each_neighbour(voxel, [&](const std::size_t other) {
        if (tissue[other] == bone && !is_reached[other]) {
          is_reached[other] = 1;
          next.push_back(other);
        }
      });
    }
    layer.swap(next);
  }
}

Cortex Cortex::resampled(const std::vector<std::size_t> &origin) const
{
  Cortex result = *this;
  if (!is_on())
    return result;
  result.shares.resize(origin.size());
  for (std::size_t voxel = 0; voxel < origin.size(); ++voxel)
    result.shares[voxel] = origin[voxel] == none ? 0.f : shares[origin[voxel]];
  return result;
}

double Cortex::youngs_modulus(const std::size_t voxel, const double density,
                              const std::function<double(double)> &law) const
{
  const double f = share(voxel);
  if (f == 0)
    return law(density);
  if (f > 1. - 1e-6)
    return given.youngs_modulus;
  return f * given.youngs_modulus + (1. - f) * law((density - f * given.density) / (1. - f));
}

std::string Cortex::description() const
{
  if (!is_on())
    return "";
  std::ostringstream text;
  text.precision(3);
  text << "shell of " << given.thickness << " mm, " << given.density << " mg/cm3 and " << given.youngs_modulus
       << " MPa (" << given.source << ") in " << n_shell << " voxels; the mineral of "
       << 100. * n_short / std::max<std::size_t>(1, n_shell) << " % of them does not suffice: " << mean_thickness()
       << " mm on average";
  return text.str();
}

} // namespace cageopt::inputs
