#include <inputs/phantom_anatomy.h>

#include <algorithm>
#include <cmath>

namespace cageopt::inputs {

namespace {

/// L3 and L4. Concavities: Huang et al. 2023, Int J Bioprinting 9(3):697 (means of 20 osteoporotic patients).
const std::array<VertebraDimensions, 2> dimensions = {{{47., 34.5, 28.5, 1.45, 2.33}, {48.5, 35., 28., 1.70, 3.20}}};

/// Thickness of the compact bone of the posterior elements, mm.
constexpr double posterior_cortex = 1.;

bool in_ellipse(const double x, const double y, const double half_x, const double half_y)
{
  return (x / half_x) * (x / half_x) + (y / half_y) * (y / half_y) < 1;
}

bool in_box(const Point &point, const std::array<Point, 2> &box, const double margin)
{
  for (int d = 0; d < 3; ++d)
    if (point[d] < box[0][d] - margin || point[d] > box[1][d] + margin)
      return false;
  return true;
}

/// Inside the endplate outline extended along z.
bool over_endplate(const VertebraShape &shape, const Point &point)
{
  const auto box = shape.body_box();
  return point[0] > box[0][0] && point[0] < box[1][0] && point[1] > box[0][1] && point[1] < box[1][1] &&
         shape.outline(point) > 0;
}

} // namespace

PhantomAnatomy::PhantomAnatomy(const double lordosis, const double disc_height, const double cortical_thickness,
                               const double endplate_thickness)
    : shapes{VertebraShape(dimensions[l3]), VertebraShape(dimensions[l4])}, cortical_thickness(cortical_thickness),
      endplate_thickness(endplate_thickness)
{
  const std::array<double, 2> depth = {{shapes[l3].mean_depth(dimensions[l3].inferior_concavity),
                                        shapes[l4].mean_depth(dimensions[l4].superior_concavity)}};
  const double cosine = std::cos(lordosis / 2), sine = std::sin(lordosis / 2);
  half_distance = (disc_height + cosine * (depth[l3] + depth[l4])) / 2;

  // Each vertebra turns about x through half the angle, the disc opening anteriorly, and the centre of its endplate
  // comes to (0, 0, +-half_distance).
  for (const Level level : {l3, l4}) {
    const double sign = level == l3 ? 1. : -1.;
    const double local_z = -sign * (dimensions[level].height / 2 - depth[level]);
    Affine to_design;
    to_design.linear = {{{1, 0, 0}, {0, cosine, -sign * sine}, {0, sign * sine, cosine}}};
    const Point turned = to_design({0, 0, local_z});
    to_design.offset = Point{0, 0, sign * half_distance} - turned;
    design_to_vertebra[level] = to_design.inverse();
  }
}

Point PhantomAnatomy::endplate_centre(const Level level) const
{
  return {0, 0, level == l3 ? half_distance : -half_distance};
}

Point PhantomAnatomy::endplate_normal(const Level level) const { return design_to_vertebra[level].linear[2]; }

PhantomAnatomy::Sample PhantomAnatomy::at(const Point &design) const
{
  constexpr double ligament_thickness = 1.5; // mm
  const std::array<Point, 2> local = {{design_to_vertebra[l3](design), design_to_vertebra[l4](design)}};
  std::array<double, 2> to_body = {{-1e9, -1e9}};
  for (const Level level : {l3, l4}) {
    const VertebraShape &shape = shapes[level];
    if (!in_box(local[level], shape.body_box(), ligament_thickness))
      continue;
    const auto distance = shape.body(local[level]);
    to_body[level] = distance.to_surface();
    if (to_body[level] <= 0)
      continue;
    const std::uint16_t label = level == l3 ? 22 : 23;
    if (std::min(distance.superior, distance.inferior) < endplate_thickness)
      return {Tissue::endplate, label};
    // No cortex where a pedicle joins the body.
    if (distance.lateral < cortical_thickness && shape.posterior(local[level]) < posterior_cortex)
      return {Tissue::cortical, label};
    return {trabecular(level), label};
  }

  if (std::abs(design[2]) < shapes[l3].dimensions().height && shapes[l3].endplates(local[l3]).inferior <= 0 &&
      shapes[l4].endplates(local[l4]).superior <= 0 && over_endplate(shapes[l3], local[l3]) &&
      over_endplate(shapes[l4], local[l4]))
    return {Tissue::disc, 222};

  bool near_bone = std::max(to_body[l3], to_body[l4]) > -ligament_thickness;
  for (const Level level : {l3, l4})
    if (in_box(local[level], shapes[level].posterior_box(), ligament_thickness)) {
      const double distance = shapes[level].posterior(local[level]);
      if (distance > 0) {
        const bool compact = distance < posterior_cortex && to_body[level] < -posterior_cortex;
        return {compact ? Tissue::cortical : Tissue::posterior_trabecular, std::uint16_t(level == l3 ? 122 : 123)};
      }
      near_bone = near_bone || distance > -ligament_thickness;
    }
  return {near_bone ? Tissue::ligament : soft_tissue(design, local), 0};
}

PhantomAnatomy::Tissue PhantomAnatomy::soft_tissue(const Point &design, const std::array<Point, 2> &local) const
{
  // The discs above and below.
  const double half_l3 = shapes[l3].dimensions().height / 2, half_l4 = shapes[l4].dimensions().height / 2;
  if ((local[l3][2] > half_l3 - 3. && over_endplate(shapes[l3], local[l3])) ||
      (local[l4][2] < -half_l4 + 4. && over_endplate(shapes[l4], local[l4])))
    return Tissue::disc;

  const double x = design[0], y = design[1];
  if (in_ellipse(x, y + 25., 10.5, 7.))
    return Tissue::thecal_sac;
  if (in_ellipse(std::abs(x) - 37., y + 8., 13., 19.) || in_ellipse(std::abs(x) - 25., y + 56., 21., 19.))
    return Tissue::muscle;
  if (in_ellipse(x + 11., y - 30., 9., 9.) || in_ellipse(x - 14., y - 29., 11., 8.)) // aorta left, vena cava right
    return Tissue::blood;
  return Tissue::fat;
}

} // namespace cageopt::inputs
