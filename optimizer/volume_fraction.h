#pragma once

#include <vector>

#include <meshing/design_domain.h>
#include <optimizer/response.h>

namespace cageopt::optimizer {

/// Mean relative density of the design cells, sum_c v_c rho_c / sum_c v_c, dimensionless.
class VolumeFraction : public Response
{
public:
  /// `cells`: the owned design cells. Collective.
  VolumeFraction(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells);
  std::string name() const override { return "volume_fraction"; }
  std::string unit() const override { return "-"; }
  std::string citation() const override { return "definition"; }
  double evaluate(const DesignState &state, StateGradient *gradient) override;
  bool needs_segment() const override { return false; }

private:
  MPI_Comm comm;
  DesignVector share; ///< v_c over the total
};

} // namespace cageopt::optimizer
