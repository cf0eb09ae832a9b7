#include <postprocess/relief_picture.h>

#include <algorithm>
#include <cmath>

namespace cageopt::postprocess {

using namespace inputs;

namespace {

Point normalised(const Point &a) { return (1. / norm(a)) * a; }

} // namespace

std::string relief_png(const std::function<double(const Point &)> &value, const Point &low, const Point &high,
                       const double step, const int pixels,
                       const std::function<SlicePicture::Colour(const Point &)> &colour)
{
  const Point towards_eye = normalised({1., .55, .6});
  const Point right = normalised(cross({0, 0, 1}, towards_eye)), up = cross(towards_eye, right);
  const Point light = normalised(towards_eye - .35 * right + .35 * up);
  const Point centre = .5 * (low + high);
  double radius = 0; // of the box as seen
  for (unsigned int v = 0; v < 8; ++v) {
    const Point corner = {v & 1 ? high[0] : low[0], v & 2 ? high[1] : low[1], v & 4 ? high[2] : low[2]};
    radius = std::max({radius, std::abs(dot(corner - centre, right)), std::abs(dot(corner - centre, up))});
  }

  const auto shade = [&](const int column, const int row) -> SlicePicture::Colour {
    const double scale = 2.1 * radius / pixels;
    const Point origin = centre + (column + .5 - .5 * pixels) * scale * right + (.5 * pixels - row - .5) * scale * up;
    const Point direction = -1. * towards_eye;
    const auto at = [&](const double s) { return origin + s * direction; };
    double begin = -1e300, end = 1e300;
    unsigned int entry = 0;
    for (unsigned int d = 0; d < 3; ++d) {
      const double a = (low[d] - origin[d]) / direction[d], b = (high[d] - origin[d]) / direction[d];
      if (std::min(a, b) > begin) {
        begin = std::min(a, b);
        entry = d;
      }
      end = std::min(end, std::max(a, b));
    }
    if (begin >= end)
      return {255, 255, 255};
    Point normal = {0, 0, 0};
    double hit = begin;
    if (value(at(begin)) <= 0) {
      normal[entry] = 1; // a cut through the body; the eye is on the upper side of each face it sees
    } else {
      for (hit += step; hit < end && value(at(hit)) > 0; hit += step)
        ;
      if (hit >= end)
        return {255, 255, 255};
      double outside = hit - step;
      for (unsigned int i = 0; i < 20; ++i) {
        const double middle = .5 * (outside + hit);
        (value(at(middle)) > 0 ? outside : hit) = middle;
      }
      const Point x = at(hit);
      for (unsigned int d = 0; d < 3; ++d) {
        Point before = x, after = x;
        before[d] -= .5 * step;
        after[d] += .5 * step;
        normal[d] = value(after) - value(before);
      }
      normal = normalised(normal);
    }
    const double brightness = .45 + .55 * std::max(0., dot(normal, light));
    auto result = colour(at(hit));
    for (auto &channel : result)
      channel = static_cast<std::uint8_t>(std::lround(brightness * channel));
    return result;
  };

  SliceView view;
  view.begin[0] = view.begin[1] = 0;
  view.end[0] = view.end[1] = pixels;
  SlicePicture picture(view, 1.);
  picture.paint([&](const std::size_t pixel) {
    return shade(static_cast<int>(pixel) % picture.width(), static_cast<int>(pixel) / picture.width());
  });
  return picture.png();
}

} // namespace cageopt::postprocess
