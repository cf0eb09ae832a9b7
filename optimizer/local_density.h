#pragma once

#include <optimizer/aggregated_maximum.h>
#include <optimizer/helmholtz_filter.h>
#include <optimizer/response.h>

namespace cageopt::optimizer {

/// Largest or smallest density of the design cells averaged over their neighbourhood, dimensionless: the averages are
/// F rho with F a HelmholtzFilter of the neighbourhood's radius; the largest is an AggregatedMaximum of F rho, the
/// smallest 1 minus that of 1 - F rho. Together they bound the local porosity, one minus the density.
class LocalDensity : public Response
{
public:
  enum class Extreme
  {
    maximum,
    minimum
  };
  /// `averaging` must outlive this; its vectors are those of the owned design cells.
  LocalDensity(MPI_Comm comm, const HelmholtzFilter &averaging, Extreme extreme, double exponent = 12.)
      : averaging(averaging), extreme(extreme), maximum(comm, exponent)
  {
  }
  std::string name() const override
  {
    return extreme == Extreme::maximum ? "maximum_local_density" : "minimum_local_density";
  }
  std::string unit() const override { return "-"; }
  std::string citation() const override
  {
    return "local volume: Wu et al. (2018), doi:10.1109/TVCG.2017.2655523; average by Lazarov & Sigmund (2011), "
           "doi:10.1002/nme.3072; p-norm: Le et al. (2010), doi:10.1007/s00158-009-0440-y";
  }
  double evaluate(const DesignState &state, StateGradient *gradient) override;
  void freeze_scaling(const bool frozen) override { maximum.freeze(frozen); }

private:
  const HelmholtzFilter &averaging;
  Extreme extreme;
  AggregatedMaximum maximum;
};

} // namespace cageopt::optimizer
