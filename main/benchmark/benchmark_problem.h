#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <meshing/design_domain.h>
#include <solver/block_vector.h>

namespace cageopt {

/// A meshed problem and the materials to solve it with.
struct BenchmarkProblem
{
  /// [n_cells] MPa.
  using Stiffness = decltype(meshing::DesignDomain::intact);
  struct Material
  {
    std::string label;
    /// Made when asked for, so that it does not count as memory of the solver. `contrast`: stiffest over softest; none:
    /// the problem's own.
    std::function<Stiffness(std::optional<double> contrast)> stiffness;
  };

  std::string name;
  std::shared_ptr<const meshing::DesignDomain> domain;
  unsigned int column = 0; ///< of domain->loads, for single right-hand sides
  std::vector<Material> materials;
  double top_displacement = 0; ///< u_z of the supported nodes that are not in the plane z = 0, mm

  /// One column of the domain's loads, or (no `column`) all of them as a block, N.
  solver::BlockVector<double> right_hand_side(std::optional<unsigned int> single_column) const;
  /// Zero but for the prescribed displacements, mm.
  solver::BlockVector<double> start(unsigned int n_columns) const;
};

/// Contrast of the problems that have none of their own.
constexpr double benchmark_contrast = 1e9;

enum class TopFace
{
  traction, ///< six unit wrenches, of which column 2 is the uniform traction along z
  platen    ///< u_z = -0.01 mm, free to slide; no other load
};

/// The cube [0, 1]^3 mm of cells^3 cells, z = 0 clamped, and `top` on z = 1. Cells whose centre is in `is_solid` have E
/// = 1 MPa, the others 1 / contrast; nu = 0.3. Collective.
BenchmarkProblem make_cube_problem(const std::string &name, unsigned int cells,
                                   const std::function<bool(const inputs::Point &)> &is_solid, TopFace top,
                                   MPI_Comm comm);

/// Sheet gyroid of 2 x 2 x 2 unit cells in [0, 1]^3, 25 % of the volume: |sin X cos Y + sin Y cos Z + sin Z cos X|
/// below 0.3872, X = 4 pi x.
bool is_in_gyroid_sheet(const inputs::Point &point);
/// Ball of radius 1/4 in the middle of [0, 1]^3.
bool is_in_ball(const inputs::Point &point);

} // namespace cageopt
