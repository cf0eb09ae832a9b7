#pragma once

#include <array>
#include <string>

#include <inputs/density.h>
#include <inputs/tissue_calibration.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Calibration".
struct CalibrationParameters
{
  std::string mode = "linear"; ///< linear | tissues | already calibrated
  double slope = 0;            ///< mg/cm3 per HU; 0: not stated
  double intercept = 0;        ///< mg/cm3
  std::string density = "K2HPO4";
  std::string source;
  std::string tissue_file;     ///< of the mode tissues; empty: found in the image
  std::string tissue_labels;   ///< "air: 5; fat: 4"
  double effective_energy = 0; ///< keV; 0: fitted

  void declare(dealii::ParameterHandler &prm);
  /// A linear calibration must state its slope and where the line comes from; each mode takes its own entries only.
  void check() const;
  DensityMeasure measure() const { return density == "CaHA" ? DensityMeasure::caha : DensityMeasure::k2hpo4; }
  /// Whether anything was stated.
  bool stated() const
  {
    return mode != "linear" || slope != 0 || intercept != 0 || density != "K2HPO4" || !source.empty() ||
           !tissue_file.empty() || !tissue_labels.empty() || effective_energy != 0;
  }
};

/// From the numbers in the image file to QCT density, mg/cm3:
///   BMD = c_0 + c_1 HU + c_2 HU^2,
/// a line (c_2 = 0) but for the calibration by tissues, or BMD = number for an image that is calibrated already. Part
/// of every result's provenance.
class Calibration
{
public:
  /// Linear, or already calibrated. Calls parameters.check().
  explicit Calibration(const CalibrationParameters &parameters);
  /// `measure` is k2hpo4 or caha.
  static Calibration linear(double slope, double intercept, DensityMeasure measure, const std::string &source);
  static Calibration polynomial(const std::array<double, 3> &coefficients, DensityMeasure measure,
                                const std::string &source);

  /// mg/cm3, in density_measure().
  double bmd(const double image_value) const { return c[0] + image_value * (c[1] + image_value * c[2]); }
  /// Inverse of bmd() on its rising branch (the vertex below it).
  double image_value(double bmd) const;
  const std::array<double, 3> &coefficients() const { return c; }
  double intercept() const { return c[0]; }
  DensityMeasure density_measure() const { return measure; }
  bool already_calibrated() const { return is_calibrated; }
  const std::string &source() const { return stated_source; }
  /// One line for reports: formula, density measure and source.
  std::string description() const;

private:
  Calibration() = default;
  std::array<double, 3> c{{0, 1, 0}};
  DensityMeasure measure = DensityMeasure::k2hpo4;
  bool is_calibrated = false;
  std::string stated_source;
};

} // namespace cageopt::inputs
