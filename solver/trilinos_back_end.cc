#include <solver/trilinos_back_end.h>

#include <AztecOO.h>
#include <Epetra_CrsMatrix.h>
#include <Epetra_Map.h>
#include <Epetra_MpiComm.h>
#include <Epetra_Vector.h>
#include <Teuchos_ParameterList.hpp>
#include <ml_MultiLevelPreconditioner.h>

#include <inputs/geometry.h>
#include <solver/library_error.h>

namespace cageopt::solver {

namespace {

/// Runs `action`, which returns Trilinos's error code; a negative one and all that Trilinos throws become our Error.
template <typename Action>
void guarded(MPI_Comm comm, const std::string &what, const Action &action)
{
  std::string failure;
  try {
    const int code = action();
    if (code >= 0)
      return;
    failure = "error " + std::to_string(code);
  } catch (const std::exception &error) {
    failure = error.what();
  } catch (const int code) {
    failure = "error " + std::to_string(code);
  }
  throw_library_error(comm, "Trilinos failed in the linear solver 'trilinos ml', " + what + ": " + failure + ".");
}

} // namespace

struct TrilinosBackEnd::Objects
{
  Objects(MPI_Comm mpi_comm, const AssembledMatrix &pattern)
      : comm(mpi_comm), map(-1, static_cast<int>(3 * pattern.n_rows()), 0, comm),
        matrix(Copy, map, entries_by_row(pattern).data(), true)
  {
  }
  static std::vector<int> entries_by_row(const AssembledMatrix &pattern)
  {
    std::vector<int> counts(3 * std::size_t(pattern.n_rows()) + 1);
    for (std::uint32_t row = 0; row < pattern.n_rows(); ++row)
      for (unsigned int i = 0; i < 3; ++i)
        counts[3 * row + i] = static_cast<int>(3 * pattern.n_columns(row));
    return counts;
  }

  Epetra_MpiComm comm;
  Epetra_Map map;
  Epetra_CrsMatrix matrix;
  std::vector<double> rigid_modes; ///< [6][n rows]
  Teuchos::ParameterList options;
  std::unique_ptr<ML_Epetra::MultiLevelPreconditioner> preconditioner;
};

TrilinosBackEnd::TrilinosBackEnd(const meshing::OctreeMesh &mesh, const double unit_length,
                                 const FixedComponents &fixed, const SolverParameters &parameters)
    : MatrixBackEnd(mesh, unit_length, fixed, parameters)
{
  Epetra_Object::SetTracebackMode(0); // failures are reported by guarded()
  guarded(mesh.comm(), "the matrix", [&] {
    trilinos = std::make_unique<Objects>(mesh.comm(), matrix);
    return 0;
  });

  const auto points = coordinates();
  const std::size_t n_rows = points.size();
  trilinos->rigid_modes.assign(6 * n_rows, 0.);
  for (std::size_t node = 0; node < n_rows / 3; ++node) {
    const inputs::Point arm = {points[3 * node], points[3 * node + 1], points[3 * node + 2]};
    for (unsigned int d = 0; d < 3; ++d) {
      inputs::Point axis = {0., 0., 0.};
      axis[d] = 1.;
      const auto rotation = inputs::cross(axis, arm);
      trilinos->rigid_modes[d * n_rows + 3 * node + d] = 1.;
      for (unsigned int c = 0; c < 3; ++c)
        trilinos->rigid_modes[(3 + d) * n_rows + 3 * node + c] = rotation[c];
    }
  }
  auto &options = trilinos->options;
  ML_Epetra::SetDefaults("SA", options);
  options.set("ML output", 0);
  options.set("PDE equations", 3);
  options.set("null space: type", "pre-computed");
  options.set("null space: dimension", 6);
  options.set("null space: vectors", trilinos->rigid_modes.data());
  options.set("null space: add default vectors", false);
  options.set("aggregation: type", "Uncoupled");
  options.set("aggregation: threshold", 1e-4);
  options.set("smoother: type", "Chebyshev");
  options.set("smoother: sweeps", 3);
  options.set("smoother: Chebyshev alpha", 15.);
  options.set("smoother: pre or post", "both");
  options.set("coarse: type", "Amesos-KLU");
  options.set("coarse: max size", 1500);
  options.set("ML validate parameter list", false); // it refuses "coarse: add to diag"
}

TrilinosBackEnd::~TrilinosBackEnd() = default;

void TrilinosBackEnd::update(const std::vector<double> &values)
{
  guarded(matrix.mesh().comm(), "set-up", [&] {
    std::vector<int> columns;
    for (std::uint32_t row = 0; row < matrix.n_rows(); ++row) {
      const int n = static_cast<int>(matrix.n_columns(row));
      columns.clear();
      for (int k = 0; k < n; ++k)
        for (int c = 0; c < 3; ++c)
          columns.push_back(3 * matrix.columns(row)[k] + c);
      for (int i = 0; i < 3; ++i) {
        const int row_number = 3 * (matrix.first_row() + static_cast<int>(row)) + i;
        const double *entries = values.data() + matrix.values_begin(row) + 3 * std::size_t(n) * i;
        const int code = trilinos->matrix.Filled()
                             ? trilinos->matrix.ReplaceGlobalValues(row_number, 3 * n, entries, columns.data())
                             : trilinos->matrix.InsertGlobalValues(row_number, 3 * n, entries, columns.data());
        if (code < 0)
          return code;
      }
    }
    if (!trilinos->matrix.Filled()) {
      const int code = trilinos->matrix.FillComplete();
      if (code < 0)
        return code;
    }
    // A coarse matrix with free rigid motions is singular; this keeps its factors finite, and changes nothing else.
    trilinos->options.set("coarse: add to diag", 1e-12 * trilinos->matrix.NormInf());
    trilinos->preconditioner.reset();
    trilinos->preconditioner =
        std::make_unique<ML_Epetra::MultiLevelPreconditioner>(trilinos->matrix, trilinos->options, false);
    return trilinos->preconditioner->ComputePreconditioner();
  });
}

MatrixBackEnd::ColumnOutcome TrilinosBackEnd::solve_column(double *x, const double *b) const
{
  ColumnOutcome outcome;
  guarded(matrix.mesh().comm(), "iteration", [&] {
    Epetra_Vector solution(View, trilinos->map, x), right_hand_side(View, trilinos->map, const_cast<double *>(b));
    AztecOO solver(&trilinos->matrix, &solution, &right_hand_side);
    solver.SetAztecOption(AZ_solver, AZ_cg);
    solver.SetAztecOption(AZ_conv, AZ_rhs); // |r| / |b|
    solver.SetAztecOption(AZ_output, AZ_none);
    solver.SetAztecOption(AZ_diagnostics, AZ_none);
    int code = solver.SetPrecOperator(trilinos->preconditioner.get());
    if (code < 0)
      return code;
    code = solver.Iterate(static_cast<int>(parameters.maximum_iterations), parameters.relative_tolerance);
    const int why = static_cast<int>(solver.GetAztecStatus()[AZ_why]);
    outcome.iterations = static_cast<unsigned int>(solver.NumIters());
    outcome.relative_residual = solver.ScaledResidual();
    // AZ_loss: the recurrence converged, the recomputed residual did not quite; ElasticitySolver judges that.
    outcome.converged = why == AZ_normal || why == AZ_loss;
    outcome.reason = std::string("AztecOO's reason: ") +
                     (why == AZ_maxits      ? "iteration limit"
                      : why == AZ_breakdown ? "breakdown, the matrix or ML is not positive definite"
                      : why == AZ_ill_cond  ? "ill-conditioned"
                                            : "status " + std::to_string(why)) +
                     ".";
    return why == AZ_normal || why == AZ_loss || why == AZ_maxits || why == AZ_breakdown || why == AZ_ill_cond ? 0
                                                                                                               : code;
  });
  return outcome;
}

} // namespace cageopt::solver
