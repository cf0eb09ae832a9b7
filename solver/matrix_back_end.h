#pragma once

#include <string>
#include <vector>

#include <solver/assembled_matrix.h>
#include <solver/linear_back_end.h>

namespace cageopt::solver {

/// A library's solver on the AssembledMatrix, one column after the other.
class MatrixBackEnd : public LinearBackEnd
{
public:
  std::string name() const final { return back_end_name; }
  void set_stiffness(const std::vector<inputs::CellStiffness> &stiffness) final;
  unsigned int solve(BlockVector<double> &x, BlockVector<double> &b) const final;

protected:
  /// The mesh must outlive this. Collective.
  MatrixBackEnd(const meshing::OctreeMesh &mesh, double unit_length, const FixedComponents &fixed,
                const SolverParameters &parameters);

  struct ColumnOutcome
  {
    bool converged = false;
    unsigned int iterations = 0;
    double relative_residual = 0; ///< |b - K x| / |b|
    std::string reason;           ///< the library's word for the failure
  };

  /// New entries, as AssembledMatrix::assemble() gives them; the preconditioner is made anew.
  virtual void update(const std::vector<double> &values) = 0;
  /// x and b [owned nodes][3]; x is the start on entry, b is not zero.
  virtual ColumnOutcome solve_column(double *x, const double *b) const = 0;

  /// Coordinates of the owned nodes about the mesh's corner, [n_rows][3] mm: for the rigid modes.
  std::vector<double> coordinates() const;

  AssembledMatrix matrix;
  std::string back_end_name;
};

} // namespace cageopt::solver
