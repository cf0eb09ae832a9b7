#pragma once

#include <memory>
#include <string>

#include <optimizer/parametrisation.h>
#include <optimizer/sagittal_symmetry.h>
#include <optimizer/stiffness_law.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::optimizer {

class HelmholtzFilter;

/// Subsection "Parametrisation".
struct ParametrisationParameters
{
  std::string fields = "density"; ///< density | two_field | level_set
  double sharpness = 0;           ///< final beta of the projection; 0: none
  double threshold = .5;          ///< eta
  unsigned int step_iterations = 25;
  double opening_modulus = 1.; ///< MPa
  double opening_exponent = 3.;
  bool sagittal_symmetry = false;
  double start_density = 0; ///< 0: the best uniform one
  unsigned int coarse_levels = 0;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  bool has_projection() const { return sharpness > 0; }
};

/// The parametrisation that the parameters ask for, but for level_set, which needs a grid of its own. `filter` and
/// `symmetry` may be null; all must outlive the result.
std::unique_ptr<Parametrisation> make_parametrisation(const ParametrisationParameters &parameters,
                                                      const HelmholtzFilter *filter, const SagittalSymmetry *symmetry,
                                                      const StiffnessLaw &law, std::size_t n_cells);

} // namespace cageopt::optimizer
