#include <optimizer/field_map.h>

#include <algorithm>

namespace cageopt::optimizer {

DesignVector FieldMap::smooth(const DesignVector &x) const
{
  auto field = symmetry != nullptr ? symmetry->apply(x) : x;
  if (filter != nullptr)
    field = filter->apply(field);
  // The filter keeps the bounds but for rounding, and laws refuse what lies outside.
  for (double &value : field)
    value = std::clamp(value, low, high);
  return field;
}

double FieldMap::project(const double smoothed) const
{
  return projection.beta == 0 ? smoothed : low + (high - low) * projection.value((smoothed - low) / (high - low));
}

double FieldMap::slope(const double smoothed) const { return projection.slope((smoothed - low) / (high - low)); }

DesignVector FieldMap::pull_back(const DesignVector &smoothed, DesignVector df_dfield) const
{
  if (projection.beta != 0)
    for (std::size_t i = 0; i < df_dfield.size(); ++i)
      df_dfield[i] *= slope(smoothed[i]);
  if (filter != nullptr)
    df_dfield = filter->pull_back(df_dfield);
  return symmetry != nullptr ? symmetry->apply(df_dfield) : df_dfield;
}

} // namespace cageopt::optimizer
