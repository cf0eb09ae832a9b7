#include <optimizer/sagittal_symmetry.h>

#include <cmath>
#include <map>

#include <inputs/error.h>
#include <meshing/flat_map.h>
#include <meshing/message_exchange.h>

namespace cageopt::optimizer {

namespace {

struct Holding
{
  std::uint64_t key, mirrored;
  std::int32_t rank;
  std::uint32_t index;
};

struct Entry
{
  std::uint32_t index;
  double value;
};

} // namespace

SagittalSymmetry::SagittalSymmetry(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells)
    : comm(domain.mesh.comm()), images(cells.size())
{
  const double plane = -domain.origin[0] / domain.unit; // lattice coordinate of x = 0
  const auto doubled = static_cast<std::int32_t>(std::lround(2. * plane));
  if (std::abs(2. * plane - doubled) > 1e-6)
    throw inputs::InputError("'Parametrisation/Sagittal symmetry'", "true",
                             "the plane x = 0 is neither on faces nor in the middle of cells", "switch it off");
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  const auto holder = [&](const std::uint64_t a, const std::uint64_t b) {
    return static_cast<int>(meshing::FlatMap::hash(std::min(a, b)) % n_ranks);
  };
  std::map<int, std::vector<Holding>> asked;
  for (std::uint32_t i = 0; i < cells.size(); ++i) {
    auto cell = domain.mesh.cell(cells[i]);
    const auto key = cell.key();
    cell.corner[0] = doubled - cell.corner[0] - cell.edge();
    if (cell.corner[0] < 0)
      continue;
    asked[holder(key, cell.key())].push_back({key, cell.key(), rank, i});
  }
  // Both cells of a pair are sent to the same rank, which tells each where the other is.
  const auto received = meshing::exchange_messages(comm, asked);
  std::map<std::uint64_t, Holding> present;
  for (const auto &[sender, items] : received)
    for (const auto &item : items)
      present[item.key] = item;
  struct Answer
  {
    std::uint32_t index;
    Image image;
  };
  std::map<int, std::vector<Answer>> answers;
  for (const auto &[sender, items] : received)
    for (const auto &item : items) {
      const auto other = present.find(item.mirrored);
      if (other != present.end())
        answers[item.rank].push_back({item.index, {other->second.rank, other->second.index}});
    }
  for (const auto &[sender, items] : meshing::exchange_messages(comm, answers))
    for (const auto &item : items)
      images[item.index] = item.image;
}

DesignVector SagittalSymmetry::apply(const DesignVector &field) const
{
  std::map<int, std::vector<Entry>> outgoing;
  for (std::size_t i = 0; i < field.size(); ++i)
    if (images[i].rank >= 0)
      outgoing[images[i].rank].push_back({images[i].index, field[i]});
  DesignVector result = field;
  for (const auto &[sender, items] : meshing::exchange_messages(comm, outgoing))
    for (const auto &item : items)
      result[item.index] = .5 * (field[item.index] + item.value);
  return result;
}

} // namespace cageopt::optimizer
