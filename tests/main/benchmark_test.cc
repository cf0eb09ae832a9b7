#include <array>
#include <fstream>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <main/benchmark/benchmark_problem.h>
#include <main/benchmark/message_counter.h>
#include <main/benchmark/peak_memory.h>
#include <main/benchmark/trabecular_block.h>
#include <solver/communication_model.h>

namespace {

using namespace cageopt;

int rank_of(MPI_Comm comm)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}

int n_ranks_of(MPI_Comm comm)
{
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  return n_ranks;
}

TEST(BenchmarkProblem, GyroidSheetFillsAQuarter)
{
  std::uint64_t state = 1;
  const auto random = [&] { // Knuth's 64-bit linear congruential generator
    state = 6364136223846793005ull * state + 1442695040888963407ull;
    return double(state >> 11) / 9007199254740992.;
  };
  constexpr int n = 2000000; // standard deviation 0.03 %
  int n_inside = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random(), y = random(), z = random();
    n_inside += is_in_gyroid_sheet({x, y, z});
  }
  EXPECT_NEAR(double(n_inside) / n, .25, .002);
}

TEST(BenchmarkProblemMpi, CubeHasItsFractionAndContrastOnAnyRanks)
{
  for (const auto &[is_solid, fraction, tolerance] :
       {std::tuple{&is_in_gyroid_sheet, .25, .01}, std::tuple{&is_in_ball, 4. / 3. * 3.14159265 / 64., .001}}) {
    const auto problem = make_cube_problem("cube", 48, is_solid, TopFace::traction, MPI_COMM_WORLD);
    const auto stiffness = problem.materials.at(0).stiffness(1e4);
    double sums[2] = {0, double(stiffness.size())};
    for (const auto &cell : stiffness) {
      const bool is_stiff = cell.c44 > 1e-3; // of E = 1: 1 / 2.6
      EXPECT_NEAR(cell.c44, (is_stiff ? 1. : 1e-4) / 2.6, 1e-12);
      sums[0] += is_stiff;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    EXPECT_EQ(sums[1], 48. * 48. * 48.);
    EXPECT_NEAR(sums[0] / sums[1], fraction, tolerance);
  }
}

TEST(BenchmarkProblemMpi, SingleColumnIsTheUniformTraction)
{
  const auto problem = make_cube_problem("cube", 6, is_in_ball, TopFace::traction, MPI_COMM_WORLD);
  const auto f = problem.right_hand_side(problem.column);
  const auto &mesh = problem.domain->mesh;
  double total = 0;
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
    const auto &p = mesh.position(node);
    const auto share = [](const int x) { return x == 0 || x == 6 ? .5 : 1.; }; // faces around a node, halves
    EXPECT_NEAR(f(node, 2), p[2] == 6 ? share(p[0]) * share(p[1]) / 36. : 0., 1e-12);
    EXPECT_NEAR(f(node, 0), 0., 1e-12);
    total += f(node, 2);
  }
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_NEAR(total, 1., 1e-12);
}

TEST(TrabecularBlock, BoneVolumeIsNearThePublished)
{
  const std::string data = CAGEOPT_SOURCE_DIR "/../shared/data";
  if (!std::ifstream(TrabecularBlock::image_path(data)).good())
    GTEST_SKIP() << TrabecularBlock::image_path(data) << " is absent";
  const TrabecularBlock block(data, MPI_COMM_SELF);
  EXPECT_EQ(block.n_voxels(), 200u);
  for (const unsigned int cells : {50u, 100u}) {
    double n_bone = 0;
    for (const bool is_bone : block.bone(cells))
      n_bone += is_bone;
    // ciclope: 24.71 % after smoothing and closing, which fills pores that are kept here
    EXPECT_NEAR(n_bone / (double(cells) * cells * cells), .2471, .03) << cells;
  }
}

TEST(MessageCounterMpi, CountsWhatIsSent)
{
  MPI_Comm comm = MPI_COMM_WORLD;
  const int rank = rank_of(comm), n_ranks = n_ranks_of(comm);
  const std::vector<double> values(10, rank);
  std::vector<double> received(10), all(10 * n_ranks);
  const auto before = MessageCounter::now();
  MPI_Request request;
  MPI_Isend(values.data(), 10, MPI_DOUBLE, (rank + 1) % n_ranks, 1, comm, &request);
  MPI_Recv(received.data(), 10, MPI_DOUBLE, (rank + n_ranks - 1) % n_ranks, 1, comm, MPI_STATUS_IGNORE);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  double sum = 1;
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_MAX, comm);
  MPI_Allgather(values.data(), 10, MPI_DOUBLE, all.data(), 10, MPI_DOUBLE, comm);
  const auto counted = MessageCounter::now() - before;
  EXPECT_EQ(counted.messages, 1u);
  EXPECT_EQ(counted.bytes, 80u);
  EXPECT_EQ(counted.reductions, 2u);
  EXPECT_EQ(counted.gathers, 1u);
  EXPECT_EQ(received[0], (rank + n_ranks - 1) % n_ranks); // and it still arrives
  EXPECT_EQ(sum, n_ranks);
}

TEST(PeakMemoryMpi, SeesWhatWasUsedAndFreedAndForgetsWhatWasBefore)
{
  constexpr std::size_t n_bytes = 64 << 20;
  const auto use = [](const std::size_t n) {
    std::vector<char> block(n, 1);
    asm volatile("" : : "r"(block.data()) : "memory");
  };
  use(3 * n_bytes);
  const PeakMemory memory;
  use(n_bytes);
  const auto growth = memory.growth(MPI_COMM_WORLD);
  if (!growth)
    GTEST_SKIP() << "this system does not let a process reset its peak of memory";
  const double per_rank = *growth / n_ranks_of(MPI_COMM_WORLD);
  EXPECT_GE(per_rank, .98 * n_bytes);
  EXPECT_LE(per_rank, 1.2 * n_bytes);
}

TEST(CommunicationModel, IsExactForEqualBoxes)
{
  const std::array<unsigned int, 3> cells = {8, 6, 12}, ranks = {4, 1, 3};
  // Every node's owner is the lowest rank that touches it, the rest are ghosts of the ranks that touch it.
  double n_ghosts = 0, n_pairs = 0;
  const auto rank_at = [&](const unsigned int x, const unsigned int y, const unsigned int z) {
    return x + ranks[0] * (y + ranks[1] * z);
  };
  const unsigned int n_ranks = ranks[0] * ranks[1] * ranks[2];
  std::vector<std::vector<bool>> sends(n_ranks, std::vector<bool>(n_ranks, false));
  for (unsigned int z = 0; z <= cells[2]; ++z)
    for (unsigned int y = 0; y <= cells[1]; ++y)
      for (unsigned int x = 0; x <= cells[0]; ++x) {
        std::vector<unsigned int> touching;
        for (unsigned int k = 0; k < ranks[2]; ++k)
          for (unsigned int j = 0; j < ranks[1]; ++j)
            for (unsigned int i = 0; i < ranks[0]; ++i)
              if (x * ranks[0] >= i * cells[0] && x * ranks[0] <= (i + 1) * cells[0] && y * ranks[1] >= j * cells[1] &&
                  y * ranks[1] <= (j + 1) * cells[1] && z * ranks[2] >= k * cells[2] &&
                  z * ranks[2] <= (k + 1) * cells[2])
                touching.push_back(rank_at(i, j, k));
        for (std::size_t i = 1; i < touching.size(); ++i) {
          ++n_ghosts;
          sends[touching[0]][touching[i]] = true;
        }
      }
  for (const auto &row : sends)
    for (const bool sent : row)
      n_pairs += sent;
  const solver::CommunicationModel model{cells, ranks};
  const solver::MultigridParameters parameters;
  const auto cycle = model.per_cycle(parameters), iteration = model.per_iteration(parameters);
  EXPECT_NEAR((iteration.messages - cycle.messages) / 2., n_pairs / n_ranks, 1e-12);
  EXPECT_NEAR((iteration.bytes - cycle.bytes) / (2. * 3. * sizeof(double)), n_ghosts / n_ranks, 1e-9);
}

TEST(CommunicationModel, CutsABoxIntoTheMostCubicParts)
{
  const auto model = solver::CommunicationModel::for_box({64, 32, 32}, 16);
  EXPECT_EQ(model.n_ranks, (std::array<unsigned int, 3>{4, 2, 2}));
}

} // namespace
