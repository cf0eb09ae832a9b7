#include <meshing/design_frame.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <inputs/error.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

/// From the posterior elements to the disc, or RAS y where none are labelled. Beyond `reach` mm from the mid-sagittal
/// plane of the frame nothing counts: transverse processes differ in length, and images cut them off.
Point anterior_direction(const inputs::Patient &patient, const Affine &design_to_world, const double reach)
{
  const auto &labels = patient.labels;
  const auto &level = patient.level;
  const Affine index_to_design = design_to_world.inverse() * labels.grid.index_to_world;
  Point sum{{0, 0, 0}};
  double n = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto label = labels(i, j, k);
        if (label == 0 || (label != level.cranial_posterior && label != level.caudal_posterior))
          continue;
        const Point point = index_to_design({double(i), double(j), double(k)});
        if (std::abs(point[0]) > reach)
          continue;
        sum = sum + labels.grid.index_to_world({double(i), double(j), double(k)});
        n += 1;
      }
  if (n > 100) {
    const Point direction = design_to_world.offset - (1. / n) * sum;
    if (norm(direction) > 5.)
      return direction;
  }
  return {0, 1, 0};
}

} // namespace

BodyCentres body_centres(const inputs::Patient &patient)
{
  BodyCentres result;
  double n_cranial = 0, n_caudal = 0;
  const auto &labels = patient.labels;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto label = labels(i, j, k);
        if (label != patient.level.cranial && label != patient.level.caudal)
          continue;
        const Point world = labels.grid.index_to_world({double(i), double(j), double(k)});
        auto &sum = label == patient.level.cranial ? result.cranial : result.caudal;
        sum = sum + world;
        (label == patient.level.cranial ? n_cranial : n_caudal) += 1;
      }
  result.cranial = (1. / n_cranial) * result.cranial;
  result.caudal = (1. / n_caudal) * result.caudal;
  return result;
}

DesignFrame DesignFrame::fit(const inputs::Patient &patient)
{
  const auto centres = body_centres(patient);
  const Point middle = .5 * (centres.cranial + centres.caudal);
  if (!(dot(centres.cranial - centres.caudal, {0, 0, 1}) > 0))
    throw InputError("The body of label " + std::to_string(patient.level.cranial),
                     "not above that of label " + std::to_string(patient.level.caudal),
                     "the cranial body of level " + patient.level.name +
                         " must be cranial (+z in RAS) of the caudal one",
                     "correct 'Patient/Label numbers', or the orientation in the image's header");
  constexpr double everything = 1e3, pedicles_and_laminae = 20.; // mm
  DesignFrame frame;
  frame.design_to_world = inputs::frame_at(middle, centres.cranial - centres.caudal, {0, 1, 0});
  frame.design_to_world = inputs::frame_at(middle, centres.cranial - centres.caudal,
                                           anterior_direction(patient, frame.design_to_world, everything));
  constexpr double smallest_overlap = 80.; // mm^2
  for (int iteration = 0; iteration < 5; ++iteration) {
    const EndplateSurfaces surfaces(patient, frame.design_to_world);
    if (surfaces.area() < smallest_overlap)
      throw inputs::InputError("The overlap of the endplates of level " + patient.level.name,
                               std::to_string(surfaces.area()) + " mm^2",
                               "the lower endplate of label " + std::to_string(patient.level.cranial) +
                                   " and the upper one of label " + std::to_string(patient.level.caudal) +
                                   " must face each other over at least 80 mm^2 at a distance of 1.5 to 25 mm",
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
    frame.design_to_world.offset = origin;
    frame.design_to_world = inputs::frame_at(origin, rotation(normal),
                                             anterior_direction(patient, frame.design_to_world, pedicles_and_laminae));
  }
  return frame;
}

} // namespace cageopt::meshing
