#include <postprocess/scatter_plot.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <postprocess/plot_axis.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

namespace {

constexpr double width = 460, height = 380, left = 74, right = 16, top = 20, bottom = 56, legend_line = 18;

} // namespace

std::string ScatterPlot::svg() const
{
  static const std::array<const char *, 8> colours = {
      {"#1b6ca8", "#d1495b", "#2e8b57", "#edae49", "#6f4e9c", "#66717e", "#00798c", "#a0522d"}};
  std::vector<std::string> groups;
  for (const auto &panel : panels)
    for (const auto &point : panel.points)
      if (std::find(groups.begin(), groups.end(), point.group) == groups.end())
        groups.push_back(point.group);
  std::ostringstream out;
  const double total_height = height + legend_line * (double(groups.size()) + 1);
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width * double(panels.size()) << "\" height=\""
      << total_height << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
      << "fill=\"white\"/>\n";
  for (std::size_t k = 0; k < panels.size(); ++k) {
    const auto &panel = panels[k];
    std::vector<const Point *> points;
    for (const auto &point : panel.points)
      if (std::isfinite(point.x) && std::isfinite(point.y))
        points.push_back(&point);
    if (points.empty())
      continue;
    const auto range = [&](const auto &of) {
      const auto [low, high] = std::minmax_element(points.begin(), points.end(),
                                                   [&](const auto *a, const auto *b) { return of(*a) < of(*b); });
      return PlotAxis(of(**low), of(**high));
    };
    const auto x_axis = range([](const Point &p) { return p.x; }), y_axis = range([](const Point &p) { return p.y; });
    const double x0 = width * double(k);
    const auto x_at = [&](const double x) { return x0 + left + (width - left - right) * x_axis.at(x); };
    const auto y_at = [&](const double y) { return height - bottom - (height - top - bottom) * y_axis.at(y); };
    for (const double x : x_axis.ticks())
      out << "<line x1=\"" << x_at(x) << "\" x2=\"" << x_at(x) << "\" y1=\"" << top << "\" y2=\"" << height - bottom
          << "\" stroke=\"#dddddd\"/><text x=\"" << x_at(x) << "\" y=\"" << height - bottom + 16
          << "\" text-anchor=\"middle\">" << plot_number(x) << "</text>\n";
    for (const double y : y_axis.ticks())
      out << "<line x1=\"" << x0 + left << "\" x2=\"" << x0 + width - right << "\" y1=\"" << y_at(y) << "\" y2=\""
          << y_at(y) << "\" stroke=\"#dddddd\"/><text x=\"" << x0 + left - 6 << "\" y=\"" << y_at(y) + 4
          << "\" text-anchor=\"end\">" << plot_number(y) << "</text>\n";
    out << "<text x=\"" << x0 + .5 * (left + width - right) << "\" y=\"" << height - 14 << "\" text-anchor=\"middle\">"
        << vtk_encoding::escape(panel.x_title) << "</text>\n<text transform=\"translate(" << x0 + 16 << ","
        << .5 * (top + height - bottom) << ") rotate(-90)\" text-anchor=\"middle\">"
        << vtk_encoding::escape(panel.y_title) << "</text>\n";
    std::vector<std::array<double, 2>> labels; // where they stand, so that none covers another
    for (const auto *point : points) {
      std::array<double, 2> label = {x_at(point->x) + 7, y_at(point->y) - 5};
      while (std::any_of(labels.begin(), labels.end(), [&](const auto &other) {
        return std::abs(other[0] - label[0]) < 14 && std::abs(other[1] - label[1]) < 10;
      }))
        label[1] -= 10;
      labels.push_back(label);
      const auto group = std::find(groups.begin(), groups.end(), point->group) - groups.begin();
      const char *colour = colours[std::size_t(group) % colours.size()];
      out << "<circle cx=\"" << x_at(point->x) << "\" cy=\"" << y_at(point->y) << "\" r=\"5\" stroke=\"" << colour
          << "\" fill=\"" << (point->is_emphasised ? colour : "white") << "\"/><text x=\"" << label[0] << "\" y=\""
          << label[1] << "\" font-size=\"10\">" << vtk_encoding::escape(point->label) << "</text>\n";
    }
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double y = height + legend_line * (double(i) + .6);
    out << "<circle cx=\"" << left << "\" cy=\"" << y - 4 << "\" r=\"5\" fill=\"" << colours[i % colours.size()]
        << "\"/><text x=\"" << left + 12 << "\" y=\"" << y << "\">" << vtk_encoding::escape(groups[i]) << "</text>\n";
  }
  out << "<text x=\"" << left + 260 << "\" y=\"" << height + legend_line * .6
      << "\">full: not dominated by another design</text>\n</svg>\n";
  return out.str();
}

} // namespace cageopt::postprocess
