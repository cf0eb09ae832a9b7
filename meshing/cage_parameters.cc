#include <meshing/cage_parameters.h>

#include <utility>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/surface_axes.h>

namespace cageopt::meshing {

using inputs::InputError;

namespace {

std::string millimetres(const double value) { return inputs::formatted("%.1f", value); }

} // namespace

void CageParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Cage");
  prm.add_parameter(
      "Family", family,
      "Shape of the footprint: alif (a D, brought in from the front), llif (a long rounded rectangle, from "
      "the left side), tlif (a banana, from behind on one side), plif (a pair, from behind) or surface (the inside of "
      "'Envelope file'). No unit.",
      Selection("alif|llif|tlif|plif|surface"));
  prm.add_parameter("Envelope file", envelope_file,
                    "Closed surface of the family 'surface', STL or PLY, mm, window included. No unit.", Anything());
  prm.add_parameter("Window file", window_file,
                    "Closed surface whose outline, seen along the cage's z axis, is the graft window of that family; "
                    "empty: by 'Window share'. No unit.",
                    Anything());
  prm.add_parameter(
      "Envelope axes", envelope_axes,
      "Of those surfaces' coordinates. 'design': origin at the centre of the disc space, x to the patient's right, y "
      "anterior, z cranial, turned and shifted by 'Rotation', 'Offset anterior' and 'Offset right'. Or three letters "
      "that name the patient's sides to which x, y and z point, as in 'Patient/Surface axes': the scanner's "
      "coordinates. No unit.",
      Anything());
  prm.add_parameter(
      "Endplate coverage", endplate_coverage,
      "Area of an alif's footprint, window included, as a share of the area over which the endplates face "
      "each other. Used where width and depth are 0. A cage over most of the endplate can match the "
      "bone's modulus and restore its strain at once; smaller ones must trade. Unit: -.",
      Double(.2, 1.));
  prm.add_parameter(
      "Width", width,
      "Left-right size of the footprint, of one cage of a pair; 0: from the coverage or, for other families than "
      "alif, the largest size that fits. Unit: mm.",
      Double(0., 80.));
  prm.add_parameter("Depth", depth,
                    "Anterior-posterior size; of a tlif, the thickness of its body; 0: as 'Width'. Unit: mm.",
                    Double(0., 60.));
  prm.add_parameter("Pair distance", pair_distance, "Between the middles of the two cages of a plif. Unit: mm.",
                    Double(8., 60.));
  prm.add_parameter(
      "Placement", placement,
      "Where the cage stands before the offsets are added. 'centred': an alif at the centre of the endplates' overlap, "
      "the others nearest to its mid-line or, for tlif, farthest in front. 'strongest': of all places with 98 % of the "
      "footprint over the overlap less the rim margin, the one where the weaker endplate carries most before it "
      "yields, by the density of the layer beneath; an alif by coverage that has no such place stays centred. No "
      "unit.",
      Selection("centred|strongest"));
  prm.add_parameter("Offset anterior", offset_anterior,
                    "Shift of the footprint from the place that is found. Unit: mm.", Double(-30., 30.));
  prm.add_parameter("Offset right", offset_right, "The same to the patient's right. Unit: mm.", Double(-30., 30.));
  prm.add_parameter("Rotation", rotation,
                    "Of the footprint about its middle, counter-clockwise seen from above: its front turns to the "
                    "patient's left. Unit: degrees.",
                    Double(-90., 90.));
  prm.add_parameter(
      "Faces", faces,
      "'conforming': the faces follow both endplates. 'flat': planes as of a cage off the shelf, at mid-height of the "
      "disc space; bone inside the envelope is cut away, and gaps beside it stay open. 'own': those of "
      "the family 'surface', with the same consequence. No unit.",
      Selection("conforming|flat|own"));
  prm.add_parameter("Height", height,
                    "Of flat faces above each other, on average over the footprint; 0: as high as the disc space is "
                    "there. Unit: mm.",
                    Double(0., 40.));
  prm.add_parameter("Lordosis", lordosis, "Angle between flat faces, open in front > 0. Unit: degrees.",
                    Double(-30., 40.));
  prm.add_parameter("Rim margin", rim_margin,
                    "The footprint keeps this distance from the edge of the endplates' overlap. Unit: mm.",
                    Double(0., 10.));
  prm.add_parameter(
      "Window share", window_share,
      "Area of the graft window as a share of the footprint's; 0: no window. The wall around it has the same "
      "width everywhere. Unit: -.",
      Double(0., .8));
  prm.add_parameter(
      "Inserter width", inserter_width,
      "Width of the solid titanium block that holds the inserter's thread, in the middle of the anterior wall "
      "of an alif, the left end of an llif, the posterior walls of a plif; the whole left end of a tlif; 0: "
      "no block. Unit: mm.",
      Double(0., 40.));
  prm.add_parameter("Inserter depth", inserter_depth, "Its size inwards from that edge. Unit: mm.", Double(0., 20.));
  prm.add_parameter("Frame thickness", frame_thickness,
                    "Width of a solid titanium wall along the whole rim: a ring at mid-height or, with 'Frame height "
                    "share' = 1, a shell; 0: none. Lattice between a ring and the endplates cannot bulge, which alone "
                    "can make the cage stiffer than osteoporotic bone. Unit: mm.",
                    Double(0., 10.));
  prm.add_parameter("Frame height share", frame_height_share,
                    "Height of block and ring, centred between the endplates, as a share of the local cage height. At "
                    "1 they bridge the endplates: a few mm2 of titanium then outweigh the bone's modulus. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter("Struts", struts,
                    "Upright solid titanium struts, evenly along the middle of each cage's wall; 0: none. One that "
                    "bridges the endplates is as stiff as a column of some hundred mm2 of bone. Unit: -.",
                    Integer(0, 60));
  prm.add_parameter("Strut diameter", strut_diameter, "Of each strut. Unit: mm.", Double(.2, 10.));
  prm.add_parameter("Strut height share", strut_height_share,
                    "Height of the struts, centred between the endplates, as a share of the local cage height; 1: they "
                    "bridge the endplates. Unit: -.",
                    Double(.05, 1.));
  prm.add_parameter("Graft Young's modulus", graft_youngs_modulus, "Of the window's filling. Unit: MPa.",
                    Double(1e-3, 1e6));
  prm.add_parameter("Graft Poisson's ratio", graft_poissons_ratio, "Unit: -.", Double(0., .45));
  prm.leave_subsection();
}

void CageParameters::check() const
{
  if ((width > 0) != (depth > 0))
    throw InputError("'Cage/Width' and 'Cage/Depth'", std::to_string(width) + " and " + std::to_string(depth) + " mm",
                     "a size needs both",
                     "give both, or leave both at 0 to size an alif by 'Cage/Endplate coverage', others by what fits");
  if (family == "plif" && width >= pair_distance)
    throw InputError("'Cage/Pair distance'", std::to_string(pair_distance) + " mm",
                     "two cages of " + std::to_string(width) + " mm would be one",
                     "give a distance above 'Cage/Width'");
  if (family == "tlif" && width > 0 && depth > .7 * width)
    throw InputError("'Cage/Depth'", std::to_string(depth) + " mm",
                     "the body of a banana is thinner than 0.7 of its width, " + std::to_string(width) + " mm",
                     "make it thinner, or use another family");
  if (faces != "flat" && (height != 0 || lordosis != 0))
    throw InputError(height != 0 ? "'Cage/Height'" : "'Cage/Lordosis'",
                     height != 0 ? millimetres(height) + " mm" : millimetres(lordosis) + " degrees",
                     "conforming faces have the height and the lordosis of the disc space",
                     "leave it out, or set 'Cage/Faces = flat'");
  check_surface();
  const CageParameters defaults;
  if (struts == 0 && (strut_diameter != defaults.strut_diameter || strut_height_share != defaults.strut_height_share))
    throw InputError("'Cage/Struts'", "0", "diameter or height share of struts are stated, and there are none",
                     "state how many, or leave those entries out");
}

void CageParameters::check_surface() const
{
  const CageParameters defaults;
  if (family != "surface") {
    const std::pair<const char *, std::string> unread[] = {
        {"Envelope file", envelope_file},
        {"Window file", window_file},
        {"Envelope axes", envelope_axes == "design" ? "" : envelope_axes},
        {"Faces", faces == "own" ? faces : ""}};
    for (const auto &[entry, value] : unread)
      if (!value.empty())
        throw InputError("'Cage/" + std::string(entry) + "'", "'" + value + "'",
                         "'Cage/Family' is " + family + ", which has no surface",
                         "set 'Cage/Family = surface', or leave it out");
    return;
  }
  if (envelope_file.empty())
    throw InputError("'Cage/Envelope file'", "empty", "the family 'surface' reads it", "name the file");
  const auto refuse = [](const std::string &entry, const std::string &value, const std::string &rule) {
    throw InputError("'Cage/" + entry + "'", value, rule, "leave it out");
  };
  if (faces == "flat")
    throw InputError("'Cage/Faces'", "'flat'", "the family 'surface' has faces of its own",
                     "use own, or conforming faces over its outline");
  if (width > 0 || endplate_coverage != defaults.endplate_coverage)
    refuse(width > 0 ? "Width" : "Endplate coverage", "stated", "the size is that of 'Cage/Envelope file'");
  if (placement != "centred")
    refuse("Placement", "'" + placement + "'", "a surface stands where its coordinates say");
  if (!window_file.empty() && window_share != defaults.window_share)
    refuse("Window share", std::to_string(window_share), "'Cage/Window file' is the window");
  if (faces == "own" && rim_margin != defaults.rim_margin)
    refuse("Rim margin", std::to_string(rim_margin), "with faces of its own the surface is taken as it is");
  if (envelope_axes != "design") {
    inputs::axes_to_ras(envelope_axes, "'Cage/Envelope axes'");
    if (offset_anterior != 0 || offset_right != 0 || rotation != 0)
      refuse(rotation != 0          ? "Rotation"
             : offset_anterior != 0 ? "Offset anterior"
                                    : "Offset right",
             "stated", "in the scanner's coordinates the surface has its place");
  }
}

CageParameters CageParameters::of_family(const std::string &name) const
{
  CageParameters other = *this;
  other.family = name;
  other.width = other.depth = 0;
  if (name != "surface") {
    const CageParameters defaults;
    other.envelope_file = other.window_file = "";
    other.envelope_axes = defaults.envelope_axes;
    other.faces = faces == "own" ? defaults.faces : faces;
  }
  return other;
}

std::vector<std::string> CageParameters::files() const
{
  std::vector<std::string> named;
  for (const auto &file : {envelope_file, window_file})
    if (!file.empty())
      named.push_back(file);
  return named;
}

CageParameters CageParameters::all_design() const
{
  const CageParameters defaults;
  CageParameters free = *this;
  free.bearing_window_share = window_share; // the place stays
  free.window_share = 0;
  free.window_file = "";
  free.inserter_width = free.inserter_depth = free.frame_thickness = 0;
  free.struts = defaults.struts;
  free.strut_diameter = defaults.strut_diameter;
  free.strut_height_share = defaults.strut_height_share;
  return free;
}

} // namespace cageopt::meshing
