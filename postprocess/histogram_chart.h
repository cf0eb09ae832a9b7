#pragma once

#include <string>
#include <vector>

namespace cageopt::postprocess {

/// A histogram of one or more groups as an SVG element. The axis of values is logarithmic where the edges are positive
/// and span more than two decades.
struct HistogramChart
{
  struct Group
  {
    std::string name, colour;
    std::vector<double> heights; ///< [edges.size() - 1]
  };
  /// `n` + 1 edges at the same distance, or at the same ratio.
  static std::vector<double> edges_between(double low, double high, unsigned int n, bool logarithmic);
  /// The bin that holds `value`; what lies outside is in the first or last.
  std::size_t bin_of(double value) const;

  std::string x_title, y_title;
  std::vector<double> edges;
  std::vector<Group> groups;
  double band_begin = 0, band_end = 0; ///< shaded and explained by `band_name`, if that is not empty
  std::string band_name;

  std::string svg() const;
};

} // namespace cageopt::postprocess
