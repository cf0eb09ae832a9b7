#pragma once

#include <string>
#include <vector>

#include <main/study.h>
#include <main/validation_figures.h>
#include <postprocess/html_page.h>

namespace cageopt {

/// Sagittal, coronal and axial pictures of a patient's study through the design frame's origin: the scan with outlines
/// of labels, cage and fine zone, and the mesh's cells; and the density of the endplate layers on which the cage
/// stands. The same on any number of ranks.
struct ValidationPictures
{
  /// Collective.
  ValidationPictures(const Study &study, const ValidationFigures &numbers);

  std::vector<postprocess::HtmlPage::Figure> scan, mesh, support;
  std::vector<postprocess::HtmlPage::LegendEntry> scan_legend, mesh_legend, support_legend;
  std::string window;                   ///< of the grey values, with unit
  std::string modulus_bar, density_bar; ///< SVG

private:
  void show_support(const Study &study);
};

} // namespace cageopt
