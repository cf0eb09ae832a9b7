#pragma once

#include <string>

#include <inputs/density.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Calibration".
struct CalibrationParameters
{
  std::string mode = "linear"; ///< linear | already calibrated
  double slope = 0;            ///< mg/cm3 per HU; 0: not stated
  double intercept = 0;        ///< mg/cm3
  std::string density = "K2HPO4";
  std::string source;

  void declare(dealii::ParameterHandler &prm);
  /// A linear calibration must state its slope and where the line comes from.
  void check() const;
  /// Whether anything was stated.
  bool stated() const
  {
    return mode != "linear" || slope != 0 || intercept != 0 || density != "K2HPO4" || !source.empty();
  }
};

/// From the numbers in the image file to QCT density:
///   BMD = slope HU + intercept [mg/cm3],
/// or BMD = number for an image that is calibrated already. Part of every result's provenance.
class Calibration
{
public:
  /// Calls parameters.check().
  explicit Calibration(const CalibrationParameters &parameters);
  /// `measure` is k2hpo4 or caha.
  static Calibration linear(double slope, double intercept, DensityMeasure measure, const std::string &source);

  /// mg/cm3, in density_measure().
  double bmd(const double image_value) const { return line_slope * image_value + line_intercept; }
  double slope() const { return line_slope; }
  double intercept() const { return line_intercept; }
  DensityMeasure density_measure() const { return measure; }
  bool already_calibrated() const { return is_calibrated; }
  /// One line for reports: formula, density measure and source.
  std::string description() const;

private:
  Calibration() = default;
  double line_slope = 1;
  double line_intercept = 0;
  DensityMeasure measure = DensityMeasure::k2hpo4;
  bool is_calibrated = false;
  std::string line_source;
};

} // namespace cageopt::inputs
