#include <meshing/octree_mesh.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <meshing/flat_map.h>
#include <meshing/message_exchange.h>

namespace cageopt::meshing {

namespace {

bool inside_lattice(const LatticePoint &point)
{
  return std::all_of(point.begin(), point.end(), [](const std::int32_t x) { return x >= 0 && x < lattice_limit; });
}

int directory_rank(const std::uint64_t key, const int n_ranks)
{
  return static_cast<int>(FlatMap::hash(key) % n_ranks);
}

/// How a lattice point is tied to the mesh, as sent between ranks.
struct NodeRecord
{
  std::uint64_t key = 0;
  std::int32_t n_masters = 0; ///< 0: a node of its own, owned by owners[0]
  std::array<std::int32_t, 4> owners{};
  std::array<std::uint64_t, 4> masters{};
};

} // namespace

/// Finds ghost leaves, hanging nodes, owners and local numbers. Lives only during the mesh's construction.
class OctreeMesh::Builder
{
public:
  Builder(OctreeMesh &mesh, const std::vector<ForeignCell> &foreign_cells)
      : mesh(mesh), foreign_cells(foreign_cells), leaf_index(mesh.leaves.size())
  {
    MPI_Comm_rank(mesh.communicator, &rank);
    MPI_Comm_size(mesh.communicator, &n_ranks);
  }

  void build()
  {
    index_owned_leaves();
    if (n_ranks > 1)
      find_ghost_leaves();
    collect_nodes();
    if (n_ranks > 1) {
      find_owners_of_remote_masters();
      collect_foreign_corners();
    }
    number_nodes();
  }

private:
  struct CellNeighbour
  {
    OctreeCell same;
    std::array<std::int32_t, 3> direction;
  };
  /// A point met so far: what is known of it, by discovery order.
  struct Node
  {
    LatticePoint position;
    std::int32_t owner = -1; ///< -1 hanging, or not known yet
    std::int8_t n_masters = 0;
    std::array<std::uint64_t, 4> masters{};
  };

  void index_owned_leaves()
  {
    for (std::uint32_t i = 0; i < mesh.leaves.size(); ++i) {
      const auto &cell = mesh.leaves[i];
      if (!inside_lattice(cell.vertex(0)) || !inside_lattice(cell.vertex(7)))
        throw std::logic_error("OctreeMesh: a cell lies outside the lattice of " + std::to_string(lattice_limit) +
                               " units");
      if (leaf_index.insert(cell.key(), i) != i)
        throw std::logic_error("OctreeMesh: a cell is given twice");
      levels_present |= 1u << cell.level;
      for (unsigned int d = 0; d < 3; ++d)
        if (const auto period = mesh.lattice_period[d];
            period > 0 && (cell.level != mesh.leaves[0].level || cell.vertex(7)[d] > period))
          throw std::logic_error("OctreeMesh: a periodic mesh has leaves of one size within its period");
    }
  }

  /// The point of the first period that is the same as `point`, which is at most a period away from it.
  LatticePoint wrapped(LatticePoint point) const
  {
    for (unsigned int d = 0; d < 3; ++d)
      if (const auto period = mesh.lattice_period[d]; period > 0)
        point[d] += point[d] < 0 ? period : point[d] >= period ? -period : 0;
    return point;
  }

  template <typename Action>
  void for_each_neighbour(const OctreeCell &cell, const Action &action) const
  {
    for (std::int32_t dz = -1; dz <= 1; ++dz)
      for (std::int32_t dy = -1; dy <= 1; ++dy)
        for (std::int32_t dx = -1; dx <= 1; ++dx)
          if (dx != 0 || dy != 0 || dz != 0) {
            const LatticePoint corner = wrapped({cell.corner[0] + dx * cell.edge(), cell.corner[1] + dy * cell.edge(),
                                                 cell.corner[2] + dz * cell.edge()});
            if (inside_lattice(corner))
              action(CellNeighbour{{corner, cell.level}, {dx, dy, dz}});
          }
  }

  /// Children of `neighbour` that touch the cell from which `direction` points.
  template <typename Action>
  static void for_each_touching_child(const CellNeighbour &neighbour, const Action &action)
  {
    if (neighbour.same.level == 0)
      return;
    const std::uint8_t level = neighbour.same.level - 1;
    for (unsigned int child = 0; child < 8; ++child) {
      bool touches = true;
      LatticePoint corner = neighbour.same.corner;
      for (unsigned int d = 0; d < 3; ++d) {
        const std::int32_t upper = child >> d & 1;
        touches = touches && (neighbour.direction[d] == 0 || upper == (neighbour.direction[d] < 0));
        corner[d] += upper << level;
      }
      if (touches)
        action(OctreeCell{corner, level});
    }
  }

  /// Leaves of other ranks that touch an owned leaf. Each rank registers its leaves in a directory spread over all
  /// ranks by a hash, and asks there for those neighbours that it does not own.
  void find_ghost_leaves()
  {
    std::map<int, std::vector<std::uint64_t>> registrations;
    for (const auto &cell : mesh.leaves)
      registrations[directory_rank(cell.key(), n_ranks)].push_back(cell.key());
    FlatMap directory(mesh.leaves.size());
    for (const auto &[sender, keys] : exchange_messages(mesh.communicator, registrations))
      for (const auto key : keys)
        directory.insert(key, sender);

    std::vector<std::uint64_t> wanted;
    for (const auto &cell : mesh.leaves)
      for_each_neighbour(cell, [&](const CellNeighbour &neighbour) {
        if (is_leaf(neighbour.same) || is_leaf(neighbour.same.parent()))
          return;
        bool all_children = cell.level > 0;
        for_each_touching_child(neighbour,
                                [&](const OctreeCell &child) { all_children = all_children && is_leaf(child); });
        if (all_children)
          return;
        wanted.push_back(neighbour.same.key());
        if (neighbour.same.parent().key() != cell.parent().key())
          wanted.push_back(neighbour.same.parent().key());
        for_each_touching_child(neighbour, [&](const OctreeCell &child) { wanted.push_back(child.key()); });
      });
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    std::map<int, std::vector<std::uint64_t>> questions;
    for (const auto key : wanted)
      questions[directory_rank(key, n_ranks)].push_back(key);
    std::map<int, std::vector<std::uint32_t>> answers;
    for (const auto &[sender, keys] : exchange_messages(mesh.communicator, questions))
      for (const auto key : keys)
        answers[sender].push_back(directory.find(key));
    for (const auto &[directory_holder, owners] : exchange_messages(mesh.communicator, answers))
      for (std::size_t i = 0; i < owners.size(); ++i)
        if (owners[i] != FlatMap::not_found && static_cast<int>(owners[i]) != rank) {
          const std::uint64_t key = questions[directory_holder][i];
          leaf_index.insert(key, static_cast<std::uint32_t>(mesh.leaves.size() + ghost_owners.size()));
          ghost_owners.push_back(static_cast<int>(owners[i]));
          levels_present |= 1u << (key >> 57);
        }
  }

  bool is_leaf(const OctreeCell &cell) const { return leaf_index.find(cell.key()) != FlatMap::not_found; }

  int owner_of_leaf(const std::uint32_t index) const
  {
    return index < mesh.leaves.size() ? rank : ghost_owners[index - mesh.leaves.size()];
  }

  /// The leaf one level above `level` that has `point` in its closure but not as a corner, if any.
  std::uint32_t coarser_leaf_around(const LatticePoint &point, const unsigned int level) const
  {
    if ((levels_present >> (level + 1) & 1) == 0)
      return FlatMap::not_found;
    const std::int32_t odd_bit = std::int32_t(1) << level;
    if (((point[0] | point[1] | point[2]) & odd_bit) == 0)
      return FlatMap::not_found;
    for (unsigned int octant = 0; octant < 8; ++octant) {
      LatticePoint inside = point;
      bool is_new = true;
      for (unsigned int d = 0; d < 3; ++d)
        if (octant >> d & 1) {
          is_new = is_new && (point[d] & odd_bit) == 0; // an odd coordinate has one coarse cell around it, not two
          inside[d] -= 1;
        }
      if (!is_new || !inside_lattice(inside))
        continue;
      const auto leaf = leaf_index.find(OctreeCell::containing(inside, level + 1).key());
      if (leaf != FlatMap::not_found)
        return leaf;
    }
    return FlatMap::not_found;
  }

  /// `point` is a corner of a leaf of `level`: no leaf two or more levels up may have it inside an edge or face, as
  /// then it could not be tied. Sees the leaves of this rank and those ghosts that balanced leaves may have.
  void refuse_unbalanced(const LatticePoint &point, const unsigned int level) const
  {
    for (unsigned int coarse = level + 2; levels_present >> coarse != 0; ++coarse)
      if ((levels_present >> coarse & 1) && ((point[0] | point[1] | point[2]) & ((std::int32_t(1) << coarse) - 1)) != 0)
        for (unsigned int octant = 0; octant < 8; ++octant) {
          const LatticePoint inside = {point[0] - std::int32_t(octant & 1), point[1] - std::int32_t(octant >> 1 & 1),
                                       point[2] - std::int32_t(octant >> 2 & 1)};
          if (inside_lattice(inside) && is_leaf(OctreeCell::containing(inside, coarse)))
            throw std::logic_error("OctreeMesh: a leaf touches one of at least four times its edge; the leaves are not "
                                   "2:1 balanced across corners");
        }
  }

  /// The lowest rank among the leaves with the corner `point`, met as a corner of a leaf of `level`.
  int owner_of_node(const LatticePoint &point, const unsigned int level) const
  {
    int owner = rank;
    for (unsigned int octant = 0; octant < 8; ++octant) {
      const LatticePoint inside =
          wrapped({point[0] - std::int32_t(octant & 1), point[1] - std::int32_t(octant >> 1 & 1),
                   point[2] - std::int32_t(octant >> 2 & 1)});
      if (!inside_lattice(inside))
        continue;
      for (unsigned int l = level == 0 ? 0 : level - 1; l <= level + 1; ++l) {
        const auto leaf = leaf_index.find(OctreeCell::containing(inside, l).key());
        if (leaf != FlatMap::not_found)
          owner = std::min(owner, owner_of_leaf(leaf));
      }
    }
    return owner;
  }

  std::uint32_t add_node(const Node &node)
  {
    const auto index = node_index.insert(lattice_key(node.position), static_cast<std::uint32_t>(nodes.size()));
    if (index == nodes.size())
      nodes.push_back(node);
    return index;
  }

  void collect_nodes()
  {
    mesh.cell_nodes.resize(mesh.leaves.size() + foreign_cells.size());
    for (std::uint32_t i = 0; i < mesh.leaves.size(); ++i) {
      const auto &cell = mesh.leaves[i];
      for (unsigned int v = 0; v < 8; ++v) {
        const auto point = wrapped(cell.vertex(v));
        auto index = node_index.find(lattice_key(point));
        if (index == FlatMap::not_found) {
          Node node;
          node.position = point;
          refuse_unbalanced(point, cell.level);
          const auto coarser = coarser_leaf_around(point, cell.level);
          if (coarser == FlatMap::not_found)
            node.owner = n_ranks == 1 ? 0 : owner_of_node(point, cell.level);
          else
            set_masters(node, cell.level);
          index = add_node(node);
          if (coarser != FlatMap::not_found && owner_of_leaf(coarser) != rank)
            for (int m = 0; m < node.n_masters; ++m)
              remote_masters.push_back({owner_of_leaf(coarser), node.masters[m]});
        }
        mesh.cell_nodes[i][v] = index;
      }
    }
    // Masters that are corners of owned leaves have been met above; on one rank that is all of them.
    if (n_ranks == 1)
      remote_masters.clear();
  }

  /// Masters of the middle of an edge or face of a cell of level + 1.
  static void set_masters(Node &node, const unsigned int level)
  {
    const std::int32_t step = std::int32_t(1) << level;
    std::vector<LatticePoint> masters{node.position};
    for (unsigned int d = 0; d < 3; ++d)
      if (node.position[d] & step) {
        const std::size_t n = masters.size();
        for (std::size_t m = 0; m < n; ++m) {
          masters.push_back(masters[m]);
          masters[m][d] -= step;
          masters.back()[d] += step;
        }
      }
    if (masters.size() > 4)
      throw std::logic_error("OctreeMesh: a leaf lies inside another one");
    node.n_masters = static_cast<std::int8_t>(masters.size());
    for (std::size_t m = 0; m < masters.size(); ++m)
      node.masters[m] = lattice_key(masters[m]);
  }

  /// Masters on leaves of other ranks: that rank has the leaf's corner and knows who owns it.
  void find_owners_of_remote_masters()
  {
    std::map<int, std::vector<std::uint64_t>> questions;
    for (const auto &[holder, key] : remote_masters)
      if (node_index.find(key) == FlatMap::not_found)
        questions[holder].push_back(key);
    for (auto &[holder, keys] : questions) {
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    std::map<int, std::vector<std::int32_t>> answers;
    for (const auto &[sender, keys] : exchange_messages(mesh.communicator, questions))
      for (const auto key : keys)
        answers[sender].push_back(nodes[require_node(key)].owner);
    for (const auto &[holder, owners] : exchange_messages(mesh.communicator, answers))
      for (std::size_t i = 0; i < owners.size(); ++i) {
        Node node;
        node.position = lattice_point(questions[holder][i]);
        node.owner = owners[i];
        add_node(node);
      }
  }

  std::uint32_t require_node(const std::uint64_t key) const
  {
    const auto index = node_index.find(key);
    if (index == FlatMap::not_found)
      throw std::logic_error("OctreeMesh: the leaves are not 2:1 balanced across corners, or not each on one rank");
    return index;
  }

  NodeRecord record_of(const Node &node) const
  {
    NodeRecord record;
    record.key = lattice_key(node.position);
    record.n_masters = node.n_masters;
    record.owners[0] = node.owner;
    for (int m = 0; m < node.n_masters; ++m) {
      record.masters[m] = node.masters[m];
      record.owners[m] = nodes[require_node(node.masters[m])].owner;
    }
    return record;
  }

  void collect_foreign_corners()
  {
    std::map<int, std::vector<std::uint64_t>> questions;
    std::map<int, std::vector<std::uint32_t>> asked_for;
    for (std::uint32_t i = 0; i < foreign_cells.size(); ++i) {
      questions[foreign_cells[i].owner].push_back(foreign_cells[i].cell.key());
      asked_for[foreign_cells[i].owner].push_back(i);
    }
    std::map<int, std::vector<NodeRecord>> answers;
    for (const auto &[sender, keys] : exchange_messages(mesh.communicator, questions))
      for (const auto key : keys) {
        const auto leaf = leaf_index.find(key);
        if (leaf >= mesh.leaves.size())
          throw std::logic_error("OctreeMesh: a rank asks for a cell that is not owned here");
        for (const auto node : mesh.cell_nodes[leaf])
          answers[sender].push_back(record_of(nodes[node]));
      }
    for (const auto &[holder, records] : exchange_messages(mesh.communicator, answers))
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto &record = records[i];
        Node node;
        node.position = lattice_point(record.key);
        node.owner = record.n_masters == 0 ? record.owners[0] : -1;
        node.n_masters = static_cast<std::int8_t>(record.n_masters);
        for (int m = 0; m < record.n_masters; ++m) {
          Node master;
          master.position = lattice_point(record.masters[m]);
          master.owner = record.owners[m];
          add_node(master);
        }
        node.masters = record.masters;
        mesh.cell_nodes[mesh.leaves.size() + asked_for[holder][i / 8]][i % 8] = add_node(node);
      }
  }

  /// From discovery order to [owned | ghosts by owner | hanging].
  void number_nodes()
  {
    std::vector<std::uint32_t> number(nodes.size());
    std::uint32_t n_owned = 0;
    std::map<int, std::vector<std::uint32_t>> ghosts;
    std::vector<std::uint32_t> hanging_in_order;
    for (std::uint32_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].n_masters > 0)
        hanging_in_order.push_back(i);
      else if (nodes[i].owner == rank)
        number[i] = n_owned++;
      else
        ghosts[nodes[i].owner].push_back(i);
    std::uint32_t next = n_owned;
    std::map<int, std::vector<std::uint64_t>> ghost_keys;
    for (const auto &[owner, indices] : ghosts)
      for (const auto i : indices) {
        number[i] = next++;
        ghost_keys[owner].push_back(lattice_key(nodes[i].position));
      }
    for (const auto i : hanging_in_order)
      number[i] = next++;

    mesh.positions.resize(nodes.size());
    for (std::uint32_t i = 0; i < nodes.size(); ++i)
      mesh.positions[number[i]] = nodes[i].position;
    mesh.hanging.reserve(hanging_in_order.size());
    for (const auto i : hanging_in_order) {
      HangingNode entry;
      entry.n_masters = static_cast<std::uint8_t>(nodes[i].n_masters);
      for (int m = 0; m < nodes[i].n_masters; ++m) {
        const auto master = require_node(nodes[i].masters[m]);
        if (nodes[master].n_masters > 0)
          throw std::logic_error("OctreeMesh: a master hangs itself; the leaves are not 2:1 balanced across corners");
        entry.masters[m] = number[master];
      }
      mesh.hanging.push_back(entry);
    }
    for (auto &corners : mesh.cell_nodes)
      for (auto &node : corners)
        node = number[node];

    mesh.node_halo = HaloExchange(mesh.communicator, n_owned, ghost_keys,
                                  [&](const std::uint64_t key) { return number[require_node(key)]; });
    std::array<std::uint64_t, 2> sums = {mesh.leaves.size(), n_owned}, before = {0, 0}, totals;
    MPI_Allreduce(sums.data(), totals.data(), 2, MPI_UINT64_T, MPI_SUM, mesh.communicator);
    MPI_Exscan(sums.data(), before.data(), 2, MPI_UINT64_T, MPI_SUM, mesh.communicator);
    mesh.global_cells = totals[0];
    mesh.global_nodes = totals[1];
    mesh.global_node_offset = rank == 0 ? 0 : before[1];
  }

  OctreeMesh &mesh;
  const std::vector<ForeignCell> &foreign_cells;
  int rank = 0, n_ranks = 1;
  FlatMap leaf_index; ///< owned leaves, then ghosts
  std::vector<int> ghost_owners;
  std::uint32_t levels_present = 0;
  FlatMap node_index;
  std::vector<Node> nodes;
  std::vector<std::pair<int, std::uint64_t>> remote_masters;
};

OctreeMesh::OctreeMesh(MPI_Comm comm, std::vector<OctreeCell> cells, const std::vector<ForeignCell> &foreign_cells,
                       const LatticePoint &period)
    : communicator(comm), leaves(std::move(cells)), lattice_period(period)
{
  Builder(*this, foreign_cells).build();
}

template <typename T>
void OctreeMesh::interpolate_hanging(T *values, const unsigned int values_per_node) const
{
  const std::size_t n = values_per_node, first = first_hanging_node();
  for (std::size_t i = 0; i < hanging.size(); ++i) {
    T *target = values + (first + i) * n;
    const auto &entry = hanging[i];
    const T weight = T(1) / T(entry.n_masters);
    for (std::size_t k = 0; k < n; ++k) {
      T sum = 0;
      for (unsigned int m = 0; m < entry.n_masters; ++m)
        sum += values[entry.masters[m] * n + k];
      target[k] = weight * sum;
    }
  }
}

template <typename T>
void OctreeMesh::fold_hanging(T *values, const unsigned int values_per_node) const
{
  const std::size_t n = values_per_node, first = first_hanging_node();
  for (std::size_t i = 0; i < hanging.size(); ++i) {
    T *source = values + (first + i) * n;
    const auto &entry = hanging[i];
    const T weight = T(1) / T(entry.n_masters);
    for (unsigned int m = 0; m < entry.n_masters; ++m)
      for (std::size_t k = 0; k < n; ++k)
        values[entry.masters[m] * n + k] += weight * source[k];
    std::fill_n(source, n, T(0));
  }
}

template void OctreeMesh::interpolate_hanging(float *, unsigned int) const;
template void OctreeMesh::interpolate_hanging(double *, unsigned int) const;
template void OctreeMesh::fold_hanging(float *, unsigned int) const;
template void OctreeMesh::fold_hanging(double *, unsigned int) const;

namespace {

int smallest_level_of(const OctreeMesh &mesh)
{
  int level = 64;
  for (const auto &cell : mesh.cells())
    level = std::min<int>(level, cell.level);
  MPI_Allreduce(MPI_IN_PLACE, &level, 1, MPI_INT, MPI_MIN, mesh.comm());
  return level;
}

} // namespace

bool can_be_coarsened(const OctreeMesh &fine)
{
  const std::int32_t edge = std::int32_t(2) << smallest_level_of(fine);
  return std::all_of(fine.period().begin(), fine.period().end(), [&](const std::int32_t period) {
    return period == 0 || (period % edge == 0 && period >= 2 * edge);
  });
}

CoarsenedMesh coarsen(const OctreeMesh &fine)
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(fine.comm(), &rank);
  MPI_Comm_size(fine.comm(), &n_ranks);
  const int smallest_level = smallest_level_of(fine);

  // A family may be split between ranks. Each rank reports the first child it has; the directory names the owner.
  struct Claim
  {
    std::uint64_t parent;
    std::uint32_t child;
  };
  std::vector<OctreeCell> parents;
  FlatMap first_child(fine.n_cells() / 8);
  for (const auto &cell : fine.cells())
    if (cell.level == smallest_level) {
      const auto parent = cell.parent();
      const std::size_t known = first_child.size();
      first_child.insert(parent.key(), cell.child_index());
      if (first_child.size() > known)
        parents.push_back(parent);
    }
  FlatMap owner_of_parent(parents.size());
  if (n_ranks > 1) {
    std::map<int, std::vector<Claim>> claims;
    for (const auto &parent : parents)
      claims[directory_rank(parent.key(), n_ranks)].push_back({parent.key(), first_child.find(parent.key())});
    std::map<std::uint64_t, std::pair<std::uint32_t, int>> winners;
    const auto received = exchange_messages(fine.comm(), claims);
    for (const auto &[sender, items] : received)
      for (const auto &claim : items) {
        const auto candidate = std::make_pair(claim.child, sender);
        const auto [entry, is_new] = winners.insert({claim.parent, candidate});
        if (!is_new)
          entry->second = std::min(entry->second, candidate);
      }
    std::map<int, std::vector<std::int32_t>> verdicts;
    for (const auto &[sender, items] : received)
      for (const auto &claim : items)
        verdicts[sender].push_back(winners[claim.parent].second);
    for (const auto &[holder, owners] : exchange_messages(fine.comm(), verdicts))
      for (std::size_t i = 0; i < owners.size(); ++i)
        owner_of_parent.insert(claims[holder][i].parent, static_cast<std::uint32_t>(owners[i]));
  } else {
    for (const auto &parent : parents)
      owner_of_parent.insert(parent.key(), 0);
  }

  std::vector<OctreeCell> coarse_cells;
  std::vector<OctreeMesh::ForeignCell> foreign;
  FlatMap coarse_index(fine.n_cells() / 4), foreign_index;
  std::vector<std::uint32_t> parent_of(fine.n_cells());
  std::map<int, std::vector<std::uint32_t>> foreign_by_owner;
  for (std::uint32_t i = 0; i < fine.n_cells(); ++i) {
    const auto &cell = fine.cell(i);
    const auto target = cell.level == smallest_level ? cell.parent() : cell;
    const int owner = cell.level == smallest_level ? static_cast<int>(owner_of_parent.find(target.key())) : rank;
    if (owner == rank) {
      const auto index = coarse_index.insert(target.key(), static_cast<std::uint32_t>(coarse_cells.size()));
      if (index == coarse_cells.size())
        coarse_cells.push_back(target);
      parent_of[i] = index;
    } else if (foreign_index.find(target.key()) == FlatMap::not_found) {
      foreign_index.insert(target.key(), 0);
      foreign.push_back({target, owner});
    }
  }
  // Foreign parents are stored by owner, as a halo wants its ghosts.
  std::stable_sort(foreign.begin(), foreign.end(), [](const auto &a, const auto &b) { return a.owner < b.owner; });
  std::map<int, std::vector<std::uint64_t>> ghost_keys;
  FlatMap foreign_number(foreign.size());
  for (std::uint32_t i = 0; i < foreign.size(); ++i) {
    ghost_keys[foreign[i].owner].push_back(foreign[i].cell.key());
    foreign_number.insert(foreign[i].cell.key(), static_cast<std::uint32_t>(coarse_cells.size()) + i);
  }
  for (std::uint32_t i = 0; i < fine.n_cells(); ++i)
    if (fine.cell(i).level == smallest_level) {
      const auto number = foreign_number.find(fine.cell(i).parent().key());
      if (number != FlatMap::not_found)
        parent_of[i] = number;
    }
  const auto n_coarse = static_cast<std::uint32_t>(coarse_cells.size());
  HaloExchange cell_halo(fine.comm(), n_coarse, ghost_keys,
                         [&](const std::uint64_t key) { return coarse_index.find(key); });
  return {OctreeMesh(fine.comm(), std::move(coarse_cells), foreign, fine.period()), std::move(parent_of),
          std::move(cell_halo)};
}

} // namespace cageopt::meshing
