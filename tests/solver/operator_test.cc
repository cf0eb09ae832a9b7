// The matrix-free stiffness against a matrix assembled from deal.II's element matrices, and its exact properties.

#include <cmath>

#include <gtest/gtest.h>

#include <inputs/geometry.h>
#include <solver/cube_kernel.h>
#include <solver/elasticity_operator.h>
#include <solver/largest_eigenvalue.h>
#include <tests/solver/assembled_stiffness.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::solver;
using namespace cageopt::tests;

namespace {

constexpr double unit_length = .35; // mm

/// Fixes x on one plane, y and z here and there.
FixedComponents some_fixed(const OctreeMesh &mesh)
{
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.first_hanging_node(); ++node) {
    fixed[node] = mesh.position(node)[0] == 0 ? 1 : 0;
    if (random_number(lattice_key(mesh.position(node)), 21) < .1)
      fixed[node] |= 6;
  }
  return fixed;
}

/// apply(), vmult(), zero_fixed() and inverse_diagonal() against the assembled matrix; `rounding` of Number.
template <typename Number>
void compare_with_assembled(const unsigned int lanes, const double rounding)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD))
    for (const auto kind : material_kinds) {
      SCOPED_TRACE(sample.name + ", material kind " + std::to_string(static_cast<int>(kind)));
      const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
      const auto materials = random_materials(mesh, kind, 2., 31);
      const AssembledStiffness matrix(mesh, unit_length, materials);
      const auto fixed = some_fixed(mesh);
      ElasticityOperator<Number> stiffness(mesh, unit_length, fixed);
      stiffness.set_stiffness(materials);

      BlockVector<Number> u(mesh.n_local_nodes(), lanes), product(mesh.n_local_nodes(), lanes), reduced(product);
      const auto value = [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
        return double(Number(random_value(p, c, lane, 41)));
      };
      fill_owned<Number>(mesh, u, value);
      stiffness.apply(product, u);
      stiffness.vmult(reduced, u);

      // Row by row; the scale of rounding is sum_j |K_ij| |u_j|.
      const std::size_t n = matrix.size();
      std::vector<std::vector<double>> expected(lanes), x(lanes, std::vector<double>(n));
      const NodesByDefinition nodes(gather_all(mesh.comm(), mesh.cells()));
      for (unsigned int lane = 0; lane < lanes; ++lane) {
        for (const auto &[point, index] : nodes.index)
          for (unsigned int c = 0; c < 3; ++c)
            x[lane][matrix.row_of(point) + c] = value(point, c, lane);
        expected[lane] = matrix * x[lane];
      }
      double error = 0, diagonal_error = 0;
      int n_not_zero = 0;
      const auto inverse_diagonal = stiffness.inverse_diagonal();
      for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
        for (unsigned int c = 0; c < 3; ++c) {
          const std::size_t row = matrix.row_of(mesh.position(node)) + c;
          const bool is_fixed = fixed[node] >> c & 1;
          double scale = 0;
          for (std::size_t j = 0; j < n; ++j)
            scale += std::abs(matrix(row, j)) * .5;
          for (unsigned int lane = 0; lane < lanes; ++lane) {
            error = std::max(error, std::abs(product(node, c, lane) - expected[lane][row]) / scale);
            n_not_zero += reduced(node, c, lane) != (is_fixed ? Number(0) : product(node, c, lane));
          }
          const double inverse = inverse_diagonal[3 * node + c];
          if (is_fixed)
            n_not_zero += inverse != 0;
          else
            diagonal_error = std::max(diagonal_error, std::abs(inverse * matrix(row, row) - 1.));
        }
      EXPECT_LT(error, rounding);
      EXPECT_LT(diagonal_error, rounding);
      EXPECT_EQ(n_not_zero, 0) << "fixed components not zeroed, or free ones changed";
    }
}

/// Rayleigh quotient of D^-1 K after many power iterations: a lower bound of the largest eigenvalue, all but equal to
/// it.
double largest_eigenvalue_by_power_iteration(const ElasticityOperator<double> &stiffness)
{
  const auto &mesh = stiffness.mesh();
  const auto inverse_diagonal = stiffness.inverse_diagonal();
  BlockVector<double> x(mesh.n_local_nodes(), 1), y(x), dx(x);
  fill_owned<double>(mesh, x, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
    return random_value(p, c, lane, 52);
  });
  double quotient = 0;
  for (unsigned int step = 0; step < 300; ++step) {
    stiffness.apply(y, x);
    for (std::size_t i = 0; i < inverse_diagonal.size(); ++i)
      dx.data()[i] = x.data()[i] / inverse_diagonal[i];
    const double scale = inner_product(mesh, x, dx);
    quotient = inner_product(mesh, x, y) / scale;
    for (std::size_t i = 0; i < inverse_diagonal.size(); ++i)
      x.data()[i] = inverse_diagonal[i] * y.data()[i] / std::sqrt(scale);
  }
  return quotient;
}

} // namespace

TEST(CubeKernel, ElementMatrixIsThatOfGaussQuadrature)
{
  const auto &parts = element_matrices_by_quadrature();
  const double h = 1.7;
  const std::array<double, 6> constants = {3.1, 2.3, -.4, .7, .9, 1.3};
  const double cubic[3] = {3.1, -.4, .9};
  using Kernel = CubeKernel<double, double>;
  for (unsigned int column = 0; column < 24; ++column) {
    Kernel::Values u = {}, v = {};
    u[column % 3][column / 3] = v[column % 3][column / 3] = 1.;
    Kernel::transform(u);
    Kernel::transform(v);
    double scaled[6], scaled_cubic[3];
    for (unsigned int k = 0; k < 6; ++k)
      scaled[k] = h / 16. * constants[k];
    for (unsigned int k = 0; k < 3; ++k)
      scaled_cubic[k] = h / 16. * cubic[k];
    Kernel::multiply(u, scaled);
    Kernel::multiply(v, scaled_cubic);
    Kernel::transform(u);
    Kernel::transform(v);
    for (unsigned int row = 0; row < 24; ++row) {
      double expected = 0, expected_cubic = 0;
      for (unsigned int k = 0; k < 6; ++k) {
        expected += h * constants[k] * parts[k][row][column];
        expected_cubic += h * cubic[k / 2] * parts[k][row][column];
      }
      EXPECT_NEAR(u[row % 3][row / 3], expected, 1e-14);
      EXPECT_NEAR(v[row % 3][row / 3], expected_cubic, 1e-14);
    }
    const unsigned int c = column % 3;
    for (unsigned int corner = 0; corner < 8; ++corner)
      EXPECT_NEAR(cube_entry(h, constants, c, corner ^ (column / 3)), u[c][corner], 1e-14);
    EXPECT_NEAR(cube_diagonal(h, constants, c), u[c][column / 3], 1e-14);
  }
}

TEST(OperatorMpi, IsTheAssembledMatrixInDouble)
{
  compare_with_assembled<double>(1, 1e-14);
  compare_with_assembled<double>(block_lanes, 1e-14);
}

TEST(OperatorMpi, IsTheAssembledMatrixInFloat)
{
  compare_with_assembled<float>(1, 2e-6);
  compare_with_assembled<float>(block_lanes, 2e-6);
}

TEST(OperatorMpi, LargestEigenvalueIsEstimatedWithinTheSafetyFactor)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD))
    for (int kind = -1; kind < 4; ++kind) { // homogeneous, then each of material_kinds
      SCOPED_TRACE(sample.name + ", material kind " + std::to_string(kind));
      const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
      const auto materials = kind < 0 ? std::vector<CellStiffness>(mesh.n_cells(), CubicStiffness::isotropic(5., .3))
                                      : random_materials(mesh, material_kinds[kind], 3., 51);
      ElasticityOperator<double> stiffness(mesh, unit_length, {});
      stiffness.set_stiffness(materials);
      ElasticityOperator<float> in_float(mesh, unit_length, {});
      in_float.set_stiffness(materials);
      const auto inverse_diagonal = in_float.inverse_diagonal();
      const auto jacobi = [&](BlockVector<float> &z, const BlockVector<float> &r) {
        for (std::size_t i = 0; i < inverse_diagonal.size(); ++i)
          z.data()[i] = inverse_diagonal[i] * r.data()[i];
      };
      const double estimate = largest_eigenvalue(in_float, inverse_diagonal, jacobi, 8);
      const double largest = largest_eigenvalue_by_power_iteration(stiffness);
      EXPECT_LT(estimate, (1. + 1e-4) * largest);
      EXPECT_GT(1.2 * estimate, largest);
    }
}

TEST(OperatorMpi, CellFormsAreTheElementMatrices)
{
  const auto &parts = element_matrices_by_quadrature();
  for (const unsigned int lanes : {1u, block_lanes})
    for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
      const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
      const NodesByDefinition nodes(gather_all(mesh.comm(), mesh.cells()));
      BlockVector<double> u(mesh.n_local_nodes(), lanes), v(u);
      const auto value = [](const std::uint64_t seed) {
        return [seed](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
          return random_value(p, c, lane, seed);
        };
      };
      fill_owned<double>(mesh, u, value(61));
      fill_owned<double>(mesh, v, value(62));
      const auto forms = cell_forms(mesh, unit_length, u, v);
      double error = 0;
      for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
        std::array<double, 3> expected{};
        for (unsigned int lane = 0; lane < lanes; ++lane) {
          double x[2][24];
          for (unsigned int i = 0; i < 24; ++i)
            for (unsigned int which = 0; which < 2; ++which) {
              const auto &masters = nodes.masters.at(mesh.cell(cell).vertex(i / 3));
              x[which][i] = 0;
              for (const auto &master : masters)
                x[which][i] += random_value(master, i % 3, lane, 61 + which) / static_cast<double>(masters.size());
            }
          for (unsigned int k = 0; k < 6; ++k) // C11 and C33, C12 and C13, C44 and C66 are one in a cubic material
            for (unsigned int i = 0; i < 24; ++i)
              for (unsigned int j = 0; j < 24; ++j)
                expected[k / 2] += unit_length * mesh.cell(cell).edge() * x[0][i] * parts[k][i][j] * x[1][j];
        }
        for (unsigned int k = 0; k < 3; ++k)
          error = std::max(error, std::abs(forms[cell][k] - expected[k]));
      }
      EXPECT_LT(error, 1e-13 * lanes * 8) << sample.name << ", " << lanes << " lanes";
    }
}

TEST(OperatorMpi, IsSymmetricAndRigidMotionsHaveNoEnergy)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD)) {
    SCOPED_TRACE(sample.name);
    const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
    ElasticityOperator<double> stiffness(mesh, unit_length, some_fixed(mesh));
    stiffness.set_stiffness(random_materials(mesh, MaterialKind::mixed, 9., 71));
    const auto vector = [&] { return BlockVector<double>(mesh.n_local_nodes(), block_lanes); };
    auto u = vector(), v = vector(), ku = vector(), kv = vector();
    fill_owned<double>(mesh, u, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      return random_value(p, c, lane, 72);
    });
    fill_owned<double>(mesh, v, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      return random_value(p, c, lane, 73);
    });
    stiffness.zero_fixed(u);
    stiffness.zero_fixed(v);
    stiffness.vmult(ku, u);
    stiffness.vmult(kv, v);
    const double scale = inner_product(mesh, u, ku);
    EXPECT_GT(scale, 0.);
    EXPECT_NEAR(inner_product(mesh, v, ku), inner_product(mesh, u, kv), 1e-13 * scale);

    // Lanes 0-2 translations, 3-5 rotations, about a point off the lattice. Compared with the same displacements' size
    // taken against the springs of the diagonal, u^T D u.
    fill_owned<double>(mesh, u, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      if (lane >= 6)
        return 0.;
      const Point arm = {p[0] - 3.3, p[1] + 1.7, p[2] - 5.1};
      Point axis = {0., 0., 0.};
      axis[lane % 3] = 1.;
      return lane < 3 ? axis[c] : cross(axis, arm)[c];
    });
    ElasticityOperator<double> free(mesh, unit_length, {});
    free.set_stiffness(random_materials(mesh, MaterialKind::mixed, 9., 71));
    const auto inverse_diagonal = free.inverse_diagonal();
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        for (unsigned int lane = 0; lane < block_lanes; ++lane)
          v(node, c, lane) = u(node, c, lane) / inverse_diagonal[3 * node + c];
    free.apply(ku, u);
    for (int mode = 0; mode < 6; ++mode)
      EXPECT_LT(std::abs(inner_product(mesh, u, ku, mode)), 1e-12 * inner_product(mesh, u, v, mode)) << "mode " << mode;
  }
}
