#pragma once

#include <meshing/design_domain.h>
#include <solver/memory_budget.h>

namespace cageopt::optimizer {

/// What the optimisation of a domain consists of, as far as its memory depends on it.
struct MemoryDemand
{
  solver::SolverParameters solver;
  unsigned int n_constraints = 0;
  bool has_platen_test = false;
  unsigned int n_strain_mismatches = 0;
  bool has_adjoint = false; ///< the gradient of a strain mismatch is asked for
  /// Responses with an adjoint of their own beside these (CellStrains, GraftStrainEnergy), with gradient.
  unsigned int n_further_adjoints = 0;
  unsigned int n_further_platen_tests = 0; ///< across the axis or in shear
  unsigned int n_scenarios = 0;            ///< each with displacements, bone, strain mismatches and adjoints of its own
};

/// Adds analysis, filter, responses, design and MMA. Nothing depends on the filter's radius.
void add_optimizer_memory(solver::MemoryBudget &budget, const meshing::DesignDomain &domain,
                          const MemoryDemand &demand);

} // namespace cageopt::optimizer
