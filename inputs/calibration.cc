#include <inputs/calibration.h>

#include <cmath>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt::inputs {

void CalibrationParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Calibration");
  prm.add_parameter("Mode", mode,
                    "How the numbers in the image become bone mineral density: 'linear' by the line below, or "
                    "'already calibrated' if the image holds mg/cm3. The built-in patient brings its own line. "
                    "No unit.",
                    Selection("linear|already calibrated"));
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
  prm.leave_subsection();
}

void CalibrationParameters::check() const
{
  std::ostringstream value;
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
  } else
    throw InputError("'Patient/Calibration/Mode'", "'" + mode + "'", "it is 'linear' or 'already calibrated'",
                     "choose one of them");
  if (density != "K2HPO4" && density != "CaHA")
    throw InputError("'Patient/Calibration/Density type'", "'" + density + "'", "QCT densities are K2HPO4 or CaHA",
                     "choose one of them");
}

Calibration::Calibration(const CalibrationParameters &parameters)
{
  parameters.check();
  is_calibrated = parameters.mode == "already calibrated";
  line_slope = is_calibrated ? 1. : parameters.slope;
  line_intercept = parameters.intercept;
  measure = parameters.density == "CaHA" ? DensityMeasure::caha : DensityMeasure::k2hpo4;
  line_source = parameters.source;
}

Calibration Calibration::linear(const double slope, const double intercept, const DensityMeasure measure,
                                const std::string &source)
{
  CalibrationParameters parameters;
  parameters.slope = slope;
  parameters.intercept = intercept;
  parameters.density = name_of(measure);
  parameters.source = source;
  return Calibration(parameters);
}

std::string Calibration::description() const
{
  std::ostringstream text;
  if (is_calibrated)
    text << "image already calibrated to " << name_of(measure) << " mg/cm3";
  else
    text << name_of(measure) << " density [mg/cm3] = " << line_slope << " HU " << (line_intercept < 0 ? "- " : "+ ")
         << std::abs(line_intercept);
  if (!line_source.empty())
    text << " (" << line_source << ")";
  return text.str();
}

} // namespace cageopt::inputs
