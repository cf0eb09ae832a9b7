#pragma once

#include <optimizer/field_map.h>
#include <optimizer/parametrisation.h>
#include <optimizer/stiffness_law.h>

namespace cageopt::optimizer {

/// Two fields: where there is lattice at all, chi in [0, 1], and how dense it is, rho. Printable lattices are stiffer
/// than osteoporotic bone, so that matching it needs macroscopic openings:
///   C = C_o + chi^p (C_lattice(rho) - C_o),   density = chi rho,   utilisation = chi^(1/2) C_lattice(rho) /
///   strength(rho),
/// C_o the opening's stiffness and p the penalty of half-open cells; the root relaxes the stress of vanishing cells
/// (Bruggi 2008, Struct Multidisc Optim 36:125: stress exponent below the stiffness exponent). chi is projected,
/// rho is not. The variables are [chi of all owned design cells, rho of all].
class TwoFieldParametrisation : public Parametrisation
{
public:
  /// `law` must outlive this. `lattice` maps [0, 1] to chi.
  TwoFieldParametrisation(FieldMap lattice, FieldMap density, const StiffnessLaw &law, std::size_t n_cells,
                          const inputs::CubicStiffness &opening, double exponent, double first_sharpness,
                          double last_sharpness);

  std::size_t n_variables() const override { return 2 * n_cells; }
  void bounds(DesignVector &lower, DesignVector &upper) const override;
  DesignState state(const DesignVector &x) const override;
  DesignVector pull_back(const DesignState &state, const StateGradient &gradient) const override;
  /// Below the law's lowest density: that lattice, and a grey share of it.
  DesignVector uniform(double density) const override;
  std::vector<std::pair<std::string, DesignVector>> fields(const DesignState &state) const override;
  bool sharpen() override;
  double sharpness() const override { return lattice.projection.beta; }
  bool is_sharpest() const override { return lattice.projection.beta >= last_sharpness; }
  void shift_threshold(double offset) override { lattice.projection.eta = threshold + offset; }

private:
  FieldMap lattice, dense;
  const StiffnessLaw &law;
  std::size_t n_cells;
  inputs::CubicStiffness opening;
  double exponent, last_sharpness, threshold;
};

} // namespace cageopt::optimizer
