#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <inputs/geometry.h>
#include <meshing/design_domain.h>

namespace cageopt::postprocess {

/// A plane of the design frame through its origin, as seen on the page.
struct SliceView
{
  std::string title;
  inputs::Point right{{1, 0, 0}}, up{{0, 0, 1}}; ///< unit vectors along the frame's axes, of either sign
  double begin[2] = {0, 0}, end[2] = {0, 0};     ///< along right and up, mm
  std::string left_letter, right_letter, bottom_letter, top_letter;

  /// Sagittal (anterior at the left), coronal and axial (the patient's right at the left, as radiologists see it)
  /// within the box from `low` to `high`, mm in the design frame.
  static std::array<SliceView, 3> sagittal_coronal_axial(const inputs::Point &low, const inputs::Point &high);
};

/// A picture of a plane: pixels as an embedded PNG, and outlines, orientation letters and a scale bar as SVG over them,
/// all in mm.
class SlicePicture
{
public:
  using Colour = std::array<std::uint8_t, 3>;
  /// Of one integer for each pixel.
  using Classes = std::vector<std::uint32_t>;

  /// Square pixels of `pixel` mm.
  SlicePicture(const SliceView &view, double pixel);

  int width() const { return n[0]; }
  int height() const { return n[1]; }
  double width_mm() const { return n[0] * pixel; }
  /// Of a pixel's centre, mm in the design frame. Pixels count from the upper left, row by row.
  inputs::Point position(std::size_t pixel_index) const;

  void paint(const std::function<Colour(std::size_t pixel_index)> &colour);
  Classes classes(const std::function<std::uint32_t(const inputs::Point &)> &class_of) const;
  /// `class_of_cell` > 0 of the cell that holds a pixel, 0 outside the mesh; the same on any number of ranks.
  /// Collective.
  Classes cell_classes(const meshing::DesignDomain &domain,
                       const std::function<std::uint32_t(std::uint32_t cell)> &class_of_cell) const;

  struct Line
  {
    std::string colour = "#ffffff";
    double width = .5;  ///< mm
    std::string dashes; ///< of SVG, mm; empty: solid
  };
  /// Draws the borders between pixels of different class.
  void outline(const Classes &classes, const Line &line);
  /// A thin line along the page's vertical (through the origin, `is_upright`) or horizontal.
  void origin_line(bool is_upright);

  /// The pixels as a PNG file.
  std::string png() const;
  /// The whole picture as an SVG element.
  std::string svg() const;

private:
  SliceView view;
  double pixel;
  int n[2];
  std::vector<std::uint8_t> pixels; ///< RGB
  std::string overlay;
};

/// Cividis, which readers with and without colour blindness see alike: J. R. Nunez, C. R. Anderton, R. S. Renslow,
/// PLoS ONE 13 (2018) e0199239. `share` from 0, dark, to 1, light.
SlicePicture::Colour cividis(double share);

/// The bar of a map of colours as an SVG element, logarithmic where PlotAxis would be.
std::string colour_bar_svg(const std::string &title, double low, double high);

} // namespace cageopt::postprocess
