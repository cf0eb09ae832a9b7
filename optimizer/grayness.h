#pragma once

#include <vector>

#include <meshing/design_domain.h>
#include <optimizer/response.h>

namespace cageopt::optimizer {

/// How far the design is from black and white, sum_c v_c 4 s_c (1 - s_c) / sum_c v_c with s the DesignState's share:
/// 0 where every cell is lattice or opening, 1 where all are half-way. The measure of non-discreteness of Sigmund
/// (2007), Struct Multidisc Optim 33:401, eq. 41. Dimensionless.
class Grayness : public Response
{
public:
  /// `cells`: the owned design cells. Collective.
  Grayness(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells);
  std::string name() const override { return "grayness"; }
  std::string unit() const override { return "-"; }
  std::string citation() const override { return "Sigmund (2007), Struct Multidisc Optim 33:401, eq. 41"; }
  bool needs_segment() const override { return false; }
  double evaluate(const DesignState &state, StateGradient *gradient) override;

private:
  MPI_Comm comm;
  DesignVector weight; ///< v_c over the total
};

} // namespace cageopt::optimizer
