#include <main/benchmark/peak_memory.h>
#include <main/benchmark/suites.h>

#include <array>
#include <cmath>

#include <inputs/error.h>
#include <solver/elasticity_solver.h>
#include <solver/petsc_back_end.h>

namespace cageopt {

namespace {

/// |a - b| / |a| over the owned entries of single columns.
double relative_difference(const meshing::OctreeMesh &mesh, const solver::BlockVector<double> &a,
                           const solver::BlockVector<double> &b)
{
  std::array<double, 2> sums = {0, 0};
  for (std::size_t i = 0; i < 3 * std::size_t(mesh.n_owned_nodes()); ++i) {
    const double difference = a.data()[i] - b.data()[i];
    sums[0] += difference * difference;
    sums[1] += a.data()[i] * a.data()[i];
  }
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 2, MPI_DOUBLE, MPI_SUM, mesh.comm());
  return std::sqrt(sums[0] / sums[1]);
}

} // namespace

void back_ends_suite(const BenchmarkContext &context)
{
  constexpr double tolerance = 1e-8;
  const auto problems = context.library.choose("back-ends", {"patient"},
                                               {"block", "gyroid", "trabecular", "trabecular-traction", "patient"});
  if (problems.empty())
    return;
  const unsigned int cells = context.cells_or(16);
  context.report.begin_table("back-ends",
                             "the same system by every back end, one right-hand side to relative residual 1e-8 from a\n"
                             "  zero start; difference: of the displacements to those of multigrid, |u - u_0| / |u_0|.",
                             {{"problem", "problem"},
                              {"back_end", "back end"},
                              {"unknowns", "unknowns"},
                              {"iterations", "iterations"},
                              {"coefficient_seconds", "coeff. s"},
                              {"solve_seconds", "solve s"},
                              {"relative_difference", "difference", 2},
                              {"memory_bytes_per_unknown", "B/DoF"}});
  for (const auto &name : problems) {
    const auto problem = context.library.make(name, cells);
    const auto &domain = *problem.domain;
    const auto f = problem.right_hand_side(problem.column);
    for (const auto &material : problem.materials) {
      const auto stiffness = material.stiffness({});
      solver::BlockVector<double> reference;
      for (const std::string back_end : {"multigrid", "trilinos ml", "petsc gamg", "petsc boomeramg", "petsc mumps"}) {
        if (back_end == "petsc mumps" && 3 * domain.mesh.n_global_nodes() > solver::PetscBackEnd::direct_limit) {
          context.report.note("petsc mumps is skipped above " + std::to_string(solver::PetscBackEnd::direct_limit) +
                              " unknowns.");
          continue;
        }
        solver::SolverParameters parameters;
        parameters.relative_tolerance = tolerance;
        parameters.back_end = back_end;
        const PeakMemory memory;
        const double start = MPI_Wtime();
        double middle = start;
        try {
          solver::ElasticitySolver elasticity(domain.mesh, domain.unit, domain.fixed, parameters);
          elasticity.set_stiffness(stiffness);
          middle = MPI_Wtime();
          auto u = problem.start(1);
          const auto solved = elasticity.solve(u, f);
          const double end = MPI_Wtime();
          const auto growth = memory.growth(context.comm);
          if (back_end == "multigrid")
            reference = u;
          const double n = double(elasticity.n_unknowns());
          context.report.add_row({material.label, back_end, elasticity.n_unknowns(), std::uint64_t(solved.iterations),
                                  middle - start, end - middle, relative_difference(domain.mesh, reference, u),
                                  growth ? BenchmarkReport::Value(*growth / n) : BenchmarkReport::Value()});
        } catch (const inputs::Error &error) {
          if (error.code != inputs::ExitCode::not_converged || back_end == "multigrid")
            throw;
          context.report.add_row({material.label,
                                  back_end,
                                  std::uint64_t(3 * domain.mesh.n_global_nodes()),
                                  {},
                                  middle - start,
                                  MPI_Wtime() - middle,
                                  {},
                                  {}});
          context.report.note(error.what());
        }
      }
    }
  }
}

} // namespace cageopt
