#pragma once

#include <string>
#include <vector>

#include <inputs/cubic_stiffness.h>
#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// The physical design, all that analyses and responses see of it: one entry per owned design cell.
struct DesignState
{
  DesignVector density;                          ///< volume of metal over volume, -
  std::vector<inputs::CubicStiffness> stiffness; ///< C, MPa
  /// What a black-and-white design has as 0 or 1: the share of lattice in the cell or, with one field, the density
  /// between its bounds.
  DesignVector share{};
  /// Stress of the lattice over its strength, per unit of macroscopic strain, dimensionless: the von Mises norm of this
  /// times the strain is the cell's utilisation, 1 at yield. Empty where the law knows no strength.
  std::vector<inputs::CubicStiffness> utilisation;
  /// What the parametrisation made on the way and needs again for its derivatives; of no meaning to others.
  std::vector<DesignVector> fields;
};

/// Derivatives of a scalar with respect to the entries of a DesignState, in the same shapes; an empty vector is zero.
struct StateGradient
{
  DesignVector density;
  std::vector<inputs::CubicStiffness> stiffness;
  std::vector<inputs::CubicStiffness> utilisation;
  DesignVector share{};
};

/// A scalar of the design, with its exact derivative.
class Response
{
public:
  virtual ~Response() = default;
  virtual std::string name() const = 0;
  virtual std::string unit() const = 0;
  /// Where its definition comes from: paper, standard or equation.
  virtual std::string citation() const = 0;
  /// The value at `state`; a non-null `gradient` is overwritten with the derivatives with respect to `state`.
  /// What `state` means for shared analyses has been passed to them before. Collective.
  virtual double evaluate(const DesignState &state, StateGradient *gradient) = 0;
  /// Aggregated maxima (p-norms) follow the true maximum by a factor that is adapted at each evaluation with gradient.
  /// True keeps the present factor, so that the response is one function; false, the start, lets it follow.
  virtual void freeze_scaling(bool /*frozen*/) {}
  /// Whether bone or loads of the segment have a part in it. If not, it is the same function in all scenarios.
  virtual bool needs_segment() const { return true; }
};

} // namespace cageopt::optimizer
