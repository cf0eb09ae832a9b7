#include <meshing/design_frame.h>

#include <cmath>

#include <inputs/error.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

struct Centroids
{
  Point cranial{{0, 0, 0}}, caudal{{0, 0, 0}}, posterior{{0, 0, 0}};
  double n_cranial = 0, n_caudal = 0, n_posterior = 0;
};

Centroids label_centroids(const inputs::Patient &patient)
{
  Centroids result;
  const auto &labels = patient.labels;
  const auto &level = patient.level;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto label = labels(i, j, k);
        if (label == 0)
          continue;
        const Point world = labels.grid.index_to_world({double(i), double(j), double(k)});
        const auto add = [&](Point &sum, double &n) {
          sum = sum + world;
          n += 1;
        };
        if (label == level.cranial)
          add(result.cranial, result.n_cranial);
        else if (label == level.caudal)
          add(result.caudal, result.n_caudal);
        else if (label == level.cranial_posterior || label == level.caudal_posterior)
          add(result.posterior, result.n_posterior);
      }
  result.cranial = (1. / result.n_cranial) * result.cranial;
  result.caudal = (1. / result.n_caudal) * result.caudal;
  if (result.n_posterior > 0)
    result.posterior = (1. / result.n_posterior) * result.posterior;
  return result;
}

/// Rows of the rotation that takes world vectors to the design frame, from z and a hint of anterior.
Affine frame_from(const Point &z_direction, const Point &anterior_hint, const Point &origin)
{
  const Point z = (1. / norm(z_direction)) * z_direction;
  const Point in_plane = anterior_hint - dot(anterior_hint, z) * z;
  const Point y = (1. / norm(in_plane)) * in_plane;
  const Point x = cross(y, z);
  Affine design_to_world;
  for (int d = 0; d < 3; ++d)
    design_to_world.linear[d] = {x[d], y[d], z[d]};
  design_to_world.offset = origin;
  return design_to_world;
}

} // namespace

DesignFrame DesignFrame::fit(const inputs::Patient &patient)
{
  const auto centroids = label_centroids(patient);
  const Point middle = .5 * (centroids.cranial + centroids.caudal);
  Point anterior = {0, 1, 0};
  if (centroids.n_posterior > 100) {
    const Point direction = middle - centroids.posterior;
    if (norm(direction) > 5.)
      anterior = direction;
  }

  DesignFrame frame;
  frame.design_to_world = frame_from(centroids.cranial - centroids.caudal, anterior, middle);
  constexpr double smallest_overlap = 200.; // mm^2
  for (int iteration = 0; iteration < 5; ++iteration) {
    const EndplateSurfaces surfaces(patient, frame.design_to_world);
    if (surfaces.area() < smallest_overlap)
      throw inputs::InputError("The overlap of the endplates of level " + patient.level.name,
                               std::to_string(surfaces.area()) + " mm^2",
                               "the lower endplate of label " + std::to_string(patient.level.cranial) +
                                   " and the upper one of label " + std::to_string(patient.level.caudal) +
                                   " must face each other over at least 200 mm^2 at a distance of 1.5 to 25 mm",
                               "check 'Patient/Level' and 'Patient/Label numbers' against the label image");
    const Point lower = surfaces.lower_plane().normal(), upper = surfaces.upper_plane().normal();
    const Point normal = lower + upper;
    const double centre_z = .5 * (surfaces.lower_plane().a + surfaces.upper_plane().a);
    const Point origin = frame.design_to_world({surfaces.centroid_x(), surfaces.centroid_y(), centre_z});
    Affine rotation = frame.design_to_world;
    rotation.offset = {0, 0, 0};
    const Point cosine = (1. / norm(normal)) * normal;
    constexpr double degrees = 180. / 3.14159265358979323846;
    frame.endplate_tilt = {std::acos(std::min(1., dot(lower, cosine))) * degrees,
                           std::acos(std::min(1., dot(upper, cosine))) * degrees};
    // Slopes along y: the space opens anteriorly when the upper plane rises and the lower one falls towards +y.
    frame.lordosis = (std::atan(surfaces.upper_plane().c) - std::atan(surfaces.lower_plane().c)) * degrees;
    frame.design_to_world = frame_from(rotation(normal), anterior, origin);
  }
  return frame;
}

} // namespace cageopt::meshing
