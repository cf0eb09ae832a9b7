#include <inputs/specimen_parameters.h>

#include <algorithm>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/bone_law.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

/// The whole of `text` as a number; false if it is none.
template <typename T>
bool read_number(const std::string &text, T &number)
{
  std::istringstream words(text);
  std::string rest;
  return words >> number && !(words >> rest);
}

} // namespace

void SpecimenParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Specimen");
  prm.add_parameter(
      "Image file", image_file,
      "Voxel image of the specimen (NIfTI, NRRD, MHA or MHD), voxels as wide along all axes: each becomes "
      "a cube of the mesh. No unit.",
      Anything());
  prm.add_parameter("Bone", bone,
                    "What tells bone from void: 'threshold', the grey value by subsection Segmentation, or 'labels', a "
                    "label map. Void is left out of the mesh, and so is all but the largest part that hangs together "
                    "over faces. No unit.",
                    Selection("threshold|labels"));
  prm.enter_subsection("Segmentation");
  prm.add_parameter(
      "Gaussian sigma", segmentation.gaussian_sigma,
      "Width of the Gaussian that smooths the image first, cut off beyond 4 sigma; 0: none. Unit: voxels.",
      Double(0., 20.));
  prm.add_parameter("Zoom", segmentation.zoom,
                    "Voxels along an axis after resampling over those before; 1: as it is. Unit: -.", Double(.05, 4.));
  prm.add_parameter("Spline order", segmentation.spline_order, "Of the spline that resamples. Unit: -.", Integer(0, 5));
  prm.add_parameter("Threshold", segmentation.threshold,
                    "Bone has a grey value above this. Unit: that of the image's numbers.", Double());
  prm.add_parameter("Closing radius", segmentation.closing_radius,
                    "Radius of the ball by which gaps in the bone are closed; 0: none. Unit: voxels after resampling.",
                    Integer(0, 20));
  prm.leave_subsection();
  prm.add_parameter("Label file", label_file, "Label map on the image's grid, for 'Bone = labels'. No unit.",
                    Anything());
  prm.add_parameter("Bone labels", bone_labels, "Labels that are bone, as '1, 2'. No unit.", Anything());
  prm.add_parameter("Lower pad label", lower_pad_label,
                    "Label of the pad between the lower platen and the bone; 0: there is none. No unit.",
                    Integer(0, 65535));
  prm.add_parameter("Upper pad label", upper_pad_label, "The same of the upper one. No unit.", Integer(0, 65535));
  prm.add_parameter("Pad Young's modulus", pad_youngs_modulus, "PMMA: 2500. Unit: MPa.", Double(1e-3, 1e6));
  prm.add_parameter("Pad Poisson's ratio", pad_poissons_ratio, "Unit: -.", Double(0., .45));
  prm.add_parameter("Material", material,
                    "Bone's modulus: 'constant', or 'density law', where the image holds mg/cm3. No unit.",
                    Selection("constant|density law"));
  prm.add_parameter("Young's modulus", youngs_modulus, "Of bone, for 'Material = constant'. Unit: MPa.",
                    Double(1e-3, 1e6));
  prm.add_parameter("Poisson's ratio", poissons_ratio, "Of bone. Unit: -.", Double(0., .45));
  prm.add_parameter("Bone law", bone_law, "As in Patient/Bone law, for 'Material = density law'. No unit.",
                    Selection(join(BoneLaw::ids(), "|")));
  prm.add_parameter("Density type", density_type, "What the densities are equivalent to. No unit.",
                    Selection("K2HPO4|CaHA"));
  prm.add_parameter(
      "Density bins", density_bins,
      "Bins of equal width from the lowest to the highest density of bone; a voxel takes the middle of its "
      "bin. Published models have some; 0: each voxel its own density. Unit: -.",
      Integer(0, 100000));
  cortex.declare(prm);
  prm.add_parameter("Load axis", load_axis, "Axis of the image along which the platens press. No unit.",
                    Selection("x|y|z"));
  prm.add_parameter("Lower platen", lower_platen,
                    "How the platen holds the outermost nodes of its pad, or without a pad of the specimen: bonded, in "
                    "all components, or sliding, along the load axis only. No unit.",
                    Selection("bonded|sliding"));
  prm.add_parameter("Upper platen", upper_platen, "The same of the platen at the image's last voxels. No unit.",
                    Selection("bonded|sliding"));
  prm.add_parameter("Displacement", displacement,
                    "By which the upper platen moves towards the lower one, which is at rest. Unit: mm.",
                    Double(1e-9, 100.));
  prm.add_parameter("Published values", published_values,
                    "Figures to compare with, 'name: value; name: value'. Names, with units: " + join(figure_names()) +
                        ".",
                    Anything());
  prm.add_parameter("Published source", published_source, "Where the published values come from. No unit.", Anything());
  prm.leave_subsection();
}

void SpecimenParameters::check(const std::set<std::string> &stated) const
{
  if (image_file.empty())
    throw InputError("'Specimen/Image file'", "empty", "a specimen is a voxel image", "name a file");
  refuse_unused(stated);
  if (has_labels() && label_file.empty())
    throw InputError("'Specimen/Label file'", "empty", "'Specimen/Bone = labels' needs a label map", "name a file");
  bone_label_list();
  cortex.check("Specimen/Cortex");
  if (!published().empty() && published_source.empty())
    throw InputError("'Specimen/Published source'", "empty",
                     "a published value without a source cannot be judged by the reader of the result",
                     "say where the values come from");
}

void SpecimenParameters::refuse_unused(const std::set<std::string> &stated) const
{
  const bool has_pads = lower_pad_label > 0 || upper_pad_label > 0, has_law = material == "density law";
  struct Rule
  {
    bool is_unused;
    std::vector<const char *> entries;
    const char *reason, *remedy;
  };
  const Rule rules[] = {
      {!has_labels(),
       {"Label file", "Bone labels", "Lower pad label", "Upper pad label"},
       "with 'Specimen/Bone = threshold' no label map is read",
       "use 'Bone = labels', or remove it"},
      {has_labels(),
       {"Segmentation/Gaussian sigma", "Segmentation/Zoom", "Segmentation/Spline order", "Segmentation/Threshold",
        "Segmentation/Closing radius"},
       "with 'Specimen/Bone = labels' the labels tell bone from void",
       "use 'Bone = threshold', or remove it"},
      {segmentation.zoom == 1, {"Segmentation/Spline order"}, "nothing is resampled with 'Zoom = 1'", "remove it"},
      {!has_pads,
       {"Pad Young's modulus", "Pad Poisson's ratio"},
       "no pad is named",
       "name 'Lower pad label' or 'Upper pad label', or remove it"},
      {has_law,
       {"Young's modulus"},
       "with 'Specimen/Material = density law' the bone law gives it",
       "use 'Material = constant', or remove it"},
      {!has_law,
       {"Bone law", "Density type", "Density bins", "Cortex/Thickness", "Cortex/Density", "Cortex/Young's modulus",
        "Cortex/Source"},
       "with 'Specimen/Material = constant' there is no density",
       "use 'Material = density law', or remove it"},
      {published_values.empty(), {"Published source"}, "there are no 'Published values'", "state them, or remove it"}};
  for (const auto &rule : rules)
    for (const char *entry : rule.entries)
      if (rule.is_unused && stated.count(std::string("Specimen/") + entry) > 0)
        throw InputError(std::string("'Specimen/") + entry + "'", "stated", rule.reason, rule.remedy);
}

std::vector<std::uint16_t> SpecimenParameters::bone_label_list() const
{
  std::vector<std::uint16_t> labels;
  for (const auto &word : split(bone_labels, ',')) {
    unsigned int number = 0;
    if (!read_number(word, number) || number < 1 || number > 65535)
      throw InputError("'Specimen/Bone labels'", "'" + word + "'", "labels are whole numbers from 1 to 65535",
                       "separate them by commas");
    if (number == lower_pad_label || number == upper_pad_label ||
        std::find(labels.begin(), labels.end(), number) != labels.end())
      throw InputError("'Specimen/Bone labels'", word, "this label is named twice, as bone or as a pad",
                       "name each label once");
    labels.push_back(static_cast<std::uint16_t>(number));
  }
  if (has_labels() && labels.empty())
    throw InputError("'Specimen/Bone labels'", "empty", "'Specimen/Bone = labels' needs those that are bone",
                     "name them, as '1, 2'");
  if (lower_pad_label > 0 && lower_pad_label == upper_pad_label)
    throw InputError("'Specimen/Upper pad label'", std::to_string(upper_pad_label), "it is the lower pad's, too",
                     "give each pad its own label");
  return labels;
}

const std::vector<std::string> &SpecimenParameters::figure_names()
{
  static const std::vector<std::string> names = {
      "bone_volume_fraction_percent", "elements",       "nodes",  "upper_nodes", "lower_nodes",
      "apparent_modulus_mpa",         "stiffness_n_mm", "force_n"};
  return names;
}

std::vector<std::pair<std::string, double>> SpecimenParameters::published() const
{
  std::vector<std::pair<std::string, double>> values;
  const auto &names = figure_names();
  for (const auto &item : split(published_values, ';')) {
    const auto parts = split(item, ':');
    double value = 0;
    if (parts.size() != 2 || !read_number(parts[1], value) || !(value > 0))
      throw InputError("'Specimen/Published values'", "'" + item + "'",
                       "an item is 'name: value', the value above zero",
                       "put a colon between both and a semicolon between items");
    if (std::find(names.begin(), names.end(), parts[0]) == names.end())
      throw InputError("'Specimen/Published values'", "'" + parts[0] + "'", "the figures are " + join(names),
                       "did you mean '" + nearest_name(parts[0], names) + "'?");
    values.emplace_back(parts[0], value);
  }
  return values;
}

} // namespace cageopt::inputs
