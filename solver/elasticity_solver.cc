#include <solver/elasticity_solver.h>

#include <chrono>
#include <cmath>
#include <sstream>

#include <inputs/error.h>
#include <solver/block_dot.h>
#include <solver/multigrid_back_end.h>
#include <solver/petsc_back_end.h>
#include <solver/trilinos_back_end.h>

namespace cageopt::solver {

namespace {

/// By how much the true residual may exceed the tolerance that the back end's recurrence has met.
constexpr double residual_slack = 10.;

std::unique_ptr<LinearBackEnd> make_back_end(const ElasticityOperator<double> &stiffness_operator,
                                             const SolverParameters &parameters)
{
  const auto &name = parameters.back_end;
  const auto &mesh = stiffness_operator.mesh();
  if (name == "multigrid")
    return std::make_unique<MultigridBackEnd>(stiffness_operator, parameters);
  if (name == "petsc gamg" || name == "petsc boomeramg" || name == "petsc mumps")
    return std::make_unique<PetscBackEnd>(mesh, stiffness_operator.unit_length(), stiffness_operator.fixed(),
                                          parameters);
  if (name == "trilinos ml")
    return std::make_unique<TrilinosBackEnd>(mesh, stiffness_operator.unit_length(), stiffness_operator.fixed(),
                                             parameters);
  throw inputs::InputError("'Solver/Back end'", "'" + name + "'", "there is no such linear solver",
                           "use one of " + SolverParameters::back_ends);
}

} // namespace

ElasticitySolver::ElasticitySolver(const meshing::OctreeMesh &mesh, const double unit_length,
                                   const FixedComponents &fixed, const SolverParameters &parameters)
    : octree(mesh), parameters(parameters), stiffness_operator(mesh, unit_length, fixed),
      back_end(make_back_end(stiffness_operator, parameters))
{
}

ElasticitySolver::~ElasticitySolver() = default;

void ElasticitySolver::set_stiffness(const std::vector<inputs::CellStiffness> &stiffness)
{
  stiffness_operator.set_stiffness(stiffness);
  back_end->set_stiffness(stiffness);
}

void ElasticitySolver::set_relative_tolerance(const double relative_tolerance)
{
  parameters.relative_tolerance = relative_tolerance;
  back_end->set_relative_tolerance(relative_tolerance);
}

BlockVector<double> ElasticitySolver::internal_forces(BlockVector<double> &u) const
{
  BlockVector<double> forces(octree.n_local_nodes(), u.lanes());
  stiffness_operator.apply(forces, u);
  return forces;
}

SolveReport ElasticitySolver::solve(BlockVector<double> &u, const BlockVector<double> &f) const
{
  const auto start = std::chrono::steady_clock::now();
  const unsigned int lanes = u.lanes();
  const std::size_t n_rows = std::size_t(octree.n_owned_nodes()) * 3;
  const BlockDot dot(octree, lanes);
  const auto subtract_from_load = [&](BlockVector<double> &forces) { // on free components
    for (std::size_t i = 0; i < n_rows * lanes; ++i)
      forces.data()[i] = f.data()[i] - forces.data()[i];
    stiffness_operator.zero_fixed(forces);
  };
  const auto for_each_fixed = [&](const auto &action) {
    for (std::uint32_t node = 0; node < octree.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        if (fixed()[node] >> c & 1)
          for (unsigned int lane = 0; lane < lanes; ++lane)
            action(node, c, lane);
  };

  // The right-hand side of the problem for the free components, prescribed values moved over, is also each column's
  // scale, whatever the start.
  BlockVector<double> r(octree.n_local_nodes(), lanes);
  std::vector<double> prescribed;
  {
    BlockVector<double> p(octree.n_local_nodes(), lanes);
    for_each_fixed([&](const std::uint32_t node, const unsigned int c, const unsigned int lane) {
      prescribed.push_back(u(node, c, lane));
      p(node, c, lane) = u(node, c, lane);
      u(node, c, lane) = 0;
    });
    stiffness_operator.apply(r, p);
  }
  subtract_from_load(r);
  const LaneSums scale = dot(r, r);
  for (unsigned int lane = 0; lane < lanes; ++lane)
    if (!std::isfinite(scale[lane]))
      throw inputs::Error(
          inputs::ExitCode::not_converged,
          "The linear system of column " + std::to_string(lane) +
              " holds numbers that are not finite, in its loads, prescribed displacements or stiffness");
    else if (scale[lane] == 0) // nothing drives this column: its solution is zero
      for (std::size_t i = 0; i < n_rows; ++i)
        u.data()[i * lanes + lane] = 0;

  SolveReport report;
  report.iterations = back_end->solve(u, r);
  std::size_t n_restored = 0;
  for_each_fixed([&](const std::uint32_t node, const unsigned int c, const unsigned int lane) {
    u(node, c, lane) = prescribed[n_restored++];
  });

  stiffness_operator.apply(r, u); // also refreshes u's ghosts and hanging nodes
  subtract_from_load(r);
  const LaneSums rr = dot(r, r);
  for (unsigned int lane = 0; lane < lanes; ++lane) {
    report.relative_residual.push_back(scale[lane] > 0 ? std::sqrt(rr[lane] / scale[lane]) : 0.);
    if (!(report.relative_residual[lane] <= residual_slack * parameters.relative_tolerance)) {
      std::ostringstream detail;
      detail << "That is the residual of column " << lane << " recomputed from the solution; the solver had reported "
             << "convergence, and up to " << residual_slack << " times the tolerance is accepted.";
      throw not_converged(back_end->name(), report.iterations, report.relative_residual[lane], parameters,
                          detail.str());
    }
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace cageopt::solver
