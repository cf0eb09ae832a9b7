#include <optimizer/scenarios.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>

#include <boost/math/distributions/normal.hpp>

#include <deal.II/base/parameter_handler.h>

#include <inputs/bone_law.h>
#include <inputs/error.h>
#include <optimizer/parametrisation_parameters.h>
#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

using inputs::InputError;

void UncertaintyParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Uncertainty");
  prm.add_parameter("Samples", samples,
                    "Scenarios drawn from the distributions below (Latin hypercube); the objective is optimised over "
                    "all of them as 'Measure' says, and the spread of the results reported. 0: off. Each costs as much "
                    "as the case alone, in time and in memory for displacements and references.",
                    Integer(0, 200));
  prm.add_parameter("Seed", seed, "The same seed draws the same scenarios.", Integer(0, 1000000));
  prm.add_parameter("Measure", measure,
                    "mean: the weighted mean plus 'Deviations' standard deviations; worst_case: the largest value over "
                    "the scenarios; nominal: the case as stated is optimised, and only its spread reported.",
                    Selection("mean|worst_case|nominal"));
  prm.add_parameter("Deviations", deviations, "k of mean + k standard deviations. Unit: -.", Double(0., 10.));
  prm.add_parameter("Constraints", constraints,
                    "nominal: constraints hold for the case as stated; scenarios: the measure of their violations over "
                    "the scenarios, too, must not exceed zero.",
                    Selection("nominal|scenarios"));
  prm.add_parameter("Calibration slope", calibration_slope,
                    "Standard deviation of the calibration's slope, relative to it. Unit: -.", Double(0., .3));
  prm.add_parameter("Calibration offset", calibration_offset,
                    "Standard deviation of the calibration's intercept. Unit: mg/cm3.", Double(0., 50.));
  prm.add_parameter("Bone laws", bone_laws,
                    "Further modulus-density laws, 'name, name', each as probable as the case's own.", Anything());
  prm.add_parameter("Bone modulus", bone_modulus,
                    "Standard deviation of the bone's modulus at given density, one factor for all bone. Unit: -.",
                    Double(0., .3));
  prm.add_parameter("As-built factor lowest", as_built_lowest,
                    "The lattice's as-built factor has a triangular distribution from this to the highest, with its "
                    "mode at 'Stiffness law/As-built factor'. 0 for both: as stated. Unit: -.",
                    Double(0., 1.));
  prm.add_parameter("As-built factor highest", as_built_highest, "See the lowest. Unit: -.", Double(0., 1.));
  prm.add_parameter("Load", load, "Standard deviation of one factor on all loads. Unit: -.", Double(0., .3));
  prm.add_parameter(
      "Cage position", position,
      "Standard deviations of the cage's place in the bone along x (right), y (anterior) and z (cranial). "
      "The pattern of bone moduli moves; endplates and outlines stay as planned. Unit: mm.",
      List(Double(0., 5.), 3, 3));
  prm.add_parameter("Threshold offset", threshold_offset,
                    "Eroded and dilated variants: each sample is also computed with the projection's threshold this "
                    "much higher and lower. 'Samples = 1' without other spreads is the robust design of three fields. "
                    "Unit: -.",
                    Double(0., .45));
  prm.leave_subsection();
}

std::vector<std::string> UncertaintyParameters::bone_law_list() const
{
  std::vector<std::string> result;
  std::istringstream list(bone_laws);
  for (std::string item; std::getline(list, item, ',');) {
    std::istringstream words(item);
    for (std::string word; words >> word;)
      result.push_back(word);
  }
  return result;
}

void UncertaintyParameters::check(const LawParameters &law, const ParametrisationParameters &parametrisation,
                                  const bool is_patient) const
{
  const bool has_position = std::any_of(position.begin(), position.end(), [](const double sd) { return sd > 0; });
  const bool has_bone =
      calibration_slope > 0 || calibration_offset > 0 || !bone_law_list().empty() || bone_modulus > 0 || has_position;
  const bool has_as_built = as_built_lowest > 0 || as_built_highest > 0;
  const bool varies = has_bone || has_as_built || load > 0 || threshold_offset > 0;
  if (!is_on()) {
    if (varies || deviations != 1. || constraints != "nominal" || measure != "mean")
      throw InputError("'Uncertainty'", "stated", "'Uncertainty/Samples' is 0, so that it would be ignored",
                       "set 'Samples', or leave the rest out");
    return;
  }
  if (!varies)
    throw InputError("'Uncertainty/Samples'", std::to_string(samples), "nothing is uncertain: all spreads are zero",
                     "state a spread, or leave the samples out");
  if (has_bone && !is_patient)
    throw InputError("'Uncertainty'", "spread of bone or position", "the cantilever has no bone",
                     "use 'Load' and 'Threshold offset'");
  if (measure != "mean" && deviations != 1.)
    throw InputError("'Uncertainty/Deviations'", std::to_string(deviations),
                     "'Uncertainty/Measure' is '" + measure + "', which does not use it", "leave it out");
  if (measure == "nominal" && constraints != "nominal")
    throw InputError("'Uncertainty/Constraints'", "'" + constraints + "'",
                     "'Uncertainty/Measure = nominal' optimises the case as stated only",
                     "leave it out, or choose another measure");
  for (const auto &name : bone_law_list())
    inputs::BoneLaw{name};
  if (has_as_built) {
    if (law.law != "lattice")
      throw InputError("'Uncertainty/As-built factor lowest'", std::to_string(as_built_lowest),
                       "the stiffness law '" + law.law + "' has no as-built factor",
                       "use 'Stiffness law/Law = lattice'");
    if (!(as_built_lowest >= .01 && as_built_lowest <= law.as_built_factor && law.as_built_factor <= as_built_highest))
      throw InputError("'Uncertainty/As-built factor lowest' and 'highest'",
                       std::to_string(as_built_lowest) + " and " + std::to_string(as_built_highest),
                       "they enclose 'Stiffness law/As-built factor', " + std::to_string(law.as_built_factor) +
                           ", and are at least 0.01",
                       "state both");
  }
  if (threshold_offset > 0) {
    if (!parametrisation.has_projection())
      throw InputError("'Uncertainty/Threshold offset'", std::to_string(threshold_offset),
                       "there is no projection whose threshold could move",
                       "set 'Parametrisation/Projection sharpness'");
    if (parametrisation.threshold - threshold_offset <= 0 || parametrisation.threshold + threshold_offset >= 1)
      throw InputError("'Uncertainty/Threshold offset'", std::to_string(threshold_offset),
                       "'Parametrisation/Projection threshold' must stay between 0 and 1 with it",
                       "use a smaller offset");
  }
}

double triangular_quantile(const double u, const double low, const double mode, const double high)
{
  const double width = high - low;
  if (!(width > 0))
    return mode;
  return u * width < mode - low ? low + std::sqrt(u * width * (mode - low))
                                : high - std::sqrt((1. - u) * width * (high - mode));
}

std::vector<Scenario> UncertaintyParameters::scenarios(const double as_built_factor) const
{
  std::mt19937_64 engine(seed);
  // All quantities are drawn, spread or not, so that adding one does not draw the others anew.
  constexpr unsigned int n_quantities = 9;
  std::vector<std::vector<unsigned int>> stratum(n_quantities, std::vector<unsigned int>(samples));
  for (auto &order : stratum) {
    std::iota(order.begin(), order.end(), 0u);
    for (std::size_t i = order.size(); i > 1; --i) // as std::shuffle, but the same with every library
      std::swap(order[i - 1], order[engine() % i]);
  }
  const auto n_laws = static_cast<unsigned int>(1 + bone_law_list().size());
  const boost::math::normal normal;
  std::vector<Scenario> result;
  for (unsigned int i = 0; i < samples; ++i) {
    const auto u = [&](const unsigned int quantity) { return (stratum[quantity][i] + .5) / samples; };
    const auto z = [&](const unsigned int quantity) { return boost::math::quantile(normal, u(quantity)); };
    Scenario scenario;
    scenario.name = "sample " + std::to_string(i + 1);
    scenario.weight = 1. / samples;
    scenario.calibration_slope = 1. + calibration_slope * z(0);
    scenario.calibration_offset = calibration_offset * z(1);
    scenario.bone_law = std::min(static_cast<unsigned int>(u(2) * n_laws), n_laws - 1);
    scenario.bone_factor = 1. + bone_modulus * z(3);
    if (as_built_highest > 0)
      scenario.lattice_factor =
          triangular_quantile(u(4), as_built_lowest, as_built_factor, as_built_highest) / as_built_factor;
    scenario.load_factor = 1. + load * z(5);
    for (unsigned int c = 0; c < 3; ++c)
      scenario.shift[c] = position[c] * z(6 + c);
    if (threshold_offset == 0) {
      result.push_back(scenario);
      continue;
    }
    const std::array<std::pair<const char *, double>, 3> variants = {
        {{", eroded", threshold_offset}, {"", 0.}, {", dilated", -threshold_offset}}};
    for (const auto &[suffix, offset] : variants) {
      auto variant = scenario;
      variant.name += suffix;
      variant.weight /= 3.;
      variant.threshold_offset = offset;
      result.push_back(variant);
    }
  }
  return result;
}

} // namespace cageopt::optimizer
