#pragma once

#include <algorithm>
#include <cmath>
#include <optimizer/response.h>

namespace cageopt::optimizer {

constexpr double share_relaxation = 1e-3;
/// (share + 1e-3)^(1/2) - 1e-3^(1/2), how the stress of a half-open cell counts; its slope stays finite in openings.
inline double relaxed_root(const double share)
{
  return std::sqrt(std::max(0., share) + share_relaxation) - std::sqrt(share_relaxation);
}

/// From design variables x to the physical design, and derivatives back.
class Parametrisation
{
public:
  virtual ~Parametrisation() = default;

  /// Owned variables; per owned design cell one or several.
  virtual std::size_t n_variables() const = 0;
  virtual void bounds(DesignVector &lower, DesignVector &upper) const = 0;
  /// Collective.
  virtual DesignState state(const DesignVector &x) const = 0;
  /// df/dx from the derivatives at `state`, which state() returned last for this x. Collective.
  virtual DesignVector pull_back(const DesignState &state, const StateGradient &gradient) const = 0;
  /// The variables of a cage that is uniform at relative density `density`.
  virtual DesignVector uniform(double density) const = 0;
  /// For outputs: name and one value per owned design cell for each physical field of a state that state() returned; of
  /// any other state its density.
  virtual std::vector<std::pair<std::string, DesignVector>> fields(const DesignState &state) const = 0;

  /// Continuation: makes the projection one step sharper. False, and nothing is changed, when it is as sharp as asked
  /// for, or when there is none.
  virtual bool sharpen() { return false; }
  virtual bool is_sharpest() const { return true; }
  virtual double sharpness() const { return 0.; } ///< beta of the projection; 0: none
  /// Robust variants: moves the threshold of the projection; positive erodes (less material), negative dilates.
  virtual void shift_threshold(double /*offset*/) {}
};

} // namespace cageopt::optimizer
