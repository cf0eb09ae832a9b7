#include <main/specimen_page.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <inputs/bone_law.h>
#include <inputs/formatted.h>
#include <postprocess/histogram_chart.h>
#include <postprocess/html_page.h>
#include <postprocess/plot_axis.h>
#include <postprocess/slice_picture.h>

namespace cageopt {

using namespace inputs;
using postprocess::HtmlPage;
using postprocess::SlicePicture;

namespace {

constexpr int pixels_across = 400;
constexpr SlicePicture::Colour void_colour = {{226, 231, 237}}, pad_colour = {{204, 121, 167}};

/// Least and greatest modulus of bone above the law's floor, MPa.
std::array<double, 2> range_of_moduli(const Specimen &specimen)
{
  double low = 1e30, high = 0;
  for (std::size_t voxel = 0; voxel < specimen.part.size(); ++voxel)
    if (specimen.part[voxel] == SpecimenPart::bone && specimen.youngs_modulus[voxel] > 1e-4) {
      low = std::min(low, specimen.youngs_modulus[voxel]);
      high = std::max(high, specimen.youngs_modulus[voxel]);
    }
  return {{std::max(low, 1e-3 * high), high}};
}

/// Sections along the image's own axes through the middle of the pads, or without any of the bone.
class Sections
{
public:
  Sections(const Specimen &specimen, const std::array<double, 2> &range) : specimen(specimen), range(range)
  {
    const bool has_pads = specimen.n_voxels_of(SpecimenPart::lower_pad) > 0;
    double n = 0;
    std::size_t voxel = 0;
    for (int k = 0; k < specimen.grid.size[2]; ++k)
      for (int j = 0; j < specimen.grid.size[1]; ++j)
        for (int i = 0; i < specimen.grid.size[0]; ++i, ++voxel)
          if (specimen.part[voxel] == (has_pads ? SpecimenPart::lower_pad : SpecimenPart::bone)) {
            middle = middle + Point{i + .5, j + .5, k + .5};
            n += 1;
          }
    middle = (specimen.voxel_edge() / n) * middle;
    if (has_pads)
      middle[2] = .5 * specimen.voxel_edge() * specimen.grid.size[2];
  }

  std::vector<HtmlPage::Figure> figures() const { return {figure(0, 1, 2), figure(1, 0, 2), figure(2, 0, 1)}; }

private:
  HtmlPage::Figure figure(const int normal, const int right, const int up) const
  {
    constexpr const char *names[] = {"x", "y", "z"};
    const double edge = specimen.voxel_edge();
    postprocess::SliceView view;
    view.title = std::string("Section at ") + names[normal] + formatted(" = %.4g mm", middle[normal]);
    view.right = view.up = {0, 0, 0};
    view.right[right] = view.up[up] = 1;
    view.begin[0] = -middle[right];
    view.begin[1] = -middle[up];
    view.end[0] = edge * specimen.grid.size[right] - middle[right];
    view.end[1] = edge * specimen.grid.size[up] - middle[up];
    view.right_letter = names[right];
    view.top_letter = names[up];
    const int most = *std::max_element(specimen.grid.size.begin(), specimen.grid.size.end());
    SlicePicture picture(view, edge * most / pixels_across);
    picture.paint([&](const std::size_t index) { return colour_at(picture.position(index) + middle); });
    return {picture.svg(), view.title, picture.width_mm()};
  }

  SlicePicture::Colour colour_at(const Point &point) const
  {
    std::size_t voxel = 0;
    for (int d = 2; d >= 0; --d) {
      const int n = specimen.grid.size[d];
      const int at = std::clamp(static_cast<int>(point[d] / specimen.voxel_edge()), 0, n - 1);
      voxel = voxel * std::size_t(n) + std::size_t(at);
    }
    if (specimen.part[voxel] == SpecimenPart::none)
      return void_colour;
    if (specimen.part[voxel] != SpecimenPart::bone)
      return pad_colour;
    if (!(range[1] > range[0]))
      return postprocess::cividis(.8);
    const double modulus = std::clamp(specimen.youngs_modulus[voxel], range[0], range[1]);
    return postprocess::cividis(postprocess::PlotAxis(range[0], range[1]).at(modulus));
  }

  const Specimen &specimen;
  std::array<double, 2> range;
  Point middle{}; ///< mm from the corner of the first voxel
};

std::string counted(const double value) { return formatted(value == std::floor(value) ? "%.0f" : "%.4g", value); }

std::string histogram(const Specimen &specimen, const std::array<double, 2> &range)
{
  postprocess::HistogramChart chart;
  chart.x_title = "Young's modulus of bone, MPa";
  chart.y_title = "volume, mm3";
  chart.edges = postprocess::HistogramChart::edges_between(range[0], range[1], 40, range[1] > 100 * range[0]);
  chart.groups = {{"bone", "#0072b2", std::vector<double>(chart.edges.size() - 1)}};
  const double volume = std::pow(specimen.voxel_edge(), 3);
  for (std::size_t voxel = 0; voxel < specimen.part.size(); ++voxel)
    if (specimen.part[voxel] == SpecimenPart::bone)
      chart.groups[0].heights[chart.bin_of(specimen.youngs_modulus[voxel])] += volume;
  return chart.svg();
}

std::vector<std::string> doubts_about(const Specimen &specimen)
{
  std::vector<std::string> texts;
  if (specimen.n_unnamed > 0)
    texts.push_back(std::to_string(specimen.n_unnamed) +
                    " voxels have labels that the case does not name and count as void.");
  if (specimen.n_softest > 0)
    texts.push_back(std::to_string(specimen.n_softest) + " voxels of bone are at the law's floor of 1e-4 MPa.");
  if (specimen.n_removed > 0)
    texts.push_back(std::to_string(specimen.n_removed) +
                    " voxels do not hang together with the others over faces and are left out.");
  return texts;
}

void show_counts(HtmlPage &page, const SpecimenStudy &study, const inputs::SpecimenParameters &asked)
{
  const auto counts = study.counts();
  std::vector<HtmlPage::Row> rows;
  std::set<std::string> seen;
  for (const auto &[name, published] : asked.published()) {
    const auto own = counts.find(name);
    seen.insert(name);
    rows.push_back({name, own == counts.end() ? "needs the solve" : counted(own->second), counted(published),
                    own == counts.end() ? "" : formatted("%+.3f %%", 100. * (own->second / published - 1.))});
  }
  for (const auto &[name, value] : counts)
    if (seen.count(name) == 0)
      rows.push_back({name, counted(value), "", ""});
  page.table("counts",
             "Counts, and published values: " + (asked.published_source.empty() ? "none" : asked.published_source),
             {"Figure", "Here", "Published", "Difference"}, rows);
}

} // namespace

std::string specimen_page(const SpecimenStudy &study, const inputs::SpecimenParameters &asked,
                          const std::string &case_file)
{
  const Specimen &specimen = study.specimen();
  const auto &size = specimen.grid.size;
  const auto range = range_of_moduli(specimen);
  HtmlPage page("Before the solve: " + specimen.name,
                "cageopt validate, case " + std::filesystem::path(case_file).filename().string() +
                    ". What would be computed; nothing is solved yet. Research use only, not a medical device.");
  page.warnings(doubts_about(specimen), "No warnings from image, labels or law");
  page.section("Specimen");
  const double bone = double(specimen.n_voxels_of(SpecimenPart::bone));
  page.facts(
      {{"Image", specimen.name},
       {"Grid", std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) +
                    formatted(" voxels of %.5g mm", specimen.voxel_edge())},
       {"Bone by", asked.bone},
       {"Bone", formatted("%.0f voxels, ", bone) + formatted("%.5g mm3", bone * std::pow(specimen.voxel_edge(), 3))},
       {"Material", asked.material == "constant"
                        ? formatted("%.6g MPa", asked.youngs_modulus)
                        : inputs::BoneLaw(asked.bone_law).citation() + ", " + asked.density_type + ", " +
                              std::to_string(asked.density_bins) + " bins"},
       {"Poisson's ratio", formatted("%.4g", asked.poissons_ratio)},
       {"Platens", "along " + asked.load_axis + formatted(", %.5g mm apart, ", study.mesh().height) + "lower " +
                       asked.lower_platen + ", upper " + asked.upper_platen +
                       formatted(", moved by %.5g mm", asked.displacement)},
       {"Mesh", std::to_string(study.mesh().domain.mesh.n_global_cells()) + " elements, " +
                    std::to_string(study.mesh().domain.n_unknowns()) + " unknowns"}});
  show_counts(page, study, asked);
  page.section("Voxels");
  std::vector<HtmlPage::LegendEntry> legend = {{"void", "#e2e7ed", "", true}};
  if (!(range[1] > range[0]))
    legend.push_back({"bone", "#c9b865", "", true}); // cividis(.8)
  if (specimen.n_voxels_of(SpecimenPart::lower_pad) + specimen.n_voxels_of(SpecimenPart::upper_pad) > 0)
    legend.push_back({"pad", "#cc79a7", "", true});
  page.legend(legend);
  if (range[1] > range[0])
    page.figures({{postprocess::colour_bar_svg("Young's modulus of bone, MPa", range[0], range[1]), "", 1.}});
  page.figures(Sections(specimen, range).figures());
  if (range[1] > range[0])
    page.figures({{histogram(specimen, range), "Moduli that the solver gets", 1.}, {"", "", 1.}});
  return page.html();
}

} // namespace cageopt
