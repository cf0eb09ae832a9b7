#include <optimizer/scenario_bone.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <meshing/flat_map.h>
#include <meshing/message_exchange.h>

namespace cageopt::optimizer {

using inputs::CellStiffness;
using meshing::LatticePoint;

namespace {

/// Finds the bone cell that holds a point, on whichever rank it is.
class BoneLookUp
{
public:
  explicit BoneLookUp(const meshing::DesignDomain &domain) : domain(domain)
  {
    const auto &mesh = domain.mesh;
    std::array<std::int32_t, 6> box; // lowest corner, minus the highest: the smaller reaches farther
    box.fill(std::numeric_limits<std::int32_t>::max());
    unsigned int levels = 0;
    for (std::uint32_t index = 0; index < mesh.n_cells(); ++index)
      if (meshing::is_bone(domain.region[index])) {
        const auto &cell = mesh.cell(index);
        cells.insert(cell.key(), index);
        levels |= 1u << cell.level;
        for (unsigned int d = 0; d < 3; ++d) {
          box[d] = std::min(box[d], cell.corner[d]);
          box[3 + d] = std::min(box[3 + d], -(cell.corner[d] + cell.edge()));
        }
      }
    MPI_Allreduce(MPI_IN_PLACE, &levels, 1, MPI_UNSIGNED, MPI_BOR, mesh.comm());
    for (unsigned int level = 0; level < 32; ++level)
      if (levels >> level & 1)
        present_levels.push_back(level);
    int n_ranks = 1;
    MPI_Comm_size(mesh.comm(), &n_ranks);
    boxes.resize(n_ranks);
    MPI_Allgather(box.data(), 6, MPI_INT32_T, boxes.data(), 6, MPI_INT32_T, mesh.comm());
  }

  /// values [n_cells] at the points; `found` says where there is bone. Collective.
  std::vector<CellStiffness> values_at(const std::vector<LatticePoint> &points,
                                       const std::vector<CellStiffness> &values, std::vector<bool> &found) const
  {
    struct Question
    {
      LatticePoint point;
      std::uint64_t index;
    };
    struct Answer
    {
      CellStiffness value;
      std::uint64_t index;
    };
    std::vector<CellStiffness> result(points.size());
    found.assign(points.size(), false);
    int rank = 0;
    MPI_Comm_rank(domain.mesh.comm(), &rank);
    std::map<int, std::vector<Question>> questions;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto own = cell_at(points[i]);
      if (own != meshing::FlatMap::not_found) {
        result[i] = values[own];
        found[i] = true;
        continue;
      }
      for (int other = 0; other < static_cast<int>(boxes.size()); ++other)
        if (other != rank && may_hold(boxes[other], points[i]))
          questions[other].push_back({points[i], i});
    }
    std::map<int, std::vector<Answer>> answers;
    for (const auto &[asker, list] : meshing::exchange_messages(domain.mesh.comm(), questions))
      for (const auto &question : list) {
        const auto cell = cell_at(question.point);
        if (cell != meshing::FlatMap::not_found)
          answers[asker].push_back({values[cell], question.index});
      }
    for (const auto &[sender, list] : meshing::exchange_messages(domain.mesh.comm(), answers))
      for (const auto &answer : list) {
        result[answer.index] = answer.value;
        found[answer.index] = true;
      }
    return result;
  }

private:
  static bool may_hold(const std::array<std::int32_t, 6> &box, const LatticePoint &point)
  {
    for (unsigned int d = 0; d < 3; ++d)
      if (point[d] < box[d] || point[d] >= -box[3 + d])
        return false;
    return true;
  }

  std::uint32_t cell_at(const LatticePoint &point) const
  {
    for (const auto coordinate : point)
      if (coordinate < 0 || coordinate >= meshing::lattice_limit)
        return meshing::FlatMap::not_found;
    for (const auto level : present_levels) {
      const auto cell = cells.find(meshing::OctreeCell::containing(point, level).key());
      if (cell != meshing::FlatMap::not_found)
        return cell;
    }
    return meshing::FlatMap::not_found;
  }

  const meshing::DesignDomain &domain;
  meshing::FlatMap cells;
  std::vector<unsigned int> present_levels;
  std::vector<std::array<std::int32_t, 6>> boxes; ///< [rank]
};

std::vector<CellStiffness> moved(const meshing::DesignDomain &domain, const std::vector<CellStiffness> &stiffness,
                                 const std::array<double, 3> &shift)
{
  const auto &mesh = domain.mesh;
  std::vector<LatticePoint> points;
  std::vector<double> weights;
  for (std::uint32_t index = 0; index < mesh.n_cells(); ++index) {
    if (!meshing::is_bone(domain.region[index]))
      continue;
    const auto &cell = mesh.cell(index);
    std::array<std::int32_t, 3> first;
    std::array<double, 3> fraction;
    for (unsigned int d = 0; d < 3; ++d) {
      const double cells_away = shift[d] / domain.edge(index);
      first[d] = cell.corner[d] + cell.edge() / 2 + static_cast<std::int32_t>(std::floor(cells_away)) * cell.edge();
      fraction[d] = cells_away - std::floor(cells_away);
    }
    for (unsigned int v = 0; v < 8; ++v) {
      LatticePoint point = first;
      double weight = 1;
      for (unsigned int d = 0; d < 3; ++d) {
        const bool is_next = v >> d & 1;
        point[d] += is_next ? cell.edge() : 0;
        weight *= is_next ? fraction[d] : 1. - fraction[d];
      }
      points.push_back(point);
      weights.push_back(weight);
    }
  }
  std::vector<bool> found;
  const auto values = BoneLookUp(domain).values_at(points, stiffness, found);
  auto result = stiffness;
  std::size_t i = 0;
  for (std::uint32_t index = 0; index < mesh.n_cells(); ++index) {
    if (!meshing::is_bone(domain.region[index]))
      continue;
    double total = 0;
    for (unsigned int v = 0; v < 8; ++v)
      total += found[i + v] ? weights[i + v] : 0.;
    CellStiffness sum;
    for (unsigned int v = 0; v < 8; ++v)
      if (found[i + v])
        sum.add(weights[i + v] / total, values[i + v]);
    if (total > 0)
      result[index] = sum;
    i += 8;
  }
  return result;
}

} // namespace

std::vector<CellStiffness> scenario_stiffness(const meshing::DesignDomain &domain, const Scenario &scenario,
                                              const BoneModel &bone)
{
  auto stiffness = domain.intact;
  for (std::uint32_t cell = 0; cell < stiffness.size(); ++cell)
    if (meshing::is_bone(domain.region[cell])) {
      const double stated = domain.bmd[cell];
      const double density =
          stated + (scenario.calibration_slope - 1.) * (stated - bone.intercept) + scenario.calibration_offset;
      double ratio = 1;
      if (density != stated || scenario.bone_law > 0)
        ratio = std::clamp(bone.modulus.at(scenario.bone_law)(density) / bone.modulus.at(0)(stated), .1, 10.);
      stiffness[cell] = CellStiffness().add(scenario.bone_factor * ratio, stiffness[cell]);
    }
  const bool moves = std::any_of(scenario.shift.begin(), scenario.shift.end(), [](const double d) { return d != 0; });
  return moves ? moved(domain, stiffness, scenario.shift) : stiffness;
}

} // namespace cageopt::optimizer
