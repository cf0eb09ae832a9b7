#include <optimizer/response_catalogue.h>

#include <algorithm>
#include <stdexcept>

#include <inputs/error.h>
#include <inputs/nearest_name.h>
#include <optimizer/axial_stiffness.h>
#include <optimizer/bone_overstrain.h>
#include <optimizer/cage_stress.h>
#include <optimizer/compliance.h>
#include <optimizer/effective_modulus_error.h>
#include <optimizer/endplate_stress.h>
#include <optimizer/graft_strain_energy.h>
#include <optimizer/grayness.h>
#include <optimizer/local_density.h>
#include <optimizer/overstrained_volume.h>
#include <optimizer/strain_distribution_mismatch.h>
#include <optimizer/volume_fraction.h>

namespace cageopt::optimizer {

namespace {

struct Entry
{
  std::string name, unit, meaning;
  bool needs_patient = true;
};

const std::vector<Entry> &entries()
{
  static const std::vector<Entry> table = {
      {"strain_mismatch_intact", "-", "strain of the bone near the cage against the intact segment, point by point"},
      {"strain_mismatch_graft", "-", "the same against an envelope filled at the target modulus"},
      {"strain_distribution_mismatch", "-", "distribution of that strain against the intact segment's"},
      {"bone_overstrain", "-", "largest principal strain of that bone over its yield strain"},
      {"overstrained_volume", "mm3", "bone with a principal strain beyond 'Overstrain threshold', a smooth count"},
      {"endplate_min_principal_stress", "MPa", "largest compression of the bone at the cage"},
      {"effective_modulus", "MPa", "axial, of the cage alone between platens"},
      {"effective_modulus_x", "MPa", "the same from right to left"},
      {"effective_modulus_y", "MPa", "the same from back to front"},
      {"effective_shear_modulus_xz", "MPa", "in shear, platens moved sideways"},
      {"effective_shear_modulus_yz", "MPa", "in shear, platens moved forwards"},
      {"effective_modulus_error", "-", "squared relative distance of the axial modulus from its target"},
      {"axial_stiffness", "N/mm", "force over travel of the platens; ISO 23089 asks for 5914"},
      {"cage_stress", "-", "largest von Mises stress of lattice and frame over their yield strength"},
      {"fatigue_utilisation", "-", "the cyclic part of it over what 5 million cycles allow"},
      {"graft_strain_energy", "N mm", "strain energy of the graft in the window"},
      {"maximum_local_density", "-", "largest density of the design averaged over 'Local density radius'"},
      {"minimum_local_density", "-", "smallest one"},
      {"compliance", "N mm", "work of the loads", false},
      {"volume_fraction", "-", "metal in the design region", false},
      {"grayness", "-", "distance from black and white, 0 to 1; a bound on it closes in with the projection", false},
  };
  return table;
}

} // namespace

ResponseCatalogue::ResponseCatalogue(SegmentAnalysis &analysis, const ResponseSettings &settings)
    : analysis(analysis), settings(settings)
{
}

ResponseCatalogue::~ResponseCatalogue() = default;

const std::vector<std::string> &ResponseCatalogue::names()
{
  static const std::vector<std::string> list = [] {
    std::vector<std::string> result;
    for (const auto &entry : entries())
      result.push_back(entry.name);
    return result;
  }();
  return list;
}

std::string ResponseCatalogue::description()
{
  std::string text;
  for (const auto &entry : entries())
    text += (text.empty() ? "" : "; ") + entry.name + " [" + entry.unit + "], " + entry.meaning;
  return text;
}

bool ResponseCatalogue::needs_patient(const std::string &name)
{
  for (const auto &entry : entries())
    if (entry.name == name)
      return entry.needs_patient;
  return true;
}

bool ResponseCatalogue::has_adjoint(const std::string &name)
{
  return needs_patient(name) && name.find("modulus") == std::string::npos && name != "axial_stiffness" &&
         name.find("local_density") == std::string::npos;
}

bool ResponseCatalogue::needs_lattice(const std::string &name)
{
  return name == "cage_stress" || name == "fatigue_utilisation" || name == "grayness" || name == "volume_fraction" ||
         name.find("local_density") != std::string::npos;
}

void ResponseCatalogue::require_name(const std::string &name, const std::string &input)
{
  if (std::find(names().begin(), names().end(), name) == names().end())
    throw inputs::InputError(input, "'" + name + "'", "there is no such response",
                             "did you mean '" + inputs::nearest_name(name, names()) +
                                 "'? 'cageopt template' lists all of them");
}

Response &ResponseCatalogue::get(const std::string &name)
{
  auto &slot = made[name];
  if (!slot)
    slot = make(name);
  return *slot;
}

EffectiveModulus &ResponseCatalogue::effective_modulus()
{
  return static_cast<EffectiveModulus &>(get("effective_modulus"));
}

std::vector<std::string> ResponseCatalogue::figures(const bool has_strength) const
{
  std::vector<std::string> list = {"strain_mismatch_intact",
                                   "strain_mismatch_graft",
                                   "strain_distribution_mismatch",
                                   "bone_overstrain",
                                   "endplate_min_principal_stress",
                                   "effective_modulus",
                                   "axial_stiffness",
                                   "compliance",
                                   "volume_fraction"};
  if (has_strength)
    list.insert(list.end(), {"cage_stress", "fatigue_utilisation"});
  const auto &region = analysis.domain().region;
  int has_window = std::count(region.begin(), region.end(), meshing::Region::window) > 0;
  MPI_Allreduce(MPI_IN_PLACE, &has_window, 1, MPI_INT, MPI_MAX, analysis.domain().mesh.comm());
  if (has_window)
    list.push_back("graft_strain_energy");
  return list;
}

std::shared_ptr<CagePlatenTest> ResponseCatalogue::axial_test()
{
  if (!axial)
    axial = std::make_shared<CagePlatenTest>(analysis.domain(), settings.solver);
  return axial;
}

std::vector<double> ResponseCatalogue::bone() const
{
  return bone_near_cage(analysis.domain(), settings.strain_distance);
}

std::unique_ptr<Response> ResponseCatalogue::make(const std::string &name)
{
  const auto &domain = analysis.domain();
  if (name == "compliance")
    return std::make_unique<Compliance>(analysis);
  if (name == "grayness")
    return std::make_unique<Grayness>(domain, analysis.design_cells());
  if (name == "volume_fraction")
    return std::make_unique<VolumeFraction>(domain, analysis.design_cells());
  if (name == "effective_modulus")
    return std::make_unique<EffectiveModulus>(axial_test());
  if (name == "effective_modulus_error")
    return std::make_unique<EffectiveModulusError>(axial_test(), settings.target_modulus);
  if (name == "axial_stiffness")
    return std::make_unique<AxialStiffness>(axial_test());
  static const std::map<std::string, PlatenTest::Mode> modes = {{"effective_modulus_x", {0, 0}},
                                                                {"effective_modulus_y", {1, 1}},
                                                                {"effective_shear_modulus_xz", {2, 0}},
                                                                {"effective_shear_modulus_yz", {2, 1}}};
  if (const auto mode = modes.find(name); mode != modes.end())
    return std::make_unique<EffectiveModulus>(std::make_shared<CagePlatenTest>(domain, settings.solver, mode->second));
  if (name == "strain_mismatch_intact")
    return std::make_unique<StrainMismatch>(name, analysis, bone(), analysis.displacements_for(analysis.intact()));
  if (name == "strain_mismatch_graft") {
    const auto graft = inputs::CubicStiffness::isotropic(settings.target_modulus, settings.poissons_ratio);
    return std::make_unique<StrainMismatch>(name, analysis, bone(),
                                            analysis.displacements_for(analysis.with_envelope(graft)));
  }
  if (name == "strain_distribution_mismatch") {
    auto reference = analysis.displacements_for(analysis.intact());
    return std::make_unique<StrainDistributionMismatch>(name, analysis, bone(), reference);
  }
  if (name == "bone_overstrain")
    return std::make_unique<BoneOverstrain>(analysis, bone(), settings.yield_strain_compression,
                                            settings.yield_strain_tension);
  if (name == "overstrained_volume")
    return std::make_unique<OverstrainedVolume>(analysis, bone(), settings.overstrain_threshold,
                                                settings.overstrain_width * settings.overstrain_threshold);
  if (name == "endplate_min_principal_stress")
    return std::make_unique<EndplateStress>(analysis, settings.endplate_layer);
  if (name == "cage_stress")
    return std::make_unique<CageStress>(analysis, settings.solid_yield_strength);
  if (name == "fatigue_utilisation")
    return std::make_unique<CageStress>(
        CageStress::fatigue(analysis, settings.solid_yield_strength, settings.fatigue_amplitude_share,
                            settings.lattice_fatigue_share, settings.frame_fatigue_share));
  if (name == "graft_strain_energy")
    return std::make_unique<GraftStrainEnergy>(analysis);
  if (name == "maximum_local_density" || name == "minimum_local_density") {
    if (!neighbourhood)
      neighbourhood = std::make_unique<HelmholtzFilter>(domain, analysis.design_cells(), settings.local_density_radius);
    return std::make_unique<LocalDensity>(domain.mesh.comm(), *neighbourhood,
                                          name == "maximum_local_density" ? LocalDensity::Extreme::maximum
                                                                          : LocalDensity::Extreme::minimum);
  }
  throw std::logic_error("ResponseCatalogue: '" + name + "' is listed but cannot be made");
}

} // namespace cageopt::optimizer
