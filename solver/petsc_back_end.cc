#include <solver/petsc_back_end.h>

#include <petscksp.h>

#include <inputs/error.h>
#include <solver/library_error.h>

namespace cageopt::solver {

namespace {

constexpr double no_absolute_tolerance = 1e-300, no_divergence_limit = 1e100;

/// While one lives, PETSc's errors are kept as text instead of being printed as a stack trace; each call's code is
/// passed to it and becomes an exception.
class PetscCalls
{
public:
  PetscCalls(MPI_Comm comm, const std::string &back_end) : comm(comm), back_end(back_end)
  {
    PetscPushErrorHandler(&record, &text);
  }
  ~PetscCalls() { PetscPopErrorHandler(); }
  PetscCalls(const PetscCalls &) = delete;
  PetscCalls &operator=(const PetscCalls &) = delete;

  void operator()(const PetscErrorCode code) const
  {
    if (code != 0)
      throw_library_error(comm, "PETSc failed in the linear solver '" + back_end + "', error " + std::to_string(code) +
                                    (text.empty() ? "" : ": " + text) + ".");
  }

private:
  static PetscErrorCode record(MPI_Comm, int, const char *function, const char *, const PetscErrorCode code,
                               const PetscErrorType type, const char *message, void *context)
  {
    if (type == PETSC_ERROR_INITIAL)
      *static_cast<std::string *>(context) = std::string(function) + ": " + message;
    return code;
  }

  MPI_Comm comm;
  std::string back_end, text;
};

using Options = std::vector<std::pair<const char *, const char *>>;

/// The prefix of the options of a back end, and their values.
std::pair<std::string, Options> options_of(const std::string &back_end)
{
  if (back_end == "petsc gamg")
    return {"gamg_",
            {{"pc_type", "gamg"},
             {"pc_gamg_type", "agg"},
             {"pc_gamg_agg_nsmooths", "1"},
             {"pc_gamg_aggressive_coarsening", "1"},
             {"pc_gamg_threshold", "-1"},
             {"pc_gamg_reuse_interpolation", "false"},
             {"pc_gamg_coarse_eq_limit", "300"},
             {"mg_levels_ksp_type", "chebyshev"},
             {"mg_levels_ksp_max_it", "3"},
             {"mg_levels_pc_type", "jacobi"},
             {"mg_levels_esteig_ksp_type", "cg"},
             {"mg_levels_esteig_ksp_max_it", "30"},
             {"mg_levels_ksp_chebyshev_esteig", "0,0.1,0,1.1"},
             {"mg_coarse_ksp_type", "preonly"},
             {"mg_coarse_pc_type", "svd"}}};
  if (back_end == "petsc boomeramg")
    return {"boomeramg_",
            {{"pc_type", "hypre"},
             {"pc_hypre_type", "boomeramg"},
             {"pc_hypre_boomeramg_nodal_coarsen", "1"},
             // Hybrid symmetric Gauss-Seidel, the default, is indefinite on some partitions; with l1 scaling it is not.
             {"pc_hypre_boomeramg_relax_type_all", "l1scaled-SOR/Jacobi"},
             {"pc_hypre_boomeramg_relax_type_coarse", "Gaussian-elimination"},
             {"pc_hypre_boomeramg_coarsen_type", "HMIS"},
             {"pc_hypre_boomeramg_interp_type", "ext+i"},
             {"pc_hypre_boomeramg_P_max", "4"},
             {"pc_hypre_boomeramg_strong_threshold", "0.5"}}};
  return {"mumps_",
          {{"pc_type", "cholesky"},
           {"pc_factor_mat_solver_type", "mumps"},
           {"mat_mumps_icntl_14", "40"},  // spare workspace, percent
           {"mat_mumps_icntl_24", "1"}}}; // null pivots are pinned: consistent semidefinite systems are solved too
}

/// The parameters, or InputError where the problem is too large for a direct solver.
const SolverParameters &checked(const SolverParameters &parameters, const std::uint64_t n_unknowns)
{
  if (parameters.back_end == "petsc mumps" && n_unknowns > PetscBackEnd::direct_limit)
    throw inputs::InputError("'Solver/Back end'", "petsc mumps for " + std::to_string(n_unknowns) + " unknowns",
                             "a direct factorisation in three dimensions takes tens of kB of memory per unknown, and "
                             "is refused above " +
                                 std::to_string(PetscBackEnd::direct_limit) + " unknowns",
                             "choose multigrid or another iterative back end, or a coarser mesh");
  return parameters;
}

} // namespace

struct PetscBackEnd::Objects
{
  Mat matrix = nullptr;
  KSP solver = nullptr;
  Vec x = nullptr, b = nullptr;

  ~Objects()
  {
    KSPDestroy(&solver);
    VecDestroy(&x);
    VecDestroy(&b);
    MatDestroy(&matrix);
  }
};

PetscBackEnd::PetscBackEnd(const meshing::OctreeMesh &mesh, const double unit_length, const FixedComponents &fixed,
                           const SolverParameters &parameters)
    : MatrixBackEnd(mesh, unit_length, fixed, checked(parameters, 3 * mesh.n_global_nodes())),
      petsc(std::make_unique<Objects>())
{
  const PetscCalls check(mesh.comm(), back_end_name);
  check(MatCreate(mesh.comm(), &petsc->matrix));
  const auto n_rows = static_cast<PetscInt>(3 * matrix.n_rows());
  check(MatSetSizes(petsc->matrix, n_rows, n_rows, PETSC_DETERMINE, PETSC_DETERMINE));
  check(MatSetBlockSize(petsc->matrix, 3));
  check(MatSetType(petsc->matrix, MATAIJ));
  std::vector<PetscInt> n_own(matrix.n_rows(), 0), n_other(matrix.n_rows(), 0); // columns of this rank, of others
  const auto last_row = matrix.first_row() + static_cast<int>(matrix.n_rows());
  for (std::uint32_t row = 0; row < matrix.n_rows(); ++row)
    for (std::uint32_t k = 0; k < matrix.n_columns(row); ++k) {
      const int column = matrix.columns(row)[k];
      ++(column >= matrix.first_row() && column < last_row ? n_own : n_other)[row];
    }
  check(MatXAIJSetPreallocation(petsc->matrix, 3, n_own.data(), n_other.data(), nullptr, nullptr));
  check(MatSetOption(petsc->matrix, MAT_SPD, PETSC_TRUE));
  check(MatCreateVecs(petsc->matrix, &petsc->x, &petsc->b));
  make_solver();
}

PetscBackEnd::~PetscBackEnd() = default;

void PetscBackEnd::make_solver()
{
  const PetscCalls check(matrix.mesh().comm(), back_end_name);

  Vec points;
  check(VecDuplicate(petsc->b, &points));
  check(VecSetBlockSize(points, 3));
  PetscScalar *entries;
  check(VecGetArray(points, &entries));
  const auto own_points = coordinates();
  std::copy(own_points.begin(), own_points.end(), entries);
  check(VecRestoreArray(points, &entries));
  MatNullSpace rigid_modes;
  check(MatNullSpaceCreateRigidBody(points, &rigid_modes));
  check(MatSetNearNullSpace(petsc->matrix, rigid_modes));
  check(MatNullSpaceDestroy(&rigid_modes));
  check(VecDestroy(&points));

  const auto [prefix, options] = options_of(back_end_name);
  for (const auto &[name, value] : options) {
    PetscBool is_set;
    check(PetscOptionsHasName(nullptr, prefix.c_str(), ("-" + std::string(name)).c_str(), &is_set));
    if (!is_set)
      check(PetscOptionsSetValue(nullptr, ("-" + prefix + name).c_str(), value));
  }
  check(KSPCreate(matrix.mesh().comm(), &petsc->solver));
  check(KSPSetOptionsPrefix(petsc->solver, prefix.c_str()));
  check(KSPSetType(petsc->solver, KSPCG));
  check(KSPSetNormType(petsc->solver, KSP_NORM_UNPRECONDITIONED));
  check(KSPSetInitialGuessNonzero(petsc->solver, PETSC_TRUE)); // the tolerance is then relative to |b|
  check(KSPSetOperators(petsc->solver, petsc->matrix, petsc->matrix));
  check(KSPSetFromOptions(petsc->solver));
  if (prefix == "mumps_") // MUMPS reads its options from the matrix's prefix
    check(MatSetOptionsPrefix(petsc->matrix, prefix.c_str()));
}

void PetscBackEnd::update(const std::vector<double> &values)
{
  const PetscCalls check(matrix.mesh().comm(), back_end_name);
  for (std::uint32_t row = 0; row < matrix.n_rows(); ++row) {
    const PetscInt row_number = matrix.first_row() + static_cast<PetscInt>(row);
    check(MatSetValuesBlocked(petsc->matrix, 1, &row_number, static_cast<PetscInt>(matrix.n_columns(row)),
                              matrix.columns(row), values.data() + matrix.values_begin(row), INSERT_VALUES));
  }
  check(MatAssemblyBegin(petsc->matrix, MAT_FINAL_ASSEMBLY));
  check(MatAssemblyEnd(petsc->matrix, MAT_FINAL_ASSEMBLY));
  check(KSPSetOperators(petsc->solver, petsc->matrix, petsc->matrix));
  check(KSPSetUp(petsc->solver));
}

MatrixBackEnd::ColumnOutcome PetscBackEnd::solve_column(double *x, const double *b) const
{
  const PetscCalls check(matrix.mesh().comm(), back_end_name);
  check(KSPSetTolerances(petsc->solver, parameters.relative_tolerance, no_absolute_tolerance, no_divergence_limit,
                         static_cast<PetscInt>(parameters.maximum_iterations)));
  check(VecPlaceArray(petsc->x, x));
  check(VecPlaceArray(petsc->b, b));
  check(KSPSolve(petsc->solver, petsc->b, petsc->x));
  PetscReal residual, scale;
  PetscInt iterations;
  KSPConvergedReason reason;
  const char *reason_text;
  check(KSPGetResidualNorm(petsc->solver, &residual));
  check(VecNorm(petsc->b, NORM_2, &scale));
  check(KSPGetIterationNumber(petsc->solver, &iterations));
  check(KSPGetConvergedReason(petsc->solver, &reason));
  check(KSPGetConvergedReasonString(petsc->solver, &reason_text));
  check(VecResetArray(petsc->x));
  check(VecResetArray(petsc->b));
  return {reason > 0, static_cast<unsigned int>(iterations), residual / scale,
          "PETSc's reason: " + std::string(reason_text) + "."};
}

} // namespace cageopt::solver
