#include <postprocess/histogram_chart.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include <postprocess/plot_axis.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

namespace {

constexpr double width = 480, height = 250, left = 62, right = 24, top = 12, bottom = 46, legend_line = 18;

} // namespace

std::vector<double> HistogramChart::edges_between(const double low, const double high, const unsigned int n,
                                                  const bool logarithmic)
{
  std::vector<double> result;
  for (unsigned int i = 0; i <= n; ++i)
    result.push_back(logarithmic ? low * std::pow(high / low, double(i) / n) : low + (high - low) * i / n);
  return result;
}

std::size_t HistogramChart::bin_of(const double value) const
{
  const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, value);
  return static_cast<std::size_t>(above - edges.begin()) - 1;
}

std::string HistogramChart::svg() const
{
  double highest = 0;
  for (const auto &group : groups)
    highest = std::max(highest, *std::max_element(group.heights.begin(), group.heights.end()));
  const PlotAxis x_axis(edges.front(), edges.back());
  const PlotAxis y_axis(0., highest);
  const auto x_at = [&](const double x) { return left + (width - left - right) * std::clamp(x_axis.at(x), 0., 1.); };
  const auto y_at = [&](const double y) { return height - bottom - (height - top - bottom) * y_axis.at(y); };
  std::ostringstream out;
  const double n_lines = double(groups.size()) + !band_name.empty();
  out << std::fixed << std::setprecision(1) << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width
      << ' ' << height + legend_line * n_lines + 4 << "\" font-family=\"sans-serif\" font-size=\"12\">\n";
  if (!band_name.empty())
    out << "<rect x=\"" << x_at(band_begin) << "\" y=\"" << top << "\" width=\"" << x_at(band_end) - x_at(band_begin)
        << "\" height=\"" << height - top - bottom << "\" fill=\"#e8e8e8\"/>\n";
  for (const double x : x_axis.ticks())
    out << "<line x1=\"" << x_at(x) << "\" x2=\"" << x_at(x) << "\" y1=\"" << height - bottom << "\" y2=\""
        << height - bottom + 4 << "\" stroke=\"#444444\"/><text x=\"" << x_at(x) << "\" y=\"" << height - bottom + 17
        << "\" text-anchor=\"middle\">" << plot_number(x) << "</text>\n";
  for (const double y : y_axis.ticks())
    out << "<line x1=\"" << left << "\" x2=\"" << width - right << "\" y1=\"" << y_at(y) << "\" y2=\"" << y_at(y)
        << "\" stroke=\"#dddddd\"/><text x=\"" << left - 6 << "\" y=\"" << y_at(y) + 4 << "\" text-anchor=\"end\">"
        << plot_number(y) << "</text>\n";
  for (const auto &group : groups) {
    out << "<path d=\"M" << x_at(edges.front()) << ' ' << y_at(0.);
    for (std::size_t bin = 0; bin + 1 < edges.size(); ++bin)
      out << 'V' << y_at(group.heights[bin]) << 'H' << x_at(edges[bin + 1]);
    out << 'V' << y_at(0.) << "Z\" fill=\"" << group.colour << "\" fill-opacity=\"0.35\" stroke=\"" << group.colour
        << "\" stroke-width=\"1.5\"/>\n";
  }
  out << "<text x=\"" << .5 * (left + width - right) << "\" y=\"" << height - 10 << "\" text-anchor=\"middle\">"
      << vtk_encoding::escape(x_title) << "</text>\n<text transform=\"translate(14," << .5 * (top + height - bottom)
      << ") rotate(-90)\" text-anchor=\"middle\">" << vtk_encoding::escape(y_title) << "</text>\n";
  double y = height + 8;
  const auto entry = [&](const std::string &name, const std::string &colour, const double opacity) {
    out << "<rect x=\"" << left << "\" y=\"" << y - 9 << "\" width=\"14\" height=\"10\" fill=\"" << colour
        << "\" fill-opacity=\"" << opacity << "\" stroke=\"" << colour << "\"/><text x=\"" << left + 20 << "\" y=\""
        << y << "\">" << vtk_encoding::escape(name) << "</text>\n";
    y += legend_line;
  };
  for (const auto &group : groups)
    entry(group.name, group.colour, .35);
  if (!band_name.empty())
    entry(band_name, "#d8d8d8", 1.);
  out << "</svg>\n";
  return out.str();
}

} // namespace cageopt::postprocess
