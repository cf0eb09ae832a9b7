#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <optimizer/effective_modulus.h>
#include <optimizer/helmholtz_filter.h>
#include <optimizer/strain_mismatch.h>

namespace cageopt::optimizer {

/// What responses are made from, beside the analysis. All in the units of the case.
struct ResponseSettings
{
  solver::SolverParameters solver;
  double target_modulus = 0;  ///< MPa; 0: none (the cantilever)
  double poissons_ratio = .3; ///< of the graft reference's envelope
  double strain_distance = 8; ///< mm
  double overstrain_threshold = 4e-3;
  double overstrain_width = .05; ///< of the smooth step of overstrained_volume, relative to the threshold
  double yield_strain_compression = .0084, yield_strain_tension = .0078;
  double endplate_layer = 1.25;      ///< mm
  double solid_yield_strength = 765; ///< MPa
  double fatigue_amplitude_share = .5, lattice_fatigue_share = .1, frame_fatigue_share = .5;
  double local_density_radius = 4; ///< mm
};

/// All responses by name, each made when it is first asked for.
class ResponseCatalogue
{
public:
  /// `analysis` must outlive this.
  ResponseCatalogue(SegmentAnalysis &analysis, const ResponseSettings &settings);
  ~ResponseCatalogue();

  static const std::vector<std::string> &names();
  /// Name, unit and meaning of each, for the help of a case.
  static std::string description();
  /// Figures of every assessed design beside objective and constraints, where the case has what they need.
  std::vector<std::string> figures(bool has_strength) const;
  /// Responses that need bone or a cage, which the cantilever has not.
  static bool needs_patient(const std::string &name);
  /// Whether its gradient takes an adjoint solve of the segment.
  static bool has_adjoint(const std::string &name);
  /// Whether it says something of the printed lattice (its metal, its strength, how sharp its openings are), and so
  /// nothing of a cage of some other material.
  static bool needs_lattice(const std::string &name);
  /// Throws InputError with the nearest name.
  static void require_name(const std::string &name, const std::string &input);

  /// Collective, and expensive at the first call: references are solved, platen tests built.
  Response &get(const std::string &name);

  /// The axial platen test.
  EffectiveModulus &effective_modulus();

private:
  std::unique_ptr<Response> make(const std::string &name);

  std::shared_ptr<CagePlatenTest> axial_test();
  std::vector<double> bone() const;

  SegmentAnalysis &analysis;
  ResponseSettings settings;
  std::shared_ptr<CagePlatenTest> axial;
  std::unique_ptr<HelmholtzFilter> neighbourhood;
  std::map<std::string, std::unique_ptr<Response>> made;
};

} // namespace cageopt::optimizer
