#pragma once

#include <memory>

#include <meshing/design_domain.h>
#include <optimizer/platen_test.h>
#include <optimizer/response.h>

namespace cageopt::optimizer {

/// The PlatenTest of a domain's cage as a function of the design, solved once for all responses that ask at one design.
class CagePlatenTest
{
public:
  /// Design cells and frame, window empty. Collective.
  CagePlatenTest(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                 const PlatenTest::Mode &mode = {2, 2});

  /// E_eff or G_eff at `state`, MPa; solved unless `state` has the material of the last call on all ranks. Collective.
  double modulus(const DesignState &state);
  /// `factor` times the derivatives of the latest modulus.
  StateGradient gradient(double factor) { return {{}, scaled_sensitivities(factor), {}}; }
  const PlatenTest &test() const { return *platen; }
  unsigned int n_solves() const { return solves; }

private:
  std::vector<inputs::CubicStiffness> scaled_sensitivities(double factor);

  MPI_Comm comm;
  std::unique_ptr<PlatenTest> platen;
  std::vector<std::uint32_t> design_to_platen;       ///< [n owned design cells]
  std::vector<inputs::CellStiffness> stiffness;      ///< [platen cells], the frame's filled in
  std::vector<inputs::CubicStiffness> sensitivities; ///< of the present design, empty until asked for
  double present = 0;
  unsigned int solves = 0;
};

} // namespace cageopt::optimizer
