#include <inputs/bone_law.h>

#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

struct LibraryEntry
{
  const char *id;
  const char *citation;
  char mark;
  BoneLaw::Law law;
};

const std::vector<LibraryEntry> &library()
{
  using Qct = DensityLaw<DensityMeasure::k2hpo4>;
  using Wet = DensityLaw<DensityMeasure::wet_apparent>;
  using Ash = DensityLaw<DensityMeasure::ash>;
  static const std::vector<LibraryEntry> entries = {
      {"kopperdahl2002_power", "Kopperdahl, Morgan, Keaveny 2002, J Orthop Res 20:801", 'B',
       Qct{{0, 2980, 1.05}, PowerLaw{0, 37.4, 1.39}}},
      {"kopperdahl2002_linear", "Kopperdahl, Morgan, Keaveny 2002, J Orthop Res 20:801", 'B',
       Qct{{-34.7, 3230, 1}, PowerLaw{-0.750, 24.9, 1}}},
      {"morgan2003_vertebra",
       "Morgan, Bayraktar, Keaveny 2003, J Biomech 36:897, doi 10.1016/s0021-9290(03)00071-x, 61 vertebral specimens",
       'B', Wet{{0, 4730, 1.56}, std::nullopt}},
      {"kopperdahl_keaveny1998", "Kopperdahl, Keaveny 1998, J Biomech 31:601", 'B', Wet{{-80, 2100, 1}, std::nullopt}},
      {"keaveny1997_lumbar", "Keaveny 1997", 'B', Wet{{-58, 1540, 1}, std::nullopt}},
      {"keller1994_spine", "Keller 1994", 'B', Ash{{0, 1890, 1.92}, std::nullopt}}};
  return entries;
}

template <DensityMeasure measure, DensityMeasure from>
Density<measure> argument(const DensityLaw<measure> &, const Density<from> density)
{
  return convert<measure>(density);
}

template <DensityMeasure from>
bool in_range(const BoneLaw &law, const Density<from> density)
{
  const auto range = law.valid_range();
  const double value =
      std::visit([&](const auto &formula) { return argument(formula, density).g_per_cm3(); }, law.law());
  return value >= range.first && value <= range.second;
}

} // namespace

double PowerLaw::operator()(const double g_per_cm3) const
{
  return constant + factor * std::pow(std::max(g_per_cm3, 0.), exponent);
}

BoneLaw::BoneLaw(const std::string &id)
{
  for (const LibraryEntry &entry : library())
    if (id == entry.id) {
      law_id = id;
      law_citation = std::string(entry.citation) + " [" + entry.mark + "]";
      law_mark = entry.mark;
      formula = entry.law;
      return;
    }
  throw InputError("The bone law", "'" + id + "'", "the library has " + join(ids()),
                   "did you mean '" + nearest_name(id, ids()) + "'?");
}

BoneLaw BoneLaw::uniform(const double youngs_modulus, const std::string &citation)
{
  BoneLaw law;
  law.law_id = "uniform";
  law.law_citation = citation;
  law.law_mark = 'R';
  law.formula = DensityLaw<DensityMeasure::k2hpo4>{{youngs_modulus, 0, 1}, std::nullopt};
  return law;
}

std::vector<std::string> BoneLaw::ids()
{
  std::vector<std::string> names;
  for (const LibraryEntry &entry : library())
    names.emplace_back(entry.id);
  return names;
}

DensityMeasure BoneLaw::measure() const
{
  constexpr DensityMeasure measures[] = {DensityMeasure::k2hpo4, DensityMeasure::wet_apparent, DensityMeasure::ash};
  return measures[formula.index()];
}

std::pair<double, double> BoneLaw::valid_range() const
{
  const auto limit = [this](const WetApparentDensity density) {
    return std::visit([&](const auto &law) { return argument(law, density).g_per_cm3(); }, formula);
  };
  return {limit(WetApparentDensity(90)), limit(WetApparentDensity(350))};
}

std::string BoneLaw::valid_range_citation()
{
  return "vertebral trabecular bone of wet apparent density 0.09-0.35 g/cm3, Oehman-Maegi et al. 2022 [A]";
}

double BoneLaw::youngs_modulus(const K2hpo4Density density) const
{
  return std::visit([&](const auto &law) { return law.youngs_modulus(argument(law, density)); }, formula);
}

double BoneLaw::youngs_modulus(const CahaDensity density) const
{
  return std::visit([&](const auto &law) { return law.youngs_modulus(argument(law, density)); }, formula);
}

std::optional<double> BoneLaw::yield_stress(const K2hpo4Density density) const
{
  return std::visit([&](const auto &law) { return law.yield_stress(argument(law, density)); }, formula);
}

std::optional<double> BoneLaw::yield_stress(const CahaDensity density) const
{
  return std::visit([&](const auto &law) { return law.yield_stress(argument(law, density)); }, formula);
}

bool BoneLaw::in_valid_range(const K2hpo4Density density) const { return in_range(*this, density); }
bool BoneLaw::in_valid_range(const CahaDensity density) const { return in_range(*this, density); }

void BoneLawParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Bone law");
  prm.add_parameter("Law", law,
                    "Young's modulus as a function of density. Each law is published for its own density measure; "
                    "QCT densities are converted by the published lines. No unit.",
                    Selection(join(BoneLaw::ids(), "|")));
  prm.add_parameter("Poisson's ratio", poissons_ratio,
                    "Poisson's ratio of bone; for load along z, where bone is transverse. No unit.", Double(0., 0.45));
  prm.add_parameter("Anisotropy", anisotropy,
                    "'isotropic', or 'transverse': the law's modulus along the spine (design z axis), a third of it "
                    "across, G_xy = 0.121 E_z, G_xz = 0.157 E_z, as published with the QCT laws. No unit.",
                    Selection("isotropic|transverse"));
  prm.add_parameter("Yield strain compression", yield_strain_compression,
                    "Compressive yield strain of vertebral trabecular bone, Kopperdahl & Keaveny 1998 [C]: 0.0084. "
                    "Unit: mm/mm.",
                    Double(1e-6, 1.));
  prm.add_parameter("Yield strain tension", yield_strain_tension,
                    "Tensile yield strain of vertebral trabecular bone, Kopperdahl & Keaveny 1998 [C]: 0.0078. "
                    "Unit: mm/mm.",
                    Double(1e-6, 1.));
  prm.leave_subsection();
}

void BoneLawParameters::check() const { BoneLaw{law}; }

} // namespace cageopt::inputs
