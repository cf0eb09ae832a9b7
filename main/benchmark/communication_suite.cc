#include <main/benchmark/message_counter.h>
#include <main/benchmark/suites.h>
#include <main/benchmark/timed_solver.h>

#include <array>
#include <cmath>

#include <inputs/error.h>
#include <solver/communication_model.h>

namespace cageopt {

namespace {

/// Per rank: the mean, and the rank that sends most messages.
struct Counted
{
  solver::CommunicationVolume mean;
  double most_messages = 0, most_bytes = 0;
};

Counted over_ranks(const MessageCounter &difference, const double n_times, MPI_Comm comm)
{
  const double own[4] = {double(difference.messages) / n_times, double(difference.bytes) / n_times,
                         double(difference.reductions) / n_times, double(difference.gathers) / n_times};
  double sums[4], most[4];
  MPI_Allreduce(own, sums, 4, MPI_DOUBLE, MPI_SUM, comm);
  MPI_Allreduce(own, most, 4, MPI_DOUBLE, MPI_MAX, comm);
  int n_ranks = 1;
  MPI_Comm_size(comm, &n_ranks);
  return {{sums[0] / n_ranks, sums[1] / n_ranks, sums[2] / n_ranks, sums[3] / n_ranks}, most[0], most[1]};
}

} // namespace

void communication_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(32);
  if (context.library.choose("communication", {"block"}, {"block"}).empty())
    return;
  int n_ranks = 1;
  MPI_Comm_size(context.comm, &n_ranks);
  const auto problem = context.library.make("block", cells);
  const auto &domain = *problem.domain;
  const auto stiffness = problem.materials.front().stiffness({});

  // Two solves that differ in their number of iterations only; what is counted between them is the difference.
  std::array<MessageCounter, 2> counted;
  std::array<unsigned int, 2> iterations{};
  solver::SolverParameters parameters;
  const auto f = problem.right_hand_side(problem.column);
  for (const unsigned int i : {0, 1}) {
    parameters.relative_tolerance = i == 0 ? 1e-2 : 1e-9;
    solver::ElasticitySolver solver(domain.mesh, domain.unit, domain.fixed, parameters);
    solver.set_stiffness(stiffness);
    auto u = solver.make_vector(1);
    const auto before = MessageCounter::now();
    iterations[i] = solver.solve(u, f).iterations;
    counted[i] = MessageCounter::now() - before;
  }
  if (iterations[1] <= iterations[0])
    throw inputs::InputError("Option '--cells'", std::to_string(cells),
                             "so small a block is solved in as many iterations to 1e-2 as to 1e-9",
                             "use more cells for the suite 'communication'");
  const double n_iterations = iterations[1] - iterations[0];
  const auto iteration = over_ranks(counted[1] - counted[0], n_iterations, context.comm);

  // A cycle is what is left of an iteration without its product.
  solver::ElasticityOperator<double> stiffness_operator(domain.mesh, domain.unit, domain.fixed);
  stiffness_operator.set_stiffness(stiffness);
  auto source = f, product = f;
  const auto before = MessageCounter::now();
  stiffness_operator.vmult(product, source);
  auto cycle_count = counted[1] - counted[0];
  const auto in_product = MessageCounter::now() - before;
  cycle_count.messages -= std::uint64_t(n_iterations) * in_product.messages;
  cycle_count.bytes -= std::uint64_t(n_iterations) * in_product.bytes;
  cycle_count.reductions = 0; // those of conjugate gradients; the cycle has none
  const auto cycle = over_ranks(cycle_count, n_iterations, context.comm);

  const auto model = solver::CommunicationModel::for_box({cells, cells, cells}, static_cast<unsigned int>(n_ranks));
  context.report.begin_table(
      "communication",
      "sent per rank, uniform block of " + std::to_string(cells) +
          "^3 cells, one right-hand side: counted in MPI, and predicted for equal boxes\n"
          "  (solver/communication_model.h). Mean over the ranks; largest: the rank that sends most.",
      {{"what", "per"},
       {"messages", "messages"},
       {"model_messages", "model"},
       {"largest_messages", "largest"},
       {"kilobytes", "kB", 4},
       {"model_kilobytes", "model", 4},
       {"largest_kilobytes", "largest", 4},
       {"reductions", "reductions"},
       {"model_reductions", "model"},
       {"gathers", "gathers"},
       {"model_gathers", "model"}});
  const auto add = [&](const std::string &what, const Counted &count, const solver::CommunicationVolume &predicted) {
    context.report.add_row({what, count.mean.messages, predicted.messages, count.most_messages, count.mean.bytes / 1e3,
                            predicted.bytes / 1e3, count.most_bytes / 1e3, count.mean.reductions, predicted.reductions,
                            count.mean.gathers, predicted.gathers});
  };
  add("cycle", cycle, model.per_cycle(parameters.multigrid));
  add("CG iteration", iteration, model.per_iteration(parameters.multigrid));

  context.report.begin_table("communication model", "the same formula for a million unknowns per rank.",
                             {{"ranks", "ranks"},
                              {"unknowns", "unknowns"},
                              {"levels", "levels"},
                              {"cycle_messages", "messages/cycle"},
                              {"cycle_kilobytes", "kB/cycle", 4},
                              {"iteration_messages", "messages/iteration"},
                              {"iteration_kilobytes", "kB/iteration", 4},
                              {"iteration_reductions", "reductions/iteration"}});
  constexpr unsigned int local_cells = 69; // 70^3 nodes, 1.03 million unknowns
  for (const unsigned int edge : {2u, 10u, 22u, 46u}) {
    const unsigned int n = local_cells * edge;
    const solver::CommunicationModel large{{n, n, n}, {edge, edge, edge}};
    const auto per_cycle = large.per_cycle(parameters.multigrid),
               per_iteration = large.per_iteration(parameters.multigrid);
    context.report.add_row({std::uint64_t(edge) * edge * edge, 3. * std::pow(n + 1., 3.),
                            std::uint64_t(large.n_levels(parameters.multigrid)), per_cycle.messages,
                            per_cycle.bytes / 1e3, per_iteration.messages, per_iteration.bytes / 1e3,
                            per_iteration.reductions});
  }
}

} // namespace cageopt
