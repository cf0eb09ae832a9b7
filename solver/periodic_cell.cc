#include <solver/periodic_cell.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <solver/cube_kernel.h>
#include <solver/simd.h>

namespace cageopt::solver {

namespace {

using Lanes = Simd<double, block_lanes>;
using Kernel = CubeKernel<Lanes, double>;

/// Displacement components and directions of a Voigt shear.
constexpr unsigned int first_axis[6] = {0, 1, 2, 1, 0, 0}, second_axis[6] = {0, 1, 2, 2, 2, 1};

/// This rank's share of the voxels that are not void, along the space-filling curve.
std::vector<std::size_t> own_share(const PeriodicVoxels &voxels, MPI_Comm comm)
{
  for (const int n : voxels.size)
    if (n < 2 || n >= meshing::lattice_limit)
      throw std::invalid_argument("PeriodicCell: a period has two voxels or more along each axis");
  std::vector<std::pair<std::uint64_t, std::size_t>> all;
  std::size_t voxel = 0;
  for (int k = 0; k < voxels.size[2]; ++k)
    for (int j = 0; j < voxels.size[1]; ++j)
      for (int i = 0; i < voxels.size[0]; ++i, ++voxel)
        if (voxels.material[voxel] != 0)
          all.push_back({meshing::morton_code({i, j, k}), voxel});
  if (all.empty())
    throw std::invalid_argument("PeriodicCell: nothing but void");
  std::sort(all.begin(), all.end());
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  std::vector<std::size_t> own;
  for (std::size_t i = all.size() * rank / n_ranks; i < all.size() * (rank + 1) / n_ranks; ++i)
    own.push_back(all[i].second);
  return own;
}

meshing::OctreeMesh mesh_of(const std::vector<std::size_t> &own, const std::array<int, 3> &size, MPI_Comm comm)
{
  std::vector<meshing::OctreeCell> leaves;
  leaves.reserve(own.size());
  for (const auto voxel : own) {
    const auto row = voxel / size[0];
    leaves.push_back({{static_cast<std::int32_t>(voxel % size[0]), static_cast<std::int32_t>(row % size[1]),
                       static_cast<std::int32_t>(row / size[1])},
                      0});
  }
  return meshing::OctreeMesh(comm, std::move(leaves), {}, {size[0], size[1], size[2]});
}

/// u = E x at the corners of the unit cube, a lane per unit strain.
void add_macroscopic(Kernel::Values &u)
{
  for (unsigned int strain = 0; strain < 6; ++strain)
    for (unsigned int v = 0; v < 8; ++v) {
      const unsigned int c = first_axis[strain], d = second_axis[strain];
      if (c == d) {
        u[c][v][strain] += v >> c & 1;
      } else { // gamma = 1
        u[c][v][strain] += .5 * (v >> d & 1);
        u[d][v][strain] += .5 * (v >> c & 1);
      }
    }
}

/// u := K_e u of the unit cube, in modes, times 16.
void multiply(Kernel::Values &u, const inputs::CellStiffness &stiffness)
{
  const auto all = stiffness.constants();
  double constants[6];
  std::copy(all.begin(), all.end(), constants);
  Kernel::multiply(u, constants);
}

} // namespace

PeriodicCell::PeriodicCell(const PeriodicVoxels &voxels, const std::vector<inputs::CellStiffness> &materials,
                           const SolverParameters &parameters, MPI_Comm comm)
    : voxel_of_cell(own_share(voxels, comm)), mesh(mesh_of(voxel_of_cell, voxels.size, comm)),
      volume(double(voxels.n_voxels()))
{
  for (const auto voxel : voxel_of_cell)
    cell_stiffness.push_back(materials.at(voxels.material[voxel] - 1u));
  solver = std::make_unique<ElasticitySolver>(mesh, 1., FixedComponents(mesh.n_local_nodes(), 0), parameters);
}

/// action(cell, u): u the corner displacement of E x + chi in modes, a lane per macroscopic strain.
template <typename Action>
void PeriodicCell::for_each_cell(const Action &action)
{
  mesh.halo().update_ghosts(fluctuation.data(), fluctuation.values_per_node());
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    Kernel::Values u;
    for (unsigned int v = 0; v < 8; ++v) {
      const auto *values =
          reinterpret_cast<const Lanes *>(fluctuation.data()) + std::size_t(mesh.nodes_of(cell)[v]) * 3;
      for (unsigned int c = 0; c < 3; ++c)
        u[c][v] = values[c];
    }
    add_macroscopic(u);
    Kernel::transform(u);
    action(cell, u);
  }
}

void PeriodicCell::solve()
{
  fluctuation = BlockVector<double>();
  solver->set_stiffness(cell_stiffness);
  BlockVector<double> load(mesh.n_local_nodes(), block_lanes);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    Kernel::Values force = {};
    add_macroscopic(force);
    Kernel::transform(force);
    multiply(force, cell_stiffness[cell]);
    Kernel::transform(force);
    for (unsigned int v = 0; v < 8; ++v) {
      auto *values = reinterpret_cast<Lanes *>(load.data()) + std::size_t(mesh.nodes_of(cell)[v]) * 3;
      for (unsigned int c = 0; c < 3; ++c)
        values[c] -= force[c][v] / 16.;
    }
  }
  mesh.halo().add_ghosts_to_owners(load.data(), load.values_per_node());
  // In a homogeneous medium the forces cancel but for rounding; a solver would take that for a load.
  double largest = 0;
  for (const auto &c : cell_stiffness)
    largest = std::max({largest, c.c11, c.c33});
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, mesh.comm());
  for (std::size_t i = 0; i < std::size_t(mesh.n_owned_nodes()) * load.values_per_node(); ++i)
    if (std::abs(load.data()[i]) < 1e-13 * largest)
      load.data()[i] = 0;

  fluctuation = BlockVector<double>(mesh.n_local_nodes(), block_lanes);
  n_iterations = solver->solve(fluctuation, load).iterations;

  effective = {};
  for_each_cell([&](const std::uint32_t cell, const Kernel::Values &u) {
    Kernel::Values force;
    std::copy(&u[0][0], &u[0][0] + 24, &force[0][0]);
    multiply(force, cell_stiffness[cell]);
    for (unsigned int c = 0; c < 3; ++c)
      for (unsigned int mode = 0; mode < 8; ++mode)
        for (unsigned int k = 0; k < 6; ++k)
          for (unsigned int l = 0; l < 6; ++l)
            effective[k][l] += u[c][mode][k] * force[c][mode][l];
  });
  MPI_Allreduce(MPI_IN_PLACE, &effective[0][0], 36, MPI_DOUBLE, MPI_SUM, mesh.comm());
  for (unsigned int k = 0; k < 6; ++k)
    for (unsigned int l = 0; l <= k; ++l)
      effective[k][l] = effective[l][k] = .5 * (effective[k][l] + effective[l][k]) / (16. * volume);
}

std::vector<double> PeriodicCell::von_mises(const VoigtVector &strain)
{
  std::vector<double> result(mesh.n_cells());
  for_each_cell([&](const std::uint32_t cell, const Kernel::Values &u) {
    // The mode of 1 - 2 x_d is 8 times its coefficient: the slope at the centre is -1/4 of it.
    const auto slope = [&](const unsigned int c, const unsigned int d) {
      double sum = 0;
      for (unsigned int k = 0; k < 6; ++k)
        sum += strain[k] * u[c][1u << d][k];
      return -.25 * sum;
    };
    const double xx = slope(0, 0), yy = slope(1, 1), zz = slope(2, 2);
    const auto &s = cell_stiffness[cell];
    const double sxx = s.c11 * xx + s.c12 * yy + s.c13 * zz, syy = s.c12 * xx + s.c11 * yy + s.c13 * zz,
                 szz = s.c13 * (xx + yy) + s.c33 * zz;
    const double syz = s.c44 * (slope(1, 2) + slope(2, 1)), sxz = s.c44 * (slope(0, 2) + slope(2, 0)),
                 sxy = s.c66 * (slope(0, 1) + slope(1, 0));
    result[cell] = std::sqrt(.5 * ((sxx - syy) * (sxx - syy) + (syy - szz) * (syy - szz) + (szz - sxx) * (szz - sxx)) +
                             3. * (syz * syz + sxz * sxz + sxy * sxy));
  });
  return result;
}

VoigtMatrix inverse(const VoigtMatrix &matrix)
{
  VoigtMatrix lower{}, result{};
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j <= i; ++j) {
      double sum = matrix[i][j];
      for (unsigned int k = 0; k < j; ++k)
        sum -= lower[i][k] * lower[j][k];
      if (i != j)
        lower[i][j] = sum / lower[j][j];
      else if (sum > 1e-12 * matrix[i][i])
        lower[i][i] = std::sqrt(sum);
      else
        throw std::domain_error("the stiffness is not positive definite");
    }
  for (unsigned int column = 0; column < 6; ++column) {
    VoigtVector x{};
    for (unsigned int i = 0; i < 6; ++i) {
      double sum = i == column ? 1. : 0.;
      for (unsigned int k = 0; k < i; ++k)
        sum -= lower[i][k] * x[k];
      x[i] = sum / lower[i][i];
    }
    for (unsigned int i = 6; i-- > 0;) {
      double sum = x[i];
      for (unsigned int k = i + 1; k < 6; ++k)
        sum -= lower[k][i] * x[k];
      x[i] = sum / lower[i][i];
      result[i][column] = x[i];
    }
  }
  return result;
}

VoigtVector tensor_eigenvalues(const VoigtMatrix &matrix)
{
  VoigtMatrix a = matrix;
  for (unsigned int i = 0; i < 6; ++i)
    for (unsigned int j = 0; j < 6; ++j)
      a[i][j] *= (i < 3 ? 1. : std::sqrt(2.)) * (j < 3 ? 1. : std::sqrt(2.));
  // Jacobi's rotations: six sweeps more than suffice for a 6 x 6 matrix.
  for (unsigned int sweep = 0; sweep < 12; ++sweep)
    for (unsigned int p = 0; p < 6; ++p)
      for (unsigned int q = p + 1; q < 6; ++q) {
        if (a[p][q] == 0)
          continue;
        const double theta = (a[q][q] - a[p][p]) / (2. * a[p][q]);
        const double t = (theta >= 0 ? 1. : -1.) / (std::abs(theta) + std::hypot(theta, 1.));
        const double c = 1. / std::hypot(t, 1.), s = t * c;
        for (unsigned int k = 0; k < 6; ++k) {
          const double kp = a[k][p], kq = a[k][q];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (unsigned int k = 0; k < 6; ++k) {
          const double pk = a[p][k], qk = a[q][k];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
        }
      }
  VoigtVector values;
  for (unsigned int i = 0; i < 6; ++i)
    values[i] = a[i][i];
  std::sort(values.begin(), values.end());
  return values;
}

VoigtMatrix voigt_matrix(const inputs::CellStiffness &c)
{
  return {{{c.c11, c.c12, c.c13, 0, 0, 0},
           {c.c12, c.c11, c.c13, 0, 0, 0},
           {c.c13, c.c13, c.c33, 0, 0, 0},
           {0, 0, 0, c.c44, 0, 0},
           {0, 0, 0, 0, c.c44, 0},
           {0, 0, 0, 0, 0, c.c66}}};
}

} // namespace cageopt::solver
