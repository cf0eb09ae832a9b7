#pragma once

#include <optimizer/field_map.h>
#include <optimizer/parametrisation.h>
#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// The material at given relative densities, lattice in every cell.
DesignState state_of(const StiffnessLaw &law, DesignVector density);
/// df/d rho at a state whose cells all follow `law`, but for what f has from the share.
DesignVector density_derivative(const StiffnessLaw &law, const DesignState &state, const StateGradient &gradient);

/// One field: x -> Helmholtz filter -> optional projection -> relative density -> stiffness law. With the lattice law
/// and no projection the physical grey field; with the simp law and projection, classic SIMP. The variables have the
/// bounds of the density.
class DensityParametrisation : public Parametrisation
{
public:
  /// `law` must outlive this. The projection's sharpness rises from `first_sharpness` (0: none) to `last_sharpness`.
  DensityParametrisation(FieldMap map, const StiffnessLaw &law, std::size_t n_cells, double first_sharpness = 0,
                         double last_sharpness = 0);

  std::size_t n_variables() const override { return n_cells; }
  void bounds(DesignVector &lower, DesignVector &upper) const override;
  DesignState state(const DesignVector &x) const override;
  DesignVector pull_back(const DesignState &state, const StateGradient &gradient) const override;
  DesignVector uniform(double density) const override;
  std::vector<std::pair<std::string, DesignVector>> fields(const DesignState &state) const override;
  bool sharpen() override;
  double sharpness() const override { return map.projection.beta; }
  bool is_sharpest() const override { return map.projection.beta >= last_sharpness; }
  void shift_threshold(double offset) override { map.projection.eta = threshold + offset; }

private:
  FieldMap map;
  const StiffnessLaw &law;
  std::size_t n_cells;
  double last_sharpness, threshold;
};

} // namespace cageopt::optimizer
