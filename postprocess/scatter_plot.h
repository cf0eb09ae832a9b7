#pragma once

#include <string>
#include <vector>

namespace cageopt::postprocess {

/// Scatter plots side by side as one SVG file, which any browser shows. A point is drawn in the colour of its group,
/// full where `is_emphasised`, and labelled. An axis whose values are positive and span more than two decades is
/// logarithmic.
struct ScatterPlot
{
  struct Point
  {
    double x = 0, y = 0;
    std::string group, label;
    bool is_emphasised = false;
  };
  struct Panel
  {
    std::string x_title, y_title;
    std::vector<Point> points;
  };
  std::vector<Panel> panels;

  /// The text of the file. Points that are not finite are left out.
  std::string svg() const;
};

} // namespace cageopt::postprocess
