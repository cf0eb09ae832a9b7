#include <main/grid_continuation.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <ostream>
#include <sstream>

#include <inputs/collective.h>
#include <main/cell_values.h>
#include <main/nodal_values.h>
#include <main/optimisation.h>
#include <optimizer/boundary_refinement.h>
#include <optimizer/strain_error.h>

namespace cageopt {

using optimizer::DesignVector;

namespace {

/// A vector of the level set's variables on another mesh of the same cage.
DesignVector transferred_level_set(Study &coarse, const DesignVector &x, Study &fine)
{
  const auto &from = *coarse.level_set(), &to = *fine.level_set();
  int is_empty = x.empty();
  MPI_Allreduce(MPI_IN_PLACE, &is_empty, 1, MPI_INT, MPI_MIN, coarse.comm());
  if (is_empty)
    return {};
  auto result = NodalValues(from.grid(), x).on(to.grid());
  const DesignVector of_cells(x.begin() + std::ptrdiff_t(from.grid().n_nodes()), x.end());
  const auto rest = CellValues(coarse, of_cells).on(fine);
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

DesignVector transferred(Study &coarse, const DesignVector &x, Study &fine)
{
  return coarse.level_set() != nullptr ? transferred_level_set(coarse, x, fine) : CellValues(coarse, x).on(fine);
}

/// To a mesh with other cells. A level set that rests on one mesh may move again on the next.
void carry(Study &from, CarriedStart &start, Study &to)
{
  start.x = transferred(from, start.x, to);
  for (auto *vector : {&start.memory.x_old_1, &start.memory.x_old_2, &start.memory.low, &start.memory.upp})
    *vector = transferred(from, *vector, to);
  if (from.level_set() != nullptr)
    start.memory.penalty = 1;
}

} // namespace

CarriedStart start_from_coarser_mesh(const CaseEntries &given, Study &fine, const double start_density,
                                     std::ostream &out)
{
  CaseEntries variant = given;
  variant.mesh.cell_size *= 2;
  variant.filter.radius = std::max(given.filter.radius, 1.5 * variant.mesh.cell_size);
  --variant.parametrisation.coarse_levels;
  Study coarse(variant, fine.comm());
  std::ostringstream unread;
  coarse.prepare(unread);
  CarriedStart start;
  if (variant.parametrisation.coarse_levels > 0)
    start = start_from_coarser_mesh(variant, coarse, start_density, out);
  else
    start.x = coarse.parametrisation().uniform(start_density);
  SilentSink silent;
  const auto result = optimise(coarse, start.x, silent, &start.memory);
  out << "Coarser mesh  cells of " << std::setprecision(4) << variant.mesh.cell_size << " mm, "
      << coarse.domain().n_unknowns() << " unknowns: " << coarse.problem().objective().name() << ' '
      << result.last.objective << " after " << result.last.iteration << " iterations ("
      << (result.converged ? "converged" : "not converged") << ")" << std::endl;
  // Room to change: at its final sharpness a design hardly moves any more.
  while (4. * fine.parametrisation().sharpness() < coarse.parametrisation().sharpness())
    fine.parametrisation().sharpen();
  carry(coarse, start, fine);
  return start;
}

namespace {

/// Of bone and disc, where the strain mismatch has most of its error.
std::vector<meshing::Refinement::Mark> marks_in_bone(const CaseEntries &given, Study &study, std::ostream &out)
{
  if (given.refinement.error_share == 0)
    return {};
  auto &mismatch = static_cast<optimizer::StrainMismatch &>(study.responses().get("strain_mismatch_intact"));
  const auto error = optimizer::strain_error_by_cell(study.analysis(), mismatch, study.problem().state());
  auto marks = optimizer::marks_of_errors(study.domain(), error, given.refinement.error_share, given.mesh.cell_size);
  double sum = std::accumulate(error.begin(), error.end(), 0.);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, study.comm());
  out << ", strain mismatch " << mismatch.value_for(study.analysis().displacements()) << ", indicated error " << sum
      << "; " << marks.size() << " of " << study.domain().mesh.n_global_cells() << " cells of bone and disc";
  return marks;
}

} // namespace

CarriedStart refine_with_design(const CaseEntries &given, std::unique_ptr<Study> &study, const double start_density,
                                std::ostream &out)
{
  CarriedStart start;
  start.x = study->parametrisation().uniform(start_density);
  meshing::Refinement refinement;
  for (unsigned int step = 1; step <= given.refinement.steps; ++step) {
    SilentSink silent;
    const auto result = optimise(*study, start.x, silent, &start.memory);
    out << "Refinement    step " << step << ": " << study->problem().objective().name() << ' ' << std::setprecision(4)
        << result.last.objective << " after " << result.last.iteration << " iterations ("
        << (result.converged ? "converged" : "not converged") << ')' << std::flush;
    auto added = marks_in_bone(given, *study, out);
    if (step <= given.refinement.boundary_halvings) {
      refinement.halvings = step;
      const double smallest = given.mesh.cell_size / double(1u << step);
      const auto &grid = study->level_set()->grid();
      const auto at_boundary = optimizer::marks_at_boundary(grid, start.x, smallest);
      out << "; " << at_boundary.size() << " of " << grid.mesh().n_global_cells() << " design cells at the boundary";
      added.insert(added.end(), at_boundary.begin(), at_boundary.end());
    }
    if (added.empty()) {
      out << ": nothing to halve" << std::endl;
      break;
    }
    out << " halved" << std::flush;
    refinement.marks.insert(refinement.marks.end(), added.begin(), added.end());
    auto finer = std::make_unique<Study>(given, study->comm(), refinement);
    std::ostringstream unread;
    finer->prepare(unread);
    out << ", " << finer->domain().n_unknowns() << " unknowns" << std::endl;
    carry(*study, start, *finer);
    while (finer->parametrisation().sharpness() < study->parametrisation().sharpness())
      finer->parametrisation().sharpen();
    study = std::move(finer);
  }
  return start;
}

} // namespace cageopt
