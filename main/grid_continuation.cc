#include <main/grid_continuation.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <map>
#include <numeric>
#include <ostream>
#include <sstream>

#include <inputs/collective.h>
#include <main/cell_values.h>
#include <main/optimisation.h>
#include <optimizer/strain_error.h>

namespace cageopt {

using optimizer::DesignVector;

namespace {

using Index = std::array<int, 3>;

/// A nodal field of the level set on the same nodes of another mesh, which may be on other ranks.
DesignVector transferred_nodes(const optimizer::LevelSetGrid &from, const double *values,
                               const optimizer::LevelSetGrid &to)
{
  std::vector<double> own;
  for (std::uint32_t node = 0; node < from.n_nodes(); ++node) {
    for (const int k : from.mesh().position(node))
      own.push_back(k);
    own.push_back(values[node]);
  }
  const auto all = inputs::gathered(from.mesh().comm(), own);
  std::map<Index, double> found;
  for (std::size_t i = 0; i < all.size(); i += 4)
    found[{int(all[i]), int(all[i + 1]), int(all[i + 2])}] = all[i + 3];
  DesignVector result;
  for (std::uint32_t node = 0; node < to.n_nodes(); ++node)
    result.push_back(found.at(to.mesh().position(node)));
  return result;
}

/// A vector of the level set's variables on another mesh with the same design cells.
DesignVector transferred_level_set(Study &coarse, const DesignVector &x, Study &fine)
{
  const auto &from = *coarse.level_set(), &to = *fine.level_set();
  int is_empty = x.empty();
  MPI_Allreduce(MPI_IN_PLACE, &is_empty, 1, MPI_INT, MPI_MIN, coarse.comm());
  if (is_empty)
    return {};
  auto result = transferred_nodes(from.grid(), x.data(), to.grid());
  const DesignVector of_cells(x.begin() + std::ptrdiff_t(from.grid().n_nodes()), x.end());
  const auto rest = CellValues(coarse, of_cells).on(fine);
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

DesignVector transferred(Study &coarse, const DesignVector &x, Study &fine)
{
  return coarse.level_set() != nullptr ? transferred_level_set(coarse, x, fine) : CellValues(coarse, x).on(fine);
}

} // namespace

DesignVector design_from_coarser_mesh(const CaseEntries &given, Study &fine, const double start_density,
                                      std::ostream &out)
{
  CaseEntries variant = given;
  variant.mesh.cell_size *= 2;
  variant.filter.radius = std::max(given.filter.radius, 1.5 * variant.mesh.cell_size);
  --variant.parametrisation.coarse_levels;
  Study coarse(variant, fine.comm());
  std::ostringstream unread;
  coarse.prepare(unread);
  DesignVector x = variant.parametrisation.coarse_levels > 0
                       ? design_from_coarser_mesh(variant, coarse, start_density, out)
                       : coarse.parametrisation().uniform(start_density);
  SilentSink silent;
  const auto result = optimise(coarse, x, silent);
  out << "Coarser mesh  cells of " << std::setprecision(4) << variant.mesh.cell_size << " mm, "
      << coarse.domain().n_unknowns() << " unknowns: " << coarse.problem().objective().name() << ' '
      << result.last.objective << " after " << result.last.iteration << " iterations ("
      << (result.converged ? "converged" : "not converged") << ")" << std::endl;
  // Room to change: at its final sharpness a design hardly moves any more.
  while (4. * fine.parametrisation().sharpness() < coarse.parametrisation().sharpness())
    fine.parametrisation().sharpen();
  return CellValues(coarse, x).on(fine);
}

RefinedStart refine_with_design(const CaseEntries &given, std::unique_ptr<Study> &study, const double start_density,
                                std::ostream &out)
{
  RefinedStart start;
  start.x = study->parametrisation().uniform(start_density);
  meshing::Refinement refinement;
  for (unsigned int step = 1; step <= given.refinement.steps; ++step) {
    SilentSink silent;
    const auto result = optimise(*study, start.x, silent, &start.memory);
    auto &mismatch = static_cast<optimizer::StrainMismatch &>(study->responses().get("strain_mismatch_intact"));
    const auto error = optimizer::strain_error_by_cell(study->analysis(), mismatch, study->problem().state());
    const auto added = optimizer::refinement_for(study->domain(), error, given.refinement.error_share);
    double sum = std::accumulate(error.begin(), error.end(), 0.);
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, study->comm());
    out << "Refinement    step " << step << ": " << study->problem().objective().name() << ' ' << std::setprecision(4)
        << result.last.objective << " after " << result.last.iteration << " iterations ("
        << (result.converged ? "converged" : "not converged") << "), strain mismatch "
        << mismatch.value_for(study->analysis().displacements()) << ", indicated error " << sum << "; "
        << added.marks.size() << " of " << study->domain().mesh.n_global_cells() << " cells halved" << std::flush;
    if (added.marks.empty()) {
      out << ": none is larger than 'Mesh/Cell size'" << std::endl;
      break;
    }
    refinement.marks.insert(refinement.marks.end(), added.marks.begin(), added.marks.end());
    auto finer = std::make_unique<Study>(given, study->comm(), refinement);
    std::ostringstream unread;
    finer->prepare(unread);
    out << ", " << finer->domain().n_unknowns() << " unknowns" << std::endl;
    start.x = transferred(*study, start.x, *finer);
    auto &memory = start.memory;
    for (auto *vector : {&memory.x_old_1, &memory.x_old_2, &memory.low, &memory.upp})
      *vector = transferred(*study, *vector, *finer);
    if (study->level_set() != nullptr)
      memory.penalty = 1; // at rest on the coarser mesh, the surface may move again
    while (finer->parametrisation().sharpness() < study->parametrisation().sharpness())
      finer->parametrisation().sharpen();
    study = std::move(finer);
  }
  return start;
}

} // namespace cageopt
