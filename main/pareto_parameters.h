#pragma once

#include <string>
#include <vector>

#include <meshing/cage.h>

namespace cageopt {

/// Subsection "Pareto": what the verb pareto sweeps.
struct ParetoParameters
{
  /// An envelope of the sweep.
  struct Footprint
  {
    std::string name;
    std::string family{};                      ///< empty: as stated
    double coverage = 0, width = 0, depth = 0; ///< coverage, or mm x mm, or none
    void apply(meshing::CageParameters &cage) const;
  };

  std::string footprints = "as stated";
  std::string modulus_tolerances = "0.5, 0.1, 0.02";
  std::string overstrain_shares = "1, 0.95, 0.9";

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for lists that cannot be read and for values out of range.
  void check() const;
  std::vector<Footprint> footprint_list() const; ///< "as stated": one that changes nothing
  std::vector<double> tolerance_list() const;    ///< falling
  std::vector<double> share_list() const;        ///< falling
};

} // namespace cageopt
