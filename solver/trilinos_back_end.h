#pragma once

#include <memory>
#include <vector>

#include <solver/matrix_back_end.h>

namespace cageopt::solver {

/// Trilinos: AztecOO's conjugate gradients preconditioned by ML, smoothed aggregation with the six rigid body modes.
class TrilinosBackEnd : public MatrixBackEnd
{
public:
  /// Collective.
  TrilinosBackEnd(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed,
                  const SolverParameters &parameters);
  ~TrilinosBackEnd() override;

private:
  void update(const std::vector<double> &values) override;
  ColumnOutcome solve_column(double *x, const double *b) const override;

  struct Objects;
  std::unique_ptr<Objects> trilinos;
};

} // namespace cageopt::solver
