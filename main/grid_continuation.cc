#include <main/grid_continuation.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <map>
#include <numeric>
#include <ostream>
#include <sstream>

#include <main/optimisation.h>

namespace cageopt {

using optimizer::DesignVector;

namespace {

using Index = std::array<int, 3>;

/// `own` of all ranks, in the order of the ranks.
std::vector<double> gathered(MPI_Comm comm, const std::vector<double> &own)
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  const int n = static_cast<int>(own.size());
  std::vector<int> counts(n_ranks), offsets(n_ranks, 0);
  MPI_Allgather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, comm);
  std::partial_sum(counts.begin(), counts.end() - 1, offsets.begin() + 1);
  std::vector<double> all(std::size_t(offsets.back() + counts.back()));
  MPI_Allgatherv(own.data(), n, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, comm);
  return all;
}

} // namespace

DesignVector transferred_design(Study &coarse, const DesignVector &x, Study &fine)
{
  const auto &coarse_cells = coarse.analysis().design_cells();
  const auto &fine_cells = fine.analysis().design_cells();
  const auto &from = coarse.domain(), &to = fine.domain();
  const double edge = from.unit;
  const auto index_at = [&](const inputs::Point &point) {
    return Index{int(std::floor((point[0] - from.origin[0]) / edge)),
                 int(std::floor((point[1] - from.origin[1]) / edge)),
                 int(std::floor((point[2] - from.origin[2]) / edge))};
  };
  std::size_t n_fields = coarse_cells.empty() ? 0 : x.size() / coarse_cells.size();
  unsigned long long widest = n_fields;
  MPI_Allreduce(MPI_IN_PLACE, &widest, 1, MPI_UNSIGNED_LONG_LONG, MPI_MAX, coarse.comm());
  n_fields = widest;

  std::vector<double> own;
  for (std::size_t i = 0; i < coarse_cells.size(); ++i) {
    for (const int k : index_at(from.cell_centre(coarse_cells[i])))
      own.push_back(k);
    for (std::size_t field = 0; field < n_fields; ++field)
      own.push_back(x[field * coarse_cells.size() + i]);
  }
  const auto all = gathered(coarse.comm(), own);
  std::map<Index, std::size_t> places; // where the values of a cell begin in `all`
  for (std::size_t begin = 0; begin < all.size(); begin += 3 + n_fields)
    places[{int(all[begin]), int(all[begin + 1]), int(all[begin + 2])}] = begin + 3;

  DesignVector result(n_fields * fine_cells.size());
  for (std::size_t i = 0; i < fine_cells.size(); ++i) {
    const auto centre = to.cell_centre(fine_cells[i]);
    const auto home = index_at(centre);
    auto found = places.find(home);
    for (int reach = 1; found == places.end(); ++reach) {
      double nearest = 1e30;
      for (int dz = -reach; dz <= reach; ++dz)
        for (int dy = -reach; dy <= reach; ++dy)
          for (int dx = -reach; dx <= reach; ++dx) {
            const auto other = places.find({home[0] + dx, home[1] + dy, home[2] + dz});
            if (other == places.end())
              continue;
            double distance = 0;
            for (unsigned int d = 0; d < 3; ++d) {
              const double at = from.origin[d] + edge * (other->first[d] + .5) - centre[d];
              distance += at * at;
            }
            if (distance < nearest) {
              nearest = distance;
              found = other;
            }
          }
    }
    for (std::size_t field = 0; field < n_fields; ++field)
      result[field * fine_cells.size() + i] = all[found->second + field];
  }
  return result;
}

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
  return transferred_design(coarse, x, fine);
}

} // namespace cageopt
