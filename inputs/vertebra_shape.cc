#include <inputs/vertebra_shape.h>

#include <algorithm>
#include <cmath>

namespace cageopt::inputs {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double exponent = 2.4, dent = 0.1, dent_angle = 0.45; // of the outline
constexpr double waist = 0.12;
constexpr double dish_fraction = 0.8, dish_power = 1.5;
constexpr int n_angles = 2048;

double outline_radius(const double angle, const double a, const double b)
{
  const double superellipse =
      std::pow(std::pow(std::abs(std::cos(angle) / a), exponent) + std::pow(std::abs(std::sin(angle) / b), exponent),
               -1. / exponent);
  const double from_posterior = std::remainder(angle + pi / 2, 2 * pi) / dent_angle;
  return superellipse * (1. - dent * std::exp(-from_posterior * from_posterior));
}

} // namespace

double VertebraShape::BodyDistance::to_surface() const { return std::min({lateral, superior, inferior}); }

VertebraShape::VertebraShape(const VertebraDimensions &dimensions)
    : sizes(dimensions), half_width(dimensions.width / 2), half_depth(dimensions.depth / (2. - dent)),
      dish_half_width(dish_fraction * half_width), dish_half_depth((dish_fraction - dent / 2) * half_depth)
{
  const double step = 2 * pi / n_angles;
  double moment = 0;
  area = 0;
  for (int i = 0; i <= n_angles; ++i) {
    const double angle = -pi + i * step;
    const double value = outline_radius(angle, half_width, half_depth);
    const double slope =
        (outline_radius(angle + 1e-4, half_width, half_depth) - outline_radius(angle - 1e-4, half_width, half_depth)) /
        2e-4;
    radius.push_back({{value, slope}});
    if (i < n_angles) {
      area += value * value / 2 * step;
      moment += value * value * value / 3 * std::sin(angle) * step;
    }
  }
  centroid = moment / area;

  // Places are relative to the posterior wall of the endplates and the body's mid-height, so that the canal is about
  // 16 mm deep and 22 mm wide, and a joint space of 2 to 3 mm stays between the facets of neighbouring vertebrae.
  const double wall = -(1. - dent) * half_depth - centroid;
  strips = {
      // pedicle, pars, lamina
      {{15.5, wall + 6., 0}, {15.5, wall - 8., 0}, {1., 1.}, {8., 8.}, {4.3, 4.3}, true},
      {{15.5, wall - 9., 0}, {12.5, wall - 16., 0}, {-2., -8.}, {6., 2.}, {3.6, 3.3}, true},
      {{12.5, wall - 16., 0}, {0., wall - 22., 0}, {-8., -11.}, {2., 1.}, {3.3, 3.3}, true},
      // superior and inferior articular process
      {{17.5, wall - 10., 0}, {18.5, wall - 12.5, 0}, {2., 6.}, {14., 16.}, {3.2, 3.}, true},
      {{11.5, wall - 18., 0}, {11.5, wall - 19., 0}, {-17., -17.}, {-6., -6.}, {3., 3.}, true},
      // spinous process, right and left transverse process
      {{0., wall - 22., 0}, {0., wall - 47., 0}, {-11., -15.}, {1., -6.}, {3., 3.8}, false},
      {{17., wall - 8., 0}, {40., wall - 12., 0}, {1., 3.}, {4., 5.}, {4., 2.8}, false},
      {{-17., wall - 8., 0}, {-36., wall - 12., 0}, {1., 3.}, {4., 5.}, {4., 2.8}, false},
  };
  box = {{{1e9, 1e9, 1e9}, {-1e9, -1e9, -1e9}}};
  for (auto &strip : strips) {
    strip.box = box;
    for (const int end : {0, 1}) {
      const Point &place = end == 0 ? strip.from : strip.to;
      const double reach = strip.radius[end];
      for (int d = 0; d < 3; ++d) {
        const double low = d == 2 ? strip.low[end] : place[d], high = d == 2 ? strip.high[end] : place[d];
        strip.box[0][d] = std::min(strip.box[0][d], low - reach);
        strip.box[1][d] = std::max(strip.box[1][d], high + reach);
      }
    }
  }
  for (const auto &strip : strips)
    for (int d = 0; d < 3; ++d) {
      const double low = d == 0 && strip.paired ? -strip.box[1][0] : strip.box[0][d];
      box[0][d] = std::min(box[0][d], low);
      box[1][d] = std::max(box[1][d], strip.box[1][d]);
    }
}

double VertebraShape::side(const Point &point, const double scale, const double scale_slope) const
{
  const double x = point[0], y = point[1] + centroid;
  const double from_axis = std::max(std::hypot(x, y), 1e-6);
  const double position = std::min((std::atan2(y, x) + pi) / (2 * pi) * n_angles, n_angles - 1e-9);
  const int lower = int(position);
  const double weight = position - lower;
  const double value = (1 - weight) * radius[lower][0] + weight * radius[lower + 1][0];
  const double slope = (1 - weight) * radius[lower][1] + weight * radius[lower + 1][1];
  const double tangential = scale * slope / std::max(from_axis, value / 2), axial = scale_slope * value;
  return (scale * value - from_axis) / std::sqrt(1. + tangential * tangential + axial * axial);
}

VertebraShape::BodyDistance VertebraShape::endplates(const Point &point) const
{
  const double x = point[0] / dish_half_width, y = point[1] / dish_half_depth;
  const double inside = std::max(1. - x * x - y * y, 0.), root = std::sqrt(inside);
  const double slope = 2. * dish_power * root * std::hypot(x / dish_half_width, y / dish_half_depth);
  const auto distance = [&](const double concavity, const double z) {
    return (sizes.height / 2 - concavity * inside * root - z) / std::sqrt(1. + concavity * concavity * slope * slope);
  };
  return {0., distance(sizes.superior_concavity, point[2]), distance(sizes.inferior_concavity, -point[2])};
}

VertebraShape::BodyDistance VertebraShape::body(const Point &point) const
{
  const double height = std::max(-1., std::min(1., 2 * point[2] / sizes.height));
  BodyDistance distance = endplates(point);
  distance.lateral = side(point, 1. - waist * (1. - height * height), 4. * waist * height / sizes.height);
  return distance;
}

double VertebraShape::Strip::distance(const Point &point) const
{
  const double x = paired ? std::abs(point[0]) : point[0];
  const double dx = to[0] - from[0], dy = to[1] - from[1];
  const double along =
      std::max(0., std::min(1., ((x - from[0]) * dx + (point[1] - from[1]) * dy) / std::max(dx * dx + dy * dy, 1e-12)));
  const auto at = [along](const std::array<double, 2> &ends) { return ends[0] + along * (ends[1] - ends[0]); };
  const double across_x = x - from[0] - along * dx, across_y = point[1] - from[1] - along * dy;
  const double above = std::max({at(low) - point[2], point[2] - at(high), 0.});
  return at(radius) - std::sqrt(across_x * across_x + across_y * across_y + above * above);
}

double VertebraShape::posterior(const Point &point) const
{
  constexpr double reach = 4., fillet = 2.; // mm; where two strips meet, the union is rounded within the fillet
  double result = -2 * reach;
  for (const auto &strip : strips) {
    const double x = strip.paired ? std::abs(point[0]) : point[0];
    const auto &[low, high] = strip.box;
    if (x < low[0] - reach || x > high[0] + reach || point[1] < low[1] - reach || point[1] > high[1] + reach ||
        point[2] < low[2] - reach || point[2] > high[2] + reach)
      continue;
    const double distance = strip.distance(point);
    const double blend = std::max(fillet - std::abs(distance - result), 0.);
    result = std::max(distance, result) + blend * blend / (4 * fillet);
  }
  return result;
}

double VertebraShape::body_volume() const
{
  const double mean_square_scale = 1. - 4. / 3 * waist + 8. / 15 * waist * waist;
  return area * (sizes.height * mean_square_scale - mean_depth(sizes.superior_concavity) -
                 mean_depth(sizes.inferior_concavity));
}

double VertebraShape::mean_depth(const double concavity) const
{
  return concavity * pi * dish_half_width * dish_half_depth / (dish_power + 1) / area;
}

std::array<Point, 2> VertebraShape::body_box() const
{
  return {{{-half_width, -half_depth - centroid, -sizes.height / 2},
           {half_width, half_depth - centroid, sizes.height / 2}}};
}

} // namespace cageopt::inputs
