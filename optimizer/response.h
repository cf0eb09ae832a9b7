#pragma once

#include <string>
#include <vector>

#include <inputs/cubic_stiffness.h>
#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// The physical design: one entry per owned design cell.
struct DesignState
{
  DesignVector density;                                ///< relative density, -
  std::vector<inputs::CubicStiffness> stiffness;       ///< C(rho), MPa
  std::vector<inputs::CubicStiffness> stiffness_slope; ///< dC/drho, MPa
};

/// A scalar of the design, with its exact derivative.
class Response
{
public:
  virtual ~Response() = default;
  virtual std::string name() const = 0;
  virtual std::string unit() const = 0;
  /// The value at `state`; a non-null `gradient` [n owned design cells] is overwritten with d value / d rho_c.
  /// What `state` means for shared analyses has been passed to them before. Collective.
  virtual double evaluate(const DesignState &state, DesignVector *gradient) = 0;
};

} // namespace cageopt::optimizer
