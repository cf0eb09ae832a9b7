#include <inputs/calibration.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::inputs {

void CalibrationParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Calibration");
  prm.add_parameter(
      "Mode", mode,
      "How the numbers in the image become bone mineral density: 'linear' by the line below, 'tissues' by air, "
      "fat, muscle, blood and cortical bone in the image itself (Michalski et al. 2020), or 'already "
      "calibrated' if the image holds mg/cm3. The built-in patient brings its own line. No unit.",
      Selection("linear|tissues|already calibrated"));
  prm.add_parameter("Slope", slope,
                    "Slope of the calibration line; 0 means not stated, which is refused for image files in HU. "
                    "At 120 kVp mostly 0.7-0.9. Unit: mg/cm3 per HU.",
                    Double(0., 10.));
  prm.add_parameter("Intercept", intercept, "Density at 0 HU. Unit: mg/cm3.", Double(-2000., 2000.));
  prm.add_parameter("Density type", density,
                    "What the densities are equivalent to; it decides by which published conversion they reach the "
                    "bone law. No unit.",
                    Selection("K2HPO4|CaHA"));
  prm.add_parameter("Source", source,
                    "Where the line comes from, in words (phantom scan, date, paper); printed in every report. "
                    "No unit.",
                    Anything());
  prm.add_parameter("Tissue file", tissue_file,
                    "Regions of the tissues, numbered, on the grid of the image, for the mode 'tissues'; empty: air, "
                    "fat and muscle are found in the image. No unit.",
                    Anything());
  prm.add_parameter("Tissue labels", tissue_labels,
                    "Numbers of the regions in 'Tissue file': 'air: 5; fat: 4; muscle: 2; blood: 1; cortical_bone: "
                    "6'; at least three. No unit.",
                    Anything());
  prm.add_parameter("Effective energy", effective_energy,
                    "Energy at which tissues and mineral attenuate as in this scan, for the mode 'tissues'; 0: fitted "
                    "to the tissues. Unit: keV.",
                    Double(0., 200.));
  prm.leave_subsection();
}

void CalibrationParameters::check() const
{
  std::ostringstream value;
  if (mode != "tissues" && (!tissue_file.empty() || !tissue_labels.empty() || effective_energy != 0))
    throw InputError("'Patient/Calibration/Mode'", "'" + mode + "'",
                     "'Tissue file', 'Tissue labels' or 'Effective energy' are given but would not be used",
                     "set it to 'tissues' or remove them");
  if (mode == "linear") {
    value << slope << " mg/cm3 per HU";
    if (!(slope > 0) || !std::isfinite(slope))
      throw InputError("'Patient/Calibration/Slope'", value.str(), "an image in HU needs a stated calibration line",
                       "give 'Slope' in mg/cm3 per HU, 'Intercept' in mg/cm3 and 'Source', or set 'Mode' to "
                       "'already calibrated' if the image holds mg/cm3");
    if (source.empty())
      throw InputError("'Patient/Calibration/Source'", "empty",
                       "a calibration line without a source cannot be judged by the reader of the result",
                       "say where slope and intercept come from");
  } else if (mode == "already calibrated") {
    value << slope << " and " << intercept;
    if (slope != 0 || intercept != 0)
      throw InputError("'Patient/Calibration/Slope' and 'Intercept'", value.str(),
                       "with the mode 'already calibrated' no line is applied",
                       "remove both or set 'Mode' to 'linear'");
  } else if (mode == "tissues") {
    value << slope << " and " << intercept;
    if (slope != 0 || intercept != 0)
      throw InputError("'Patient/Calibration/Slope' and 'Intercept'", value.str(),
                       "with the mode 'tissues' both are found", "remove both or set 'Mode' to 'linear'");
    if (tissue_file.empty() != tissue_labels.empty())
      throw InputError(
          tissue_file.empty() ? "'Patient/Calibration/Tissue file'" : "'Patient/Calibration/Tissue labels'", "empty",
          "regions and their numbers belong together", "give both, or neither to have air, fat and muscle found");
    parse_tissue_labels(tissue_labels);
  } else
    throw InputError("'Patient/Calibration/Mode'", "'" + mode + "'",
                     "it is 'linear', 'tissues' or 'already calibrated'", "choose one of them");
  if (density != "K2HPO4" && density != "CaHA")
    throw InputError("'Patient/Calibration/Density type'", "'" + density + "'", "QCT densities are K2HPO4 or CaHA",
                     "choose one of them");
}

Calibration::Calibration(const CalibrationParameters &parameters)
{
  parameters.check();
  is_calibrated = parameters.mode == "already calibrated";
  c = {{parameters.intercept, is_calibrated ? 1. : parameters.slope, 0.}};
  measure = parameters.measure();
  stated_source = parameters.source;
}

Calibration Calibration::linear(const double slope, const double intercept, const DensityMeasure measure,
                                const std::string &source)
{
  return polynomial({{intercept, slope, 0.}}, measure, source);
}

Calibration Calibration::polynomial(const std::array<double, 3> &coefficients, const DensityMeasure measure,
                                    const std::string &source)
{
  Calibration calibration;
  calibration.c = coefficients;
  calibration.measure = measure;
  calibration.stated_source = source;
  return calibration;
}

double Calibration::image_value(const double bmd) const
{
  if (c[2] == 0)
    return (bmd - c[0]) / c[1];
  const double discriminant = std::max(0., c[1] * c[1] - 4 * c[2] * (c[0] - bmd));
  return (-c[1] + std::sqrt(discriminant)) / (2 * c[2]);
}

std::string Calibration::description() const
{
  std::ostringstream text;
  const auto signed_term = [&](const double value) { text << (value < 0 ? " - " : " + ") << std::abs(value); };
  if (is_calibrated)
    text << "image already calibrated to " << name_of(measure) << " mg/cm3";
  else {
    text << name_of(measure) << " density [mg/cm3] = " << c[1] << " HU";
    signed_term(c[0]);
    if (c[2] != 0) {
      signed_term(c[2]);
      text << " HU^2";
    }
  }
  if (!stated_source.empty())
    text << " (" << stated_source << ")";
  return text.str();
}

} // namespace cageopt::inputs
