#pragma once

#include <optimizer/helmholtz_filter.h>
#include <optimizer/projection.h>
#include <optimizer/sagittal_symmetry.h>

namespace cageopt::optimizer {

/// From the variables of one field to the physical field: optional symmetry, Helmholtz filter, optional projection.
/// Both are linear in [lower, upper] but the projection, which acts on t = (field - lower) / (upper - lower).
class FieldMap
{
public:
  /// `filter` and `symmetry` may be null: then there is none. Both must outlive this.
  FieldMap(const HelmholtzFilter *filter, const SagittalSymmetry *symmetry, double lower, double upper)
      : filter(filter), symmetry(symmetry), low(lower), high(upper)
  {
  }

  double lower() const { return low; }
  double upper() const { return high; }
  /// The filtered field; within the bounds.
  DesignVector smooth(const DesignVector &x) const;
  /// The projected one.
  double project(double smoothed) const;
  double slope(double smoothed) const;
  /// df/dx from df/d(projected field) [overwritten].
  DesignVector pull_back(const DesignVector &smoothed, DesignVector df_dfield) const;

  Projection projection;

private:
  const HelmholtzFilter *filter;
  const SagittalSymmetry *symmetry;
  double low, high;
};

} // namespace cageopt::optimizer
