#include <solver/communication_model.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace cageopt::solver {

namespace {

using Cells = std::array<unsigned int, 3>;

/// Cells of each level, as Multigrid coarsens.
std::vector<Cells> levels_of(const Cells &finest, const MultigridParameters &parameters)
{
  std::vector<Cells> levels = {finest};
  const auto n_unknowns = [](const Cells &n) { return 3. * (n[0] + 1.) * (n[1] + 1.) * (n[2] + 1.); };
  while (n_unknowns(levels.back()) > parameters.coarse_unknowns) {
    Cells next = levels.back();
    for (auto &n : next)
      n = (n + 1) / 2;
    if (n_unknowns(next) >= n_unknowns(levels.back()))
      break;
    levels.push_back(next);
  }
  return levels;
}

/// Messages and numbers of one exchange of three components per node, mean over the ranks that have cells.
std::array<double, 2> exchange(const Cells &n_cells, const Cells &n_ranks)
{
  double neighbours = 1, touched = 1, owned = 1;
  for (unsigned int d = 0; d < 3; ++d) {
    const double ranks = std::min(n_ranks[d], n_cells[d]), cells = n_cells[d] / ranks;
    neighbours *= 2. - 1. / ranks;
    touched *= cells + 1.;
    owned *= cells + 1. / ranks;
  }
  return {neighbours - 1., 3. * (touched - owned)};
}

} // namespace

CommunicationModel CommunicationModel::for_box(const Cells &n_cells, const unsigned int ranks)
{
  CommunicationModel model{n_cells, {1, 1, ranks}};
  double least = std::numeric_limits<double>::max();
  for (unsigned int x = 1; x <= ranks; ++x)
    if (ranks % x == 0)
      for (unsigned int y = 1; y <= ranks / x; ++y)
        if (ranks / x % y == 0) {
          const Cells shares = {x, y, ranks / x / y};
          const double numbers = exchange(n_cells, shares)[1];
          if (numbers < least) {
            least = numbers;
            model.n_ranks = shares;
          }
        }
  return model;
}

unsigned int CommunicationModel::n_levels(const MultigridParameters &parameters) const
{
  return static_cast<unsigned int>(levels_of(n_cells, parameters).size());
}

CommunicationVolume CommunicationModel::per_cycle(const MultigridParameters &parameters) const
{
  CommunicationVolume sum;
  const auto levels = levels_of(n_cells, parameters);
  const auto n_nodes = [](const Cells &n) { return (n[0] + 1.) * (n[1] + 1.) * (n[2] + 1.); };
  double n_visits = 1;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const bool is_coarsest = level + 1 == levels.size();
    double n_exchanges = level > 0 ? 2. * n_visits : 0.; // per visit of the level above
    if (level > 0 && level <= 2 && !is_coarsest && 4 * n_nodes(levels[level]) <= n_nodes(levels[level - 1])) {
      n_exchanges += 2. * n_visits; // the product between the two visits
      n_visits *= 2;
    }
    n_exchanges += is_coarsest ? 0. : 4. * parameters.smoother_degree * n_visits;
    const auto [messages, numbers] = exchange(levels[level], n_ranks);
    sum.messages += n_exchanges * messages;
    sum.bytes += n_exchanges * numbers * n_lanes * sizeof(float);
  }
  sum.gathers = n_visits;
  return sum;
}

CommunicationVolume CommunicationModel::per_iteration(const MultigridParameters &parameters) const
{
  auto sum = per_cycle(parameters);
  const auto [messages, numbers] = exchange(n_cells, n_ranks);
  sum.messages += 2. * messages;
  sum.bytes += 2. * numbers * n_lanes * sizeof(double);
  sum.reductions = 3;
  return sum;
}

} // namespace cageopt::solver
