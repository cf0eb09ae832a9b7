#include <meshing/level_contours.h>

#include <cmath>
#include <map>

namespace cageopt::meshing {

namespace {

/// Of a square of the grid: from where a curve enters to where it leaves.
struct Step
{
  std::size_t to; ///< edge of the grid
  std::array<double, 2> from_point;
};

double distance(const std::array<double, 2> &a, const std::array<double, 2> &b)
{
  return std::hypot(b[0] - a[0], b[1] - a[1]);
}

} // namespace

std::vector<Contour> level_contours(const std::vector<float> &field, const int n_x, const int n_y, const double level)
{
  std::map<std::size_t, Step> steps; // by edge
  for (int j = 0; j + 1 < n_y; ++j)
    for (int i = 0; i + 1 < n_x; ++i) {
      // Corners and edges counter-clockwise, the edge after its corner.
      const int x[] = {i, i + 1, i + 1, i}, y[] = {j, j, j + 1, j + 1};
      double value[4];
      for (int c = 0; c < 4; ++c)
        value[c] = field[x[c] + std::size_t(n_x) * y[c]] - level;
      const auto edge = [&](const int c) {
        const std::size_t corner = c == 0 || c == 3 ? i + std::size_t(n_x) * j
                                   : c == 1         ? i + 1 + std::size_t(n_x) * j
                                                    : i + std::size_t(n_x) * (j + 1);
        return 2 * corner + (c % 2);
      };
      const auto falls = [&](const int c) { return value[c] >= 0 && value[(c + 1) % 4] < 0; };
      const auto rises = [&](const int c) { return value[c] < 0 && value[(c + 1) % 4] >= 0; };
      for (int c = 0; c < 4; ++c) {
        if (!falls(c))
          continue;
        int before = (c + 3) % 4;
        while (!rises(before))
          before = (before + 3) % 4;
        const int next = (c + 1) % 4;
        const double share = value[c] / (value[c] - value[next]);
        steps[edge(c)] = {edge(before), {{x[c] + share * (x[next] - x[c]), y[c] + share * (y[next] - y[c])}}};
      }
    }
  std::vector<Contour> contours;
  while (!steps.empty()) {
    Contour contour;
    for (auto at = steps.begin(); at != steps.end();) {
      contour.push_back(at->second.from_point);
      const auto to = at->second.to;
      steps.erase(at);
      at = steps.find(to);
    }
    contours.push_back(contour);
  }
  return contours;
}

double length(const Contour &contour)
{
  double sum = 0;
  for (std::size_t i = 0; i < contour.size(); ++i)
    sum += distance(contour[i], contour[(i + 1) % contour.size()]);
  return sum;
}

double signed_area(const Contour &contour)
{
  double sum = 0;
  for (std::size_t i = 0; i < contour.size(); ++i) {
    const auto &a = contour[i], &b = contour[(i + 1) % contour.size()];
    sum += .5 * (a[0] * b[1] - a[1] * b[0]);
  }
  return sum;
}

std::array<double, 2> point_along(const Contour &contour, double left)
{
  left = std::fmod(left, length(contour));
  for (std::size_t i = 0; i < contour.size(); ++i) {
    const auto &a = contour[i], &b = contour[(i + 1) % contour.size()];
    const double step = distance(a, b);
    if (left <= step && step > 0)
      return {{a[0] + left / step * (b[0] - a[0]), a[1] + left / step * (b[1] - a[1])}};
    left -= step;
  }
  return contour.front();
}

} // namespace cageopt::meshing
