#include <inputs/surface_patient.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/nearest_triangle.h>
#include <inputs/patient.h>

namespace cageopt::inputs {

namespace {

constexpr double margin = 8.; // mm
constexpr double most_voxels = 2e8;
constexpr double thinnest_shell = 1. / 3.;               // of the grid's spacing
constexpr double half_right_angle = 0.70710678118654752; // cosine of 45 degrees

std::string with_unit(const double value, const std::string &unit)
{
  std::ostringstream text;
  text << value << ' ' << unit;
  return text.str();
}

ImageGrid grid_around(const std::vector<LabelledSurface> &surfaces, const double spacing)
{
  Point low, high;
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for (const LabelledSurface &given : surfaces) {
    const auto box = given.surface.box();
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], box[0][axis] - margin);
      high[axis] = std::max(high[axis], box[1][axis] + margin);
    }
  }
  ImageGrid grid;
  double n_voxels = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const double n = std::ceil((high[axis] - low[axis]) / spacing) + 1;
    n_voxels *= n;
    grid.size[axis] = static_cast<int>(std::min(n, 1e9));
    grid.index_to_world.linear[axis][axis] = spacing;
    grid.index_to_world.offset[axis] = low[axis];
  }
  if (!(n_voxels <= most_voxels))
    throw InputError("'Patient/Surfaces/Grid spacing'", with_unit(spacing, "mm"),
                     "the grid around all surfaces would have " + with_unit(n_voxels, "voxels") +
                         ", and 2e8 are the most",
                     "check the unit of the surfaces, mm, name only those of the level, or take a coarser grid");
  return grid;
}

/// Fills one vertebra, its posterior elements included.
class Vertebra
{
public:
  Vertebra(const SurfacePatientParameters &parameters, const TriangleSurface &surface, const Point &cranial)
      : parameters(parameters), nearest(surface), cranial((1. / norm(cranial)) * cranial)
  {
  }

  double density(const Point &point, const bool in_body) const
  {
    const double spacing = parameters.grid_spacing;
    const double reach = std::max(parameters.cortical_thickness, parameters.endplate_thickness) + .5 * spacing;
    const auto hit = nearest.find(point, reach);
    if (!hit)
      return parameters.trabecular_density;
    const bool is_endplate = in_body && std::abs(dot(hit->normal, cranial)) >= half_right_angle;
    const double thickness = is_endplate ? parameters.endplate_thickness : parameters.cortical_thickness;
    const double shell = is_endplate ? parameters.endplate_density : parameters.cortical_density;
    const double share = thickness > 0 ? std::clamp((thickness - hit->distance) / spacing + .5, 0., 1.) : 0.;
    return share * shell + (1. - share) * parameters.trabecular_density;
  }

private:
  const SurfacePatientParameters &parameters;
  NearestTriangle nearest;
  Point cranial;
};

void fill_vertebra(SurfacePatient &patient, const Vertebra &vertebra, const std::uint16_t body,
                   const std::uint16_t posterior)
{
  const ImageGrid &grid = patient.labels.grid;
  std::size_t voxel = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i, ++voxel)
        if (const std::uint16_t label = patient.labels.values[voxel]; label == body || label == posterior)
          patient.bmd.values[voxel] = static_cast<float>(
              vertebra.density(grid.index_to_world({double(i), double(j), double(k)}), label == body));
}

std::string assumption(const SurfacePatientParameters &given)
{
  std::ostringstream text;
  text << "THE BONE DENSITY IS ASSUMED, NOT MEASURED: there is no CT. Trabecular bone " << given.trabecular_density
       << " mg/cm3 everywhere, cortical shell " << given.cortical_thickness << " mm of " << given.cortical_density
       << ", endplates " << given.endplate_thickness << " mm of " << given.endplate_density
       << " mg/cm3. Target, stiffness and strain of the bone follow from these numbers, not from the patient.";
  return text.str();
}

} // namespace

void SurfacePatientParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Surfaces");
  prm.add_parameter("Grid spacing", grid_spacing, "Edge of a voxel of the source 'surfaces'. Unit: mm.",
                    Double(0.1, 3.));
  prm.add_parameter("Trabecular density", trabecular_density,
                    "Assumed density of trabecular bone, the same everywhere; 0 means not stated, which the source "
                    "'surfaces' refuses. Lumbar: normal above 120, osteoporosis below 80. Unit: mg/cm3.",
                    Double(0., 1500.));
  prm.add_parameter("Cortical thickness", cortical_thickness, "Of the assumed cortical shell; 0 for none. Unit: mm.",
                    Double(0., 5.));
  prm.add_parameter("Cortical density", cortical_density, "Of that shell. Unit: mg/cm3.", Double(0., 2000.));
  prm.add_parameter("Endplate thickness", endplate_thickness, "Of the assumed bony endplates; 0 for none. Unit: mm.",
                    Double(0., 5.));
  prm.add_parameter("Endplate density", endplate_density, "Of the endplates. Unit: mg/cm3.", Double(0., 2000.));
  prm.add_parameter("Soft tissue density", soft_tissue_density,
                    "Of everything that is not bone of the level, in the image that is written. Unit: mg/cm3.",
                    Double(-300., 300.));
  prm.leave_subsection();
}

void SurfacePatientParameters::check() const
{
  if (!(trabecular_density > 0))
    throw InputError("'Patient/Surfaces/Trabecular density'", with_unit(trabecular_density, "mg/cm3"),
                     "surfaces tell no density, and no patient has a default",
                     "state it, from a DXA or another scan, or as an assumption");
  const std::pair<const char *, double> shells[] = {{"Cortical", cortical_thickness}, {"Endplate", endplate_thickness}};
  for (const auto &[name, thickness] : shells)
    if (thickness > 0 && thickness < thinnest_shell * grid_spacing)
      throw InputError("'Patient/Surfaces/" + std::string(name) + " thickness'", with_unit(thickness, "mm"),
                       "voxels of " + with_unit(grid_spacing, "mm") +
                           " hold a shell of at least a third of that, or its mineral is more than 5 % off",
                       "take a finer 'Grid spacing', or a thicker shell of less density, or 0 for none");
}

bool SurfacePatientParameters::stated() const
{
  const SurfacePatientParameters defaults;
  return grid_spacing != defaults.grid_spacing || trabecular_density != defaults.trabecular_density ||
         cortical_thickness != defaults.cortical_thickness || cortical_density != defaults.cortical_density ||
         endplate_thickness != defaults.endplate_thickness || endplate_density != defaults.endplate_density ||
         soft_tissue_density != defaults.soft_tissue_density;
}

SurfacePatient make_surface_patient(const SurfacePatientParameters &parameters,
                                    const SurfaceLabelParameters &label_surfaces, const LevelLabels &level,
                                    const std::string &data_directory, std::vector<std::string> &warnings)
{
  warnings.push_back(assumption(parameters));
  const auto surfaces = read_surfaces(label_surfaces, data_directory, warnings);
  SurfacePatient patient;
  patient.labels = label_map(surfaces, level, grid_around(surfaces, parameters.grid_spacing), warnings);
  patient.bmd.grid = patient.labels.grid;
  patient.bmd.values.assign(patient.labels.values.size(), static_cast<float>(parameters.soft_tissue_density));

  const Point cranial = line_of_centres(patient.labels, level);
  const std::pair<std::uint16_t, std::uint16_t> vertebrae[] = {{level.cranial, level.cranial_posterior},
                                                               {level.caudal, level.caudal_posterior}};
  for (const auto &[body, numbered] : vertebrae) {
    const std::uint16_t posterior = numbered != 0 ? numbered : body + 100;
    for (const LabelledSurface &given : surfaces)
      if (given.label == body || given.label == posterior) {
        const bool posterior_alone = given.label == posterior;
        const bool shares = std::none_of(surfaces.begin(), surfaces.end(), [posterior = posterior](const auto &other) {
          return other.label == posterior;
        });
        fill_vertebra(patient, Vertebra(parameters, given.surface, cranial), posterior_alone ? posterior : body,
                      shares ? posterior : given.label);
      }
  }
  return patient;
}

} // namespace cageopt::inputs
