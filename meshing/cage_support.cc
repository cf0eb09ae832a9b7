#include <meshing/cage_support.h>

#include <cmath>

namespace cageopt::meshing {

CageSupport::CageSupport(const Cage &cage, const EndplateSurfaces &surfaces, const EndplateLayer &layer)
{
  constexpr double step = .25; // mm
  double n_overlap = 0, n_rim = 0, n_face = 0, n_face_on_rim = 0, n_edge = 0, n_edge_on_rim = 0;
  std::array<double, 2> sums{}, counts{};
  const int reach_x = static_cast<int>(std::ceil(surfaces.width() / step));
  const int reach_y = static_cast<int>(std::ceil(surfaces.depth() / step));
  for (int j = -reach_y; j <= reach_y; ++j)
    for (int i = -reach_x; i <= reach_x; ++i) {
      const double x = surfaces.centroid_x() + i * step, y = surfaces.centroid_y() + j * step;
      if (!surfaces.covers(x, y))
        continue;
      const bool in_rim = layer.in_rim(x, y);
      ++n_overlap;
      n_rim += in_rim;
      const double distance = cage.distance_inside(x, y);
      if (distance < 0)
        continue;
      if (distance < 2. * step) {
        ++n_edge;
        n_edge_on_rim += in_rim;
      }
      if (cage.part_at({x, y, .5 * (cage.lower(x, y) + cage.upper(x, y))}) == CagePart::window)
        continue;
      ++n_face;
      n_face_on_rim += in_rim;
      for (const int side : {0, 1}) {
        yield_force[side] += layer.yield_stress(side, x, y) * step * step;
        const double bmd = layer.density(side, x, y);
        sums[side] += std::isnan(bmd) ? 0. : bmd;
        counts[side] += std::isnan(bmd) ? 0. : 1.;
      }
    }
  bearing_area = n_face * step * step;
  rim_share = n_face_on_rim / n_face;
  rim_edge_share = n_edge_on_rim / n_edge;
  rim_share_of_endplates = n_rim / n_overlap;
  for (const int side : {0, 1})
    density[side] = sums[side] / counts[side];
}

} // namespace cageopt::meshing
