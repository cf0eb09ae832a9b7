#pragma once

#include <memory>
#include <vector>

#include <solver/matrix_back_end.h>

namespace cageopt::solver {

/// PETSc's conjugate gradients with one of three preconditioners, as parameters.back_end says:
///   petsc gamg       smoothed aggregation with the six rigid body modes,
///   petsc boomeramg  hypre's classical multigrid for systems,
///   petsc mumps      a sparse direct factorisation, so that one or two iterations suffice; small problems only.
/// The preconditioners' options are set as PETSc options with the prefixes gamg_, boomeramg_ and mumps_ unless the
/// environment variable PETSC_OPTIONS sets them; see the source for the list.
class PetscBackEnd : public MatrixBackEnd
{
public:
  /// A factorisation fills about as n^(4/3); beyond so many unknowns it needs more memory than a workstation has.
  static constexpr std::uint64_t direct_limit = 400000;

  /// Throws InputError above direct_limit for mumps. Collective.
  PetscBackEnd(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed,
               const SolverParameters &parameters);
  ~PetscBackEnd() override;

private:
  void update(const std::vector<double> &values) override;
  ColumnOutcome solve_column(double *x, const double *b) const override;
  void make_solver();

  struct Objects;
  std::unique_ptr<Objects> petsc;
};

} // namespace cageopt::solver
