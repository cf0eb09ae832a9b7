#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <mpi.h>

#include <meshing/octree_mesh.h>
#include <solver/solver_parameters.h>

namespace cageopt::solver {

/// Numbers of entities from which the memory on a mesh, or on a part of one, follows. This rank's.
struct MeshSize
{
  double n_cells = 0, n_nodes = 0, n_hanging_nodes = 0;
  std::vector<double> cells_by_level;

  /// The cells for which `is_counted` holds (all, if none is given), and their nodes.
  static MeshSize of(const meshing::OctreeMesh &mesh, const std::function<bool(std::uint32_t)> &is_counted = {});
};

/// What a run takes beside the program itself, reckoned from the mesh before it is allocated. Bytes of this rank.
/// Set-up comes first and is given back; then some items are held to the end, and others pass, one at a time:
///   peak = max(set-up, sum of held + largest passing).
class MemoryBudget
{
public:
  void set_up(const std::string &name, double bytes) { add(Kind::set_up, name, bytes); }
  void hold(const std::string &name, double bytes) { add(Kind::held, name, bytes); }
  void pass(const std::string &name, double bytes) { add(Kind::passing, name, bytes); }

  double peak() const;
  /// Held and largest passing: what is needed at most once the set-up is over.
  double peak_after_set_up() const;

  /// The peak, MB over all ranks and bytes for each of the `n_unknowns`, and a line for each kind of items. Collective.
  void print(std::ostream &out, MPI_Comm comm, std::uint64_t n_unknowns) const;

private:
  enum class Kind
  {
    set_up,
    held,
    passing
  };
  struct Item
  {
    Kind kind;
    std::string name;
    double bytes;
  };
  void add(const Kind kind, const std::string &name, const double bytes) { items.push_back({kind, name, bytes}); }

  std::vector<Item> items;
};

/// Leaves, nodes and hanging nodes of an OctreeMesh.
double mesh_memory(const MeshSize &size);
/// One double-precision BlockVector for `n_columns` right-hand sides.
double block_memory(const MeshSize &size, unsigned int n_columns);
/// An ElasticitySolver between solves: operators of all levels, coarse meshes, transfers and work vectors.
/// `n_constants`: 3 where all cells are cubic, otherwise 6. Back ends with a matrix are reckoned by their bytes per
/// unknown as measured on the built-in patient (docs/solver.md).
double elasticity_memory(const MeshSize &size, unsigned int n_columns, unsigned int n_constants,
                         const SolverParameters &parameters);
/// What a solve takes while it lasts.
double solve_memory(const MeshSize &size, unsigned int n_columns);
/// What new material takes while it is handed to the levels, the list of the cells' stiffness included.
double new_stiffness_memory(const MeshSize &size);

} // namespace cageopt::solver
