#include <meshing/endplate_layer.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cageopt::meshing {

using namespace inputs;

namespace {

constexpr double spacing = EndplateSurfaces::grid_spacing;

} // namespace

double EndplateLayer::thickness(const Patient &patient) { return std::max(1.25, patient.resolution()); }

EndplateLayer::EndplateLayer(const Patient &patient, const EndplateSurfaces &surfaces, const Affine &design_to_world)
    : patient(patient), surfaces(surfaces)
{
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * design_to_world;
  const double depth = thickness(patient);
  const auto voxel = patient.labels.grid.spacing();
  const int n_samples = static_cast<int>(std::ceil(4. * depth / *std::min_element(voxel.begin(), voxel.end())));
  const int reach_x = static_cast<int>(std::ceil(surfaces.width() / spacing));
  const int reach_y = static_cast<int>(std::ceil(surfaces.depth() / spacing));
  n_x = 2 * reach_x + 1;
  n_y = 2 * reach_y + 1;
  x_begin = surfaces.centroid_x() - reach_x * spacing;
  y_begin = surfaces.centroid_y() - reach_y * spacing;
  for (const int side : {0, 1}) {
    densities[side].assign(std::size_t(n_x) * n_y, std::numeric_limits<float>::quiet_NaN());
    const auto body = side == 0 ? patient.level.caudal : patient.level.cranial;
    double total = 0;
    int n_columns = 0;
    for (int j = 0; j < n_y; ++j)
      for (int i = 0; i < n_x; ++i) {
        const double x = x_begin + i * spacing, y = y_begin + j * spacing;
        if (!surfaces.covers(x, y))
          continue;
        double sum = 0;
        int n = 0;
        for (int s = 0; s < n_samples; ++s) {
          const double below = depth * (s + .5) / n_samples;
          const Point index =
              design_to_index({x, y, side == 0 ? surfaces.lower(x, y) - below : surfaces.upper(x, y) + below});
          if (nearest(patient.labels, index) != body)
            continue; // and inside the image from here on
          const auto at = [&](const int axis) { return static_cast<int>(std::lround(index[axis])); };
          sum += patient.bmd(at(0), at(1), at(2));
          ++n;
        }
        if (n == 0)
          continue;
        densities[side][i + std::size_t(n_x) * j] = static_cast<float>(sum / n);
        total += sum / n;
        ++n_columns;
      }
    means[side] = total / n_columns;
  }
}

std::size_t EndplateLayer::column(const double x, const double y) const
{
  const int i = static_cast<int>(std::lround((x - x_begin) / spacing));
  const int j = static_cast<int>(std::lround((y - y_begin) / spacing));
  return i >= 0 && i < n_x && j >= 0 && j < n_y ? i + std::size_t(n_x) * j : densities[0].size();
}

double EndplateLayer::density(const int side, const double x, const double y) const
{
  const auto at = column(x, y);
  return at < densities[side].size() ? densities[side][at] : std::numeric_limits<double>::quiet_NaN();
}

double EndplateLayer::yield_stress(const int side, const double x, const double y) const
{
  const double bmd = density(side, x, y);
  return std::isnan(bmd) ? 0. : patient.youngs_modulus(static_cast<float>(bmd)) * patient.yield_strain_compression;
}

bool EndplateLayer::in_rim(const double x, const double y) const
{
  const double u = surfaces.centroid_x() + (x - surfaces.centroid_x()) / central_share;
  const double v = surfaces.centroid_y() + (y - surfaces.centroid_y()) / central_share;
  return surfaces.covers(x, y) && !surfaces.covers(u, v);
}

} // namespace cageopt::meshing
