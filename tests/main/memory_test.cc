#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <main/process_memory.h>
#include <meshing/forest.h>
#include <solver/elasticity_solver.h>
#include <solver/memory_budget.h>

namespace {

using namespace cageopt;

int n_ranks()
{
  int n = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &n);
  return n;
}

} // namespace

TEST(MemoryBudgetMpi, PeakIsTheSetUpOrAllThatIsHeldBesideTheLargestPassing)
{
  solver::MemoryBudget budget;
  budget.set_up("forest", 100.);
  budget.hold("mesh", 30.);
  budget.hold("solver", 20.);
  EXPECT_EQ(budget.peak(), 100.);
  EXPECT_EQ(budget.peak_after_set_up(), 50.);
  budget.pass("solve", 60.);
  budget.pass("output", 10.);
  EXPECT_EQ(budget.peak(), 110.);
  EXPECT_EQ(budget.peak_after_set_up(), 110.);

  std::ostringstream text;
  budget.print(text, MPI_COMM_WORLD, 10);
  EXPECT_NE(text.str().find(std::to_string(11 * n_ranks()) + " bytes per unknown"), std::string::npos) << text.str();
  for (const char *word : {"forest", "mesh", "solver", "solve", "output"})
    EXPECT_NE(text.str().find(word), std::string::npos);
}

TEST(MemoryBudgetMpi, MoreThanTheMachineHasIsRefused)
{
  const auto available = available_memory_per_rank(MPI_COMM_WORLD);
  if (available == 0)
    GTEST_SKIP() << "the system does not tell what memory is available";
  EXPECT_GT(available, 1u << 20);
  EXPECT_NO_THROW(require_memory(1e6, MPI_COMM_WORLD));
  try {
    require_memory(1e15, MPI_COMM_WORLD);
    FAIL() << "a petabyte was not refused";
  } catch (const inputs::Error &error) {
    EXPECT_EQ(error.code, inputs::ExitCode::bad_input);
    const std::string text = error.what();
    EXPECT_NE(text.find("1000000.0 GB more on the largest rank"), std::string::npos) << text;
    EXPECT_NE(text.find("Mesh/Cell size"), std::string::npos) << text;
  }
}

TEST(MemoryBudget, IsWhatASolverTakes)
{
  // 48^3 cells, one right-hand side and six: what becomes resident beside the mesh, against the reckoning.
  const meshing::OctreeMesh mesh(MPI_COMM_SELF, meshing::make_box_leaves(MPI_COMM_SELF, {48, 48, 48}));
  solver::FixedComponents fixed(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    fixed[node] = mesh.position(node)[2] == 0 ? 7 : 0;
  const auto size = solver::MeshSize::of(mesh);
  return_freed_memory(); // as the program does
  for (const unsigned int n_columns : {1u, 6u}) {
    trim_heap();
    const double before = double(resident_memory());
    if (before == 0)
      GTEST_SKIP() << "the system does not tell what memory is resident";
    solver::ElasticitySolver elasticity(mesh, 1., fixed, {});
    elasticity.set_stiffness(
        std::vector<inputs::CellStiffness>(mesh.n_cells(), inputs::CubicStiffness::isotropic(1., .3)));
    auto u = elasticity.make_vector(n_columns), f = u;
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
      for (unsigned int column = 0; column < n_columns; ++column)
        f(node, column % 3, column) = mesh.position(node)[2] > 40;
    elasticity.solve(u, f);
    trim_heap();
    const double held = double(resident_memory()) - before;
    const double reckoned =
        solver::elasticity_memory(size, n_columns, 3, {}) + 2. * solver::block_memory(size, n_columns);
    EXPECT_GT(held, .6 * reckoned) << n_columns << " columns";
    EXPECT_LT(held, 1.5 * reckoned) << n_columns << " columns";
  }
}
