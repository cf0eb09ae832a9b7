// The back ends of the linear solver against each other, the assembled matrix against the operator, and refusals.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <solver/assembled_matrix.h>
#include <solver/cube_matrix.h>
#include <solver/elasticity_solver.h>
#include <solver/library_error.h>
#include <solver/petsc_back_end.h>
#include <tests/solver/assembled_stiffness.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::solver;
using namespace cageopt::tests;

namespace {

constexpr double unit_length = .35; // mm
const std::vector<std::string> matrix_back_ends = {"petsc gamg", "petsc boomeramg", "petsc mumps", "trilinos ml"};

SolverParameters parameters_of(const std::string &back_end, const double tolerance)
{
  SolverParameters parameters;
  parameters.back_end = back_end;
  parameters.relative_tolerance = tolerance;
  return parameters;
}

/// All components below, and y above, are prescribed; the latter only where x is even, so that nodes are partly fixed.
FixedComponents some_fixed(const OctreeMesh &mesh, const std::int32_t height)
{
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.first_hanging_node(); ++node) {
    const auto &point = mesh.position(node);
    fixed[node] = point[2] == 0 ? 7 : (point[2] == height && point[0] % 2 == 0 ? 2 : 0);
  }
  return fixed;
}

/// Random octrees with hanging nodes, along the curve and dealt out to the ranks without order.
std::vector<OctreeCell> adaptive_leaves(const bool curve)
{
  const auto leaves = random_leaves(MPI_COMM_WORLD, {2, 1, 1}, 3, 201);
  return curve ? leaves : dealt_out(MPI_COMM_WORLD, leaves, 202);
}

/// Largest difference of two fields on all local nodes, relative to the largest value of `expected`, lane by lane.
double difference(const OctreeMesh &mesh, const BlockVector<double> &u, const BlockVector<double> &expected)
{
  double worst = 0;
  for (unsigned int lane = 0; lane < u.lanes(); ++lane) {
    double error = 0, size = 0;
    for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c) {
        error = std::max(error, std::abs(u(node, c, lane) - expected(node, c, lane)));
        size = std::max(size, std::abs(expected(node, c, lane)));
      }
    worst = std::max(worst, maximum(mesh, error) / std::max(maximum(mesh, size), 1e-300));
  }
  return worst;
}

/// The message of the Error of `code` that `action` must throw.
template <typename Action>
std::string error_of(const ExitCode code, const Action &action)
{
  try {
    action();
  } catch (const Error &error) {
    EXPECT_EQ(error.code, code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

} // namespace

TEST(CubeMatrix, IsThatOfDealII)
{
  for (unsigned int k = 0; k < 6; ++k)
    for (unsigned int i = 0; i < 24; ++i)
      for (unsigned int j = 0; j < 24; ++j)
        EXPECT_NEAR(unit_cube_matrices()[k][i][j], element_matrices_by_quadrature()[k][i][j], 1e-15)
            << i << ' ' << j << ' ' << k;
}

TEST(CubeMatrix, HasTheEnergyOfUniformStrain)
{
  // u = E x: energy of the unit cube is the law's density, for each of the six constants alone.
  const double e[3][3] = {{.3, -.2, .5}, {-.2, .7, .4}, {.5, .4, -.6}};
  const double xx = e[0][0], yy = e[1][1], zz = e[2][2], yz = 2. * e[1][2], xz = 2. * e[0][2], xy = 2. * e[0][1];
  const double expected[6] = {xx * xx + yy * yy,   zz * zz,           2. * xx * yy,
                              2. * (xx + yy) * zz, xz * xz + yz * yz, xy * xy};
  for (unsigned int k = 0; k < 6; ++k) {
    double energy = 0;
    const auto u = [&](const unsigned int i) {
      const unsigned int corner = i / 3, c = i % 3;
      return e[c][0] * (corner & 1) + e[c][1] * (corner >> 1 & 1) + e[c][2] * (corner >> 2 & 1);
    };
    for (unsigned int i = 0; i < 24; ++i)
      for (unsigned int j = 0; j < 24; ++j)
        energy += u(i) * unit_cube_matrices()[k][i][j] * u(j);
    EXPECT_NEAR(energy, expected[k], 1e-14) << "constant " << k;
  }
}

TEST(AssembledMatrixMpi, IsTheOperator)
{
  for (const auto &sample : sample_meshes(MPI_COMM_WORLD))
    for (const auto kind : material_kinds)
      for (const bool with_fixed : {false, true}) {
        SCOPED_TRACE(sample.name + ", material " + std::to_string(static_cast<int>(kind)) +
                     (with_fixed ? ", supports" : ""));
        const OctreeMesh mesh(MPI_COMM_WORLD, sample.leaves);
        const auto materials = random_materials(mesh, kind, 3., 211);
        const auto fixed = with_fixed ? some_fixed(mesh, 4) : FixedComponents(mesh.n_local_nodes(), 0);
        ElasticityOperator<double> stiffness(mesh, unit_length, fixed);
        stiffness.set_stiffness(materials);
        const AssembledMatrix matrix(mesh, unit_length, fixed);
        matrix.assemble(random_materials(mesh, MaterialKind::mixed, 1., 212)); // leaves no trace in what follows
        const auto values = matrix.assemble(materials);

        BlockVector<double> u(mesh.n_local_nodes(), 1), product(u);
        fill_owned<double>(mesh, u, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
          return random_value(p, c, lane, 213);
        });
        stiffness.zero_fixed(u);
        stiffness.vmult(product, u);
        const std::vector<double> own(u.data(), u.data() + 3 * std::size_t(mesh.n_owned_nodes()));
        const auto all = gather_all(MPI_COMM_WORLD, own); // by rank, which is the order of the global numbers
        double error = 0;
        int n_bad_diagonals = 0, n_not_eliminated = 0;
        for (std::uint32_t row = 0; row < matrix.n_rows(); ++row)
          for (unsigned int i = 0; i < 3; ++i) {
            double sum = 0, scale = 0;
            const bool is_fixed = fixed[row] >> i & 1;
            for (std::uint32_t k = 0; k < matrix.n_columns(row); ++k)
              for (unsigned int j = 0; j < 3; ++j) {
                const int column = matrix.columns(row)[k];
                const double entry = values[matrix.values_begin(row) + (i * matrix.n_columns(row) + k) * 3 + j];
                sum += entry * all[3 * column + j];
                scale += std::abs(entry) * .5;
                if (column == matrix.first_row() + static_cast<int>(row) && i == j)
                  n_bad_diagonals += !(entry > 0);
                else if (is_fixed)
                  n_not_eliminated += entry != 0;
              }
            error = std::max(error, std::abs(sum - product(row, i)) / scale);
          }
        EXPECT_LT(error, 1e-13);
        EXPECT_EQ(n_bad_diagonals, 0);
        EXPECT_EQ(n_not_eliminated, 0);
      }
}

TEST(BackEndMpi, AllAgree)
{
  constexpr double tolerance = 1e-10;
  for (const unsigned int columns : {1u, 6u}) {
    const bool curve = columns == 6;
    const OctreeMesh mesh(MPI_COMM_WORLD, adaptive_leaves(curve));
    const auto fixed = some_fixed(mesh, 8);
    const auto first = random_materials(mesh, MaterialKind::isotropic, 2., 221),
               second = random_materials(mesh, MaterialKind::mixed, 3., 222);
    const auto solve = [&](ElasticitySolver &solver) {
      auto u = solver.make_vector(columns), f = solver.make_vector(columns);
      fill_owned<double>(mesh, f, [&](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
        return lane < columns && lane != 4 ? random_value(p, c, lane, 223) : 0.;
      });
      fill_owned<double>(mesh, u, [&](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
        return lane < columns && lane != 5 ? 1e-3 * random_value(p, c, lane, 224) : 0.; // where fixed; else the start
      });
      const auto report = solver.solve(u, f);
      for (const double residual : report.relative_residual)
        EXPECT_LE(residual, 10. * tolerance);
      return u;
    };
    ElasticitySolver reference(mesh, unit_length, fixed, parameters_of("multigrid", tolerance));
    reference.set_stiffness(first);
    const auto u_first = solve(reference);
    reference.set_stiffness(second);
    const auto u_second = solve(reference);
    EXPECT_GT(difference(mesh, u_first, u_second), 1e-2) << "the sample is meant to tell the materials apart";
    for (const auto &back_end : matrix_back_ends) {
      SCOPED_TRACE(back_end + ", " + std::to_string(columns) + (curve ? ", by curve" : ", dealt out"));
      ElasticitySolver solver(mesh, unit_length, fixed, parameters_of(back_end, tolerance));
      solver.set_stiffness(first);
      EXPECT_LT(difference(mesh, solve(solver), u_first), 1e-7);
      solver.set_stiffness(second); // the same pattern with new entries
      EXPECT_LT(difference(mesh, solve(solver), u_second), 1e-7);
    }
  }
}

TEST(BackEndMpi, SolveConsistentSemidefiniteSystems)
{
  // Only u_z is prescribed, below and above: a homogeneous block under uniaxial stress has the energy E (d/H)^2 V.
  const double youngs = 1200., shift = -.1, height = 8 * unit_length;
  const OctreeMesh mesh(MPI_COMM_WORLD, adaptive_leaves(true));
  FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.first_hanging_node(); ++node)
    fixed[node] = mesh.position(node)[2] % 8 == 0 ? 4 : 0;
  for (const auto &back_end : matrix_back_ends) {
    SCOPED_TRACE(back_end);
    ElasticitySolver solver(mesh, unit_length, fixed, parameters_of(back_end, 1e-9));
    solver.set_stiffness(std::vector<CellStiffness>(mesh.n_cells(), CubicStiffness::isotropic(youngs, .3)));
    auto u = solver.make_vector(1);
    const auto f = solver.make_vector(1);
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
      if (mesh.position(node)[2] == 8)
        u(node, 2) = shift;
    solver.solve(u, f);
    const auto forces = solver.internal_forces(u);
    const double strain = shift / height, volume = 2. * height * height * height;
    EXPECT_NEAR(inner_product(mesh, u, forces), youngs * strain * strain * volume,
                1e-8 * youngs * strain * strain * volume);
  }
}

TEST(BackEndMpi, NodesWithoutStiffnessStayOut)
{
  // The upper half of the block is void, and where its nodes are is of no meaning; those of the other half agree.
  const OctreeMesh mesh(MPI_COMM_WORLD, adaptive_leaves(true));
  const auto fixed = some_fixed(mesh, -1);
  auto materials = random_materials(mesh, MaterialKind::isotropic, 1., 231);
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
    if (mesh.cell(cell).corner[2] >= 4)
      materials[cell] = CellStiffness();
  BlockVector<double> expected;
  for (const std::string back_end : {"multigrid", "petsc gamg", "petsc boomeramg", "petsc mumps", "trilinos ml"}) {
    SCOPED_TRACE(back_end);
    ElasticitySolver solver(mesh, unit_length, fixed, parameters_of(back_end, 1e-10));
    solver.set_stiffness(materials);
    auto u = solver.make_vector(1), f = solver.make_vector(1);
    fill_owned<double>(mesh, f, [&](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      return p[2] < 4 ? random_value(p, c, lane, 232) : 0.;
    });
    solver.solve(u, f);
    if (back_end == "multigrid")
      expected = u;
    double error = 0, size = 0;
    for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell)
      if (mesh.cell(cell).corner[2] < 4)
        for (const auto node : mesh.nodes_of(cell))
          for (unsigned int c = 0; c < 3; ++c) {
            error = std::max(error, std::abs(u(node, c) - expected(node, c)));
            size = std::max(size, std::abs(expected(node, c)));
          }
    EXPECT_LT(maximum(mesh, error), 1e-7 * maximum(mesh, size));
  }
}

TEST(BackEndMpi, ReachingTheIterationLimitIsAnError)
{
  const OctreeMesh mesh(MPI_COMM_WORLD, adaptive_leaves(true));
  for (const std::string back_end : {"multigrid", "petsc gamg", "petsc boomeramg", "trilinos ml"}) {
    auto parameters = parameters_of(back_end, 1e-10);
    parameters.maximum_iterations = 1;
    ElasticitySolver solver(mesh, unit_length, some_fixed(mesh, 8), parameters);
    solver.set_stiffness(random_materials(mesh, MaterialKind::mixed, 3., 241));
    auto u = solver.make_vector(6), f = solver.make_vector(6);
    fill_owned<double>(mesh, f, [](const LatticePoint &p, const unsigned int c, const unsigned int lane) {
      return lane < 6 ? random_value(p, c, lane, 242) : 0.;
    });
    const auto message = error_of(ExitCode::not_converged, [&] { solver.solve(u, f); });
    for (const std::string &part : {"'" + back_end + "' did not converge", std::string("relative residual"),
                                    std::string("after 1 iterations"), std::string("1e-10"), std::string("Way out:")})
      EXPECT_NE(message.find(part), std::string::npos) << part << " is missing in: " << message;
  }
}

TEST(BackEndMpi, ADirectSolverRefusesLargeProblems)
{
  const OctreeMesh mesh(MPI_COMM_WORLD, make_forest_leaves(
                                            MPI_COMM_WORLD, {3, 3, 4}, 4, [](const OctreeCell &) { return true; },
                                            [](const OctreeCell &) { return 0u; }));
  ASSERT_GT(3 * mesh.n_global_nodes(), PetscBackEnd::direct_limit);
  const auto message = error_of(ExitCode::bad_input, [&] {
    ElasticitySolver(mesh, 1., FixedComponents(mesh.n_local_nodes(), 0), parameters_of("petsc mumps", 1e-6));
  });
  for (const std::string &part : {std::to_string(3 * mesh.n_global_nodes()), std::to_string(PetscBackEnd::direct_limit),
                                  std::string("memory"), std::string("Way out:")})
    EXPECT_NE(message.find(part), std::string::npos) << part << " is missing in: " << message;
}

TEST(BackEndMpi, UnknownNamesAndNotANumberAreRefused)
{
  const OctreeMesh mesh(MPI_COMM_WORLD, adaptive_leaves(true));
  const auto fixed = some_fixed(mesh, 8);
  const auto message =
      error_of(ExitCode::bad_input, [&] { ElasticitySolver(mesh, unit_length, fixed, parameters_of("petsc", 1e-6)); });
  EXPECT_NE(message.find("trilinos ml"), std::string::npos) << message;
  auto materials = random_materials(mesh, MaterialKind::isotropic, 1., 251);
  materials.front().c12 = std::numeric_limits<double>::quiet_NaN();
  for (const auto &back_end : matrix_back_ends) {
    ElasticitySolver solver(mesh, unit_length, fixed, parameters_of(back_end, 1e-6));
    const auto text = error_of(ExitCode::internal_error, [&] { solver.set_stiffness(materials); });
    EXPECT_NE(text.find("not finite"), std::string::npos) << text;
  }
}

TEST(BackEndMpi, AFailureOnAllRanksIsOneError)
{
  const auto message = error_of(ExitCode::internal_error, [] { throw_library_error(MPI_COMM_WORLD, "It failed."); });
  EXPECT_NE(message.find("It failed."), std::string::npos) << message;
}
