#include <main/validation_pictures.h>

#include <algorithm>
#include <cmath>

#include <meshing/flat_map.h>
#include <postprocess/plot_axis.h>
#include <postprocess/slice_picture.h>

namespace cageopt {

using namespace inputs;
using meshing::Region;
using postprocess::SlicePicture;

namespace {

constexpr double pixel = .2;                                  // mm
constexpr double margin = 12., margin_z = 8.;                 // mm around the mesh
constexpr double lowest_modulus = 10., highest_modulus = 1e4; // MPa, of the colours
constexpr std::uint32_t first_modulus = 16;                   // classes below are regions
constexpr double steps_per_decade = 1000.;

// Okabe & Ito's palette, distinct to readers with any colour vision; dashes tell the lines apart without colour.
struct Outline
{
  const char *name, *colour;
  double width; // mm
  const char *dashes;
};
constexpr Outline label_outlines[] = {{"label: cranial body", "#56b4e9", .35, ""},
                                      {"label: caudal body", "#e69f00", .35, ""},
                                      {"label: disc", "#009e73", .35, ""},
                                      {"label: posterior elements", "#cc79a7", .35, ""}};
constexpr Outline fine_outline = {"fine zone of the mesh", "#ffffff", .3, "1.2 1"};
constexpr Outline cage_outline = {"cage, as meshed", "#f0e442", .9, ""};
constexpr Outline window_outline = {"graft window", "#f0e442", .6, "1.6 1.2"};
// On the map of densities, whose light end is yellow.
constexpr Outline rim_outline = {"inner border of the rim", "#ffffff", .4, "1.2 1"};
constexpr Outline face_outline = {"cage's footprint", "#e4361f", .9, ""};
constexpr Outline opening_outline = {"graft window", "#e4361f", .6, "1.6 1.2"};
constexpr Outline solid_outline = {"solid parts at mid-height", "#000000", .7, "0.1 1.1"};
constexpr Outline frame_outline = {"solid frame", "#ff7f2a", .8, "0.1 1.1"};

const char *const region_colours[] = {"", "", "", "#7fcfb5", "#cc79a7", "#d55e00", "#bfe3f5", "#3c3c3c"};

SlicePicture::Colour parsed(const std::string &colour)
{
  const auto part = [&](const int at) {
    return static_cast<std::uint8_t>(std::stoi(colour.substr(at, 2), nullptr, 16));
  };
  return {{part(1), part(3), part(5)}};
}

/// The patient's image as grey values between two of its own numbers.
class GreyImage
{
public:
  explicit GreyImage(const Study &study)
      : patient(*study.patient()), is_density(patient.calibration.already_calibrated()),
        black(is_density ? -150. : -200.), white(is_density ? 500. : 600.),
        design_to_index(patient.bmd.grid.index_to_world.inverse() * study.segment()->frame().design_to_world)
  {
  }

  std::string window() const
  {
    return std::string(is_density ? "-150 to 500 mg/cm3" : "-200 to 600 HU") + " from black to white";
  }

  SlicePicture::Colour at(const Point &point) const
  {
    const auto index = design_to_index(point);
    for (unsigned int d = 0; d < 3; ++d)
      if (index[d] < -.5 || index[d] > patient.bmd.grid.size[d] - .5)
        return {{205, 215, 228}};
    const double bmd = interpolate(patient.bmd, index);
    const double value = is_density ? bmd : patient.calibration.image_value(bmd);
    const auto grey =
        static_cast<std::uint8_t>(std::lround(255 * std::clamp((value - black) / (white - black), 0., 1.)));
    return {{grey, grey, grey}};
  }

private:
  const Patient &patient;
  bool is_density;
  double black, white;
  Affine design_to_index;
};

void draw(SlicePicture &picture, const SlicePicture::Classes &classes, const Outline &outline,
          const std::function<bool(std::uint32_t)> &is_inside)
{
  SlicePicture::Classes inside(classes.size());
  std::transform(classes.begin(), classes.end(), inside.begin(), is_inside);
  picture.outline(inside, {outline.colour, outline.width, outline.dashes});
}

void draw_labels(SlicePicture &picture, const Study &study)
{
  const auto &patient = *study.patient();
  const auto &level = patient.level;
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * study.segment()->frame().design_to_world;
  const auto classes = picture.classes([&](const Point &point) -> std::uint32_t {
    const auto label = nearest(patient.labels, design_to_index(point));
    if (label == 0)
      return 0;
    const std::uint16_t single[] = {level.cranial, level.caudal, level.disc};
    const auto *const found = std::find(std::begin(single), std::end(single), label);
    if (found != std::end(single))
      return static_cast<std::uint32_t>(found - single) + 1;
    return label == level.cranial_posterior || label == level.caudal_posterior ? 4 : 0;
  });
  for (std::uint32_t kind = 1; kind <= 4; ++kind)
    draw(picture, classes, label_outlines[kind - 1], [&](const std::uint32_t value) { return value == kind; });
}

/// Region of each pixel's cell, and 8 more in the fine zone.
void draw_cage(SlicePicture &picture, const Study &study, const double smallest_edge)
{
  const auto &domain = study.domain();
  const auto classes = picture.cell_classes(domain, [&](const std::uint32_t cell) {
    return static_cast<std::uint32_t>(domain.region[cell]) + (domain.edge(cell) < 1.5 * smallest_edge ? 8u : 0u);
  });
  const auto region = [](const std::uint32_t value) { return static_cast<Region>(value % 8); };
  draw(picture, classes, fine_outline, [](const std::uint32_t value) { return value >= 8; });
  draw(picture, classes, cage_outline, [&](const std::uint32_t value) { return is_cage(region(value)); });
  draw(picture, classes, window_outline, [&](const std::uint32_t value) { return region(value) == Region::window; });
  draw(picture, classes, frame_outline, [&](const std::uint32_t value) { return region(value) == Region::frame; });
}

void paint_mesh(SlicePicture &picture, const Study &study)
{
  const auto &domain = study.domain();
  const auto materials = picture.cell_classes(domain, [&](const std::uint32_t cell) {
    const auto region = domain.region[cell];
    if (!is_bone(region))
      return static_cast<std::uint32_t>(region);
    const double modulus = std::clamp(domain.intact[cell].youngs_modulus_z(), lowest_modulus, highest_modulus);
    return first_modulus +
           static_cast<std::uint32_t>(std::lround(steps_per_decade * std::log10(modulus / lowest_modulus)));
  });
  const double decades = std::log10(highest_modulus / lowest_modulus);
  picture.paint([&](const std::size_t index) -> SlicePicture::Colour {
    const auto material = materials[index];
    if (material == 0)
      return {{226, 231, 237}};
    if (material < first_modulus)
      return parsed(region_colours[material]);
    return postprocess::cividis((material - first_modulus) / (steps_per_decade * decades));
  });
  const auto cells = picture.cell_classes(domain, [&](const std::uint32_t cell) {
    return 1u + static_cast<std::uint32_t>(meshing::FlatMap::hash(domain.mesh.cell(cell).key()) >> 33);
  });
  picture.outline(cells, {"#202020", .08, ""});
}

} // namespace

ValidationPictures::ValidationPictures(const Study &study, const ValidationFigures &numbers)
    : modulus_bar(postprocess::colour_bar_svg("Young's modulus of bone before surgery, MPa (ends: what lies beyond)",
                                              lowest_modulus, highest_modulus))
{
  const Point around = {margin, margin, margin_z};
  const GreyImage image(study);
  window = image.window();
  const char *planes[] = {"x = 0, seen from the left", "y = 0, seen from the front", "z = 0, seen from below"};
  const auto views = postprocess::SliceView::sagittal_coronal_axial(numbers.low - around, numbers.high + around);
  for (std::size_t k = 0; k < views.size(); ++k) {
    const std::string caption = views[k].title + ", " + planes[k];
    SlicePicture scanned(views[k], pixel);
    scanned.paint([&](const std::size_t index) { return image.at(scanned.position(index)); });
    scanned.origin_line(true);
    scanned.origin_line(false);
    draw_cage(scanned, study, numbers.cells_by_edge.begin()->first);
    draw_labels(scanned, study);
    scan.push_back({scanned.svg(), caption, scanned.width_mm()});
    SlicePicture meshed(views[k], pixel);
    paint_mesh(meshed, study);
    mesh.push_back({meshed.svg(), caption, meshed.width_mm()});
  }
  for (const auto &outline : label_outlines)
    scan_legend.push_back({outline.name, outline.colour, "", false});
  for (const auto &outline : {cage_outline, window_outline, frame_outline, fine_outline}) {
    const std::string dashes = outline.dashes;
    scan_legend.push_back({outline.name, outline.colour,
                           dashes.empty()     ? ""
                           : dashes[0] == '0' ? "3 3"
                                              : "6 4",
                           false});
  }
  scan_legend.push_back({"outside the image", "#cdd7e4", "", true});
  const char *names[] = {"disc left in place", "cage: design region (lattice)", "cage: solid frame", "graft window",
                         "screws and rods"};
  const int last = study.segment()->fixation().capsules().empty() ? 6 : 7;
  for (int region = 3; region <= last; ++region)
    mesh_legend.push_back({names[region - 3], region_colours[region], "", true});
  show_support(study);
}

void ValidationPictures::show_support(const Study &study)
{
  const auto &segment = *study.segment();
  const auto &surfaces = segment.endplates();
  const auto &layer = segment.layer();
  const auto &cage = segment.cage();
  constexpr double margin = 9., step = meshing::EndplateSurfaces::grid_spacing; // mm
  const Point centre = {surfaces.centroid_x(), surfaces.centroid_y(), 0};
  const Point half = {.5 * surfaces.width() + margin, .5 * surfaces.depth() + margin, 1};
  const auto axial = postprocess::SliceView::sagittal_coronal_axial(centre - half, centre + half)[2];
  std::vector<double> densities;
  for (const int side : {0, 1})
    for (double y = centre[1] - half[1]; y < centre[1] + half[1]; y += step)
      for (double x = centre[0] - half[0]; x < centre[0] + half[0]; x += step)
        if (const double bmd = layer.density(side, x, y); !std::isnan(bmd))
          densities.push_back(bmd);
  std::sort(densities.begin(), densities.end());
  const double low = std::min(0., densities[densities.size() / 50]), high = densities[densities.size() * 49 / 50];
  const postprocess::PlotAxis axis(low, high);
  density_bar =
      postprocess::colour_bar_svg("Density of the layer, mg/cm3; the ends stand for what lies beyond", low, high);
  for (const int side : {1, 0}) {
    SlicePicture picture(axial, pixel);
    picture.paint([&](const std::size_t index) -> SlicePicture::Colour {
      const auto at = picture.position(index);
      const double bmd = layer.density(side, at[0], at[1]);
      return std::isnan(bmd) ? SlicePicture::Colour{{226, 231, 237}}
                             : postprocess::cividis(std::clamp(axis.at(bmd), 0., 1.));
    });
    const auto draw_where = [&](const Outline &outline, const auto &is_inside) {
      draw(picture, picture.classes([&](const Point &at) { return std::uint32_t(is_inside(at[0], at[1])); }), outline,
           [](const std::uint32_t value) { return value == 1; });
    };
    draw_where(rim_outline,
               [&](const double x, const double y) { return surfaces.covers(x, y) && !layer.in_rim(x, y); });
    draw_where(face_outline, [&](const double x, const double y) { return cage.covers(x, y); });
    const auto part = [&](const double x, const double y) {
      return cage.covers(x, y) ? cage.part_at({x, y, .5 * (cage.lower(x, y) + cage.upper(x, y))})
                               : meshing::CagePart::none;
    };
    draw_where(opening_outline,
               [&](const double x, const double y) { return part(x, y) == meshing::CagePart::window; });
    draw_where(solid_outline, [&](const double x, const double y) { return part(x, y) == meshing::CagePart::frame; });
    support.push_back({picture.svg(), std::string(side == 0 ? "Caudal" : "Cranial") + " endplate, seen from below",
                       picture.width_mm()});
  }
  support_legend = {{face_outline.name, face_outline.colour, "", false},
                    {opening_outline.name, opening_outline.colour, "6 4", false},
                    {solid_outline.name, solid_outline.colour, "3 3", false},
                    {rim_outline.name, rim_outline.colour, "6 4", false}};
}

} // namespace cageopt
