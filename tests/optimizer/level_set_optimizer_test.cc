// The level set's derivatives against differences, and the optimiser on a small cantilever.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <meshing/cantilever_domain.h>
#include <optimizer/compliance.h>
#include <optimizer/convergence.h>
#include <optimizer/gradient_check.h>
#include <optimizer/level_set_optimizer.h>
#include <optimizer/response_problem.h>
#include <optimizer/simp_law.h>
#include <optimizer/volume_fraction.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// The block segment, phi a tilted wavy pattern with no special values, and a varying density.
struct LevelSetBlock
{
  LevelSetBlock()
      : model(MPI_COMM_WORLD, 1e-12), grid(model.domain, model.analysis.design_cells(), 4.),
        density_map(&model.filter, nullptr, model.law->lower_density(), model.law->upper_density()),
        parametrisation(grid, &density_map, *model.law, inputs::CubicStiffness::isotropic(1., .3), 12.)
  {
    for (std::uint32_t node = 0; node < grid.n_nodes(); ++node) {
      const auto p = grid.position(node);
      x.push_back(1.5 * std::sin(.6 * p[0] + .31) * std::cos(.5 * p[1] - .2) + .7 * std::sin(.9 * p[2]) + .27);
    }
    const auto density = model.smooth_design();
    x.insert(x.end(), density.begin(), density.end());
    x.resize(parametrisation.n_variables(), 0.);
  }

  BlockModel model;
  LevelSetGrid grid;
  FieldMap density_map;
  LevelSetParametrisation parametrisation;
  DesignVector x;
};

TEST(LevelSetParametrisationMpi, DerivativesMatchDifferences)
{
  LevelSetBlock block;
  Compliance compliance(block.model.analysis);
  VolumeFraction volume(block.model.domain, block.model.analysis.design_cells());
  ResponseProblem problem(block.model.analysis, block.parametrisation, compliance, {{&volume, true, .2}}, {});
  // The third derivatives of shares jump, which the differences feel: small steps, relative to the whole band.
  GradientCheckOptions options;
  options.steps = {1e-4, 1e-5, 1e-6};
  const auto table = check_gradients(problem, block.x, options);
  // Relative to the steepest direction, because one that happens to be flat has no digits left.
  std::map<std::string, double> steepest;
  for (const auto &row : table)
    steepest[row.function] = std::max(steepest[row.function], std::abs(row.analytic));
  for (const auto &row : table)
    EXPECT_NEAR(row.analytic, row.numeric, std::max(2e-7 * steepest[row.function], 1e-6 * std::abs(row.analytic)))
        << row.function << ", " << row.direction;
}

TEST(LevelSetParametrisationMpi, UtilisationAndDensityMatchDifferences)
{
  LevelSetBlock block;
  const std::size_t n_cells = block.model.analysis.design_cells().size();
  ASSERT_TRUE(block.model.law->has_strength());
  StateGradient weights;
  for (std::size_t i = 0; i < n_cells; ++i) {
    weights.utilisation.push_back({.3 + .01 * double(i % 7), -.2, .5});
    weights.density.push_back(1. + .1 * double(i % 3));
  }
  const auto value = [&](const DesignVector &x) {
    const auto state = block.parametrisation.state(x);
    double sum = 0;
    for (std::size_t i = 0; i < n_cells; ++i)
      sum += inputs::dot(weights.utilisation[i], state.utilisation[i]) + weights.density[i] * state.density[i];
    return sum_over_ranks(MPI_COMM_WORLD, sum);
  };
  const auto derivative = block.parametrisation.pull_back(block.parametrisation.state(block.x), weights);
  auto above = block.x, below = block.x;
  double expected = 0;
  const double h = 1e-5;
  for (std::size_t i = 0; i < block.parametrisation.first_insertion(); ++i) {
    const double direction = std::sin(1.7 * double(i)) * (i < block.grid.n_nodes() ? 1. : .05);
    above[i] += h * direction;
    below[i] -= h * direction;
    expected += derivative[i] * direction;
  }
  expected = sum_over_ranks(MPI_COMM_WORLD, expected);
  EXPECT_NEAR((value(above) - value(below)) / (2. * h), expected, 1e-6 * std::abs(expected));
}

TEST(LevelSetParametrisationMpi, StartHasTheVolumeAndASurface)
{
  LevelSetBlock block;
  for (const double density : {.05, .3}) {
    const auto state = block.parametrisation.state(block.parametrisation.uniform(density));
    double sums[3] = {0, 0, double(state.density.size())};
    for (std::size_t i = 0; i < state.density.size(); ++i) {
      sums[0] += state.density[i];
      sums[1] += state.fields[0][i] > 0 && state.fields[0][i] < 1;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    // From 10 to 90 % of the volume, at densities that the law knows.
    const double rho = std::clamp(density, block.model.law->lower_density(), block.model.law->upper_density());
    EXPECT_NEAR(sums[0] / sums[2], rho * std::clamp(density / rho, .1, .9), .1 * density);
    EXPECT_GT(sums[1], 0);
  }
}

TEST(QuadraticStepMpi, SolutionMeetsItsOptimalityConditions)
{
  int rank, n_ranks;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  QuadraticStep problem;
  problem.slopes.resize(4);
  for (int i = rank; i < 300; i += n_ranks) {
    problem.weight.push_back(1. + .01 * i);
    problem.stride.push_back(.5 + .002 * i);
    problem.lower.push_back(-.3);
    problem.upper.push_back(i % 5 == 0 ? .05 : .3);
    problem.slopes[0].push_back(-1. + std::sin(.1 * i));
    problem.slopes[1].push_back(1.);
    problem.slopes[2].push_back(std::cos(.05 * i));
    problem.slopes[3].push_back(.5 + .5 * std::sin(.3 * i));
  }
  problem.bounds = {20., -15., 1e6};
  const auto lambda = problem.solve(MPI_COMM_WORLD, {});
  ASSERT_EQ(lambda.size(), 3u);
  const auto change = problem.change(MPI_COMM_WORLD, problem.step(lambda));
  EXPECT_GT(lambda[0], 0.);
  EXPECT_NEAR(change[0], 20., 1e-3);
  EXPECT_GT(lambda[1], 0.);
  EXPECT_NEAR(change[1], -15., 1e-3);
  EXPECT_EQ(lambda[2], 0.);
  // What cannot be met is met as well as the bounds allow.
  problem.bounds = {-1e6, 0., 1e6};
  problem.slopes[2].assign(problem.weight.size(), 0.);
  for (const double step : problem.step(problem.solve(MPI_COMM_WORLD, {})))
    EXPECT_NEAR(step, -.3, 1e-12);
}

struct Cantilever
{
  explicit Cantilever(const unsigned int cells, const double tolerance = 1e-5)
      : domain(meshing::make_cantilever_domain({cells}, MPI_COMM_WORLD)),
        analysis(domain, solver_parameters(tolerance), {{"tip load", {1, 0, 0, 0, 0, 0}, 1., ""}}),
        law(law_parameters()), grid(domain, analysis.design_cells(), 2.5 / cells),
        parametrisation(grid, nullptr, law, law.stiffness(0.), 8. / cells), compliance(analysis),
        volume(domain, analysis.design_cells()),
        problem(analysis, parametrisation, compliance, {{&volume, true, .3}}, {})
  {
  }
  static LawParameters law_parameters()
  {
    LawParameters parameters = simp_law();
    parameters.solid_youngs_modulus = 1.;
    parameters.simp_minimum_modulus = 1e-4;
    parameters.minimum_density = 0;
    parameters.maximum_density = 1;
    return parameters;
  }

  meshing::DesignDomain domain;
  SegmentAnalysis analysis;
  SimpLaw law;
  LevelSetGrid grid;
  LevelSetParametrisation parametrisation;
  Compliance compliance;
  VolumeFraction volume;
  ResponseProblem problem;
};

class History : public IterationObserver
{
public:
  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    records.push_back(record);
    return convergence.met(record) ? Verdict::stop : Verdict::go_on;
  }
  /// Compliances of this cantilever are below what a case takes for negligible.
  static ConvergenceParameters at_rest()
  {
    ConvergenceParameters parameters;
    parameters.negligible_objective = 0;
    return parameters;
  }
  Convergence convergence{at_rest(), "compliance"};
  std::vector<IterationRecord> records;
};

TEST(LevelSetOptimizerSlowMpi, CantileverConvergesToAStiffDesign)
{
  Cantilever cantilever(8);
  auto x = cantilever.parametrisation.uniform(.5);
  History history;
  LevelSetParameters parameters;
  parameters.last_nucleation = 20;
  LevelSetOptimizer optimizer(parameters, cantilever.parametrisation, 1.5 / 8);
  const auto summary = optimizer.minimize(cantilever.problem, x, history);
  EXPECT_TRUE(summary.stopped_by_observer) << summary.message;
  EXPECT_LE(summary.last.max_constraint_violation, 1e-3);
  // The bending-dominated uniform grey material of that volume, with the same linear mixing, bounds nothing but is the
  // natural yardstick: a structure beats it.
  const double found = cantilever.problem.value_of("compliance");
  auto grey = cantilever.problem.state();
  for (std::size_t i = 0; i < grey.stiffness.size(); ++i) {
    grey.density[i] = .3;
    grey.stiffness[i] =
        cantilever.law.stiffness(0.) + .3 * (cantilever.law.stiffness(1.) + -1. * cantilever.law.stiffness(0.));
  }
  cantilever.analysis.update(grey);
  EXPECT_LT(found, .7 * cantilever.compliance.evaluate(grey, nullptr));
  // At rest: the last iterations do not oscillate.
  const auto &records = history.records;
  for (std::size_t i = records.size() - 4; i < records.size(); ++i)
    EXPECT_NEAR(records[i].objective, records[i - 1].objective, 1e-4 * records[i].objective);
}

TEST(LevelSetOptimizerMpi, DensityAndSurfaceAreDesignedTogether)
{
  LevelSetBlock block;
  Compliance compliance(block.model.analysis);
  VolumeFraction volume(block.model.domain, block.model.analysis.design_cells());
  ResponseProblem problem(block.model.analysis, block.parametrisation, compliance, {{&volume, true, .15}}, {});
  LevelSetParameters parameters;
  parameters.maximum_iterations = 60;
  auto x = block.parametrisation.uniform(.15);
  const auto start = x;
  Evaluation evaluation;
  problem.evaluate(x, evaluation);
  const double before = evaluation.objective;
  History history;
  const auto summary = LevelSetOptimizer(parameters, block.parametrisation, 4.).minimize(problem, x, history);
  EXPECT_LE(summary.last.max_constraint_violation, 2e-3);
  EXPECT_LT(summary.last.objective, .95 * before);
  double changes[2] = {0, 0};
  for (std::size_t i = 0; i < block.parametrisation.first_insertion(); ++i)
    changes[i >= block.parametrisation.first_density()] += std::abs(x[i] - start[i]);
  EXPECT_GT(sum_over_ranks(MPI_COMM_WORLD, changes[0]), 1.);
  EXPECT_GT(sum_over_ranks(MPI_COMM_WORLD, changes[1]), 1.);
}

/// What a ball of void costs in a solid block, against the derivative by the insertion: the whole ball's volume at
/// once, so the dilute limit holds to 15 %.
TEST(LevelSetParametrisationMpi, InsertionIsTheTopologicalDerivative)
{
  Cantilever cantilever(16, 1e-8);
  const inputs::Point centre = {1.03125, .53125, .53125};
  const double radius = .15;
  const auto with_ball = [&](const bool is_there) {
    DesignVector x;
    for (std::uint32_t node = 0; node < cantilever.grid.n_nodes(); ++node) {
      const auto p = cantilever.grid.position(node);
      const double outside = std::hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) - radius;
      x.push_back(is_there ? std::min(outside, .3) : .3);
    }
    x.resize(cantilever.parametrisation.n_variables(), 0.);
    return x;
  };
  Evaluation solid, open;
  cantilever.problem.evaluate(with_ball(false), solid);
  auto share = cantilever.problem.state().fields[0];
  cantilever.problem.evaluate(with_ball(true), open);
  double predicted = 0;
  for (std::size_t cell = 0; cell < share.size(); ++cell)
    predicted += (cantilever.problem.state().fields[0][cell] - share[cell]) *
                 solid.objective_gradient[cantilever.parametrisation.first_insertion() + cell];
  predicted = sum_over_ranks(MPI_COMM_WORLD, predicted);
  EXPECT_GT(predicted, 0);
  EXPECT_NEAR(open.objective - solid.objective, predicted, .15 * predicted);
}

TEST(LevelSetOptimizerMpi, RestoredRunGoesOnAlike)
{
  struct Stop : IterationObserver
  {
    explicit Stop(const unsigned int last) : last(last) {}
    Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
    {
      return record.iteration >= last ? Verdict::stop : Verdict::go_on;
    }
    unsigned int last;
  };
  Cantilever first(8, 1e-10), second(8, 1e-10);
  const LevelSetParameters parameters;
  auto x = first.parametrisation.uniform(.5), y = x;
  LevelSetOptimizer whole(parameters, first.parametrisation, 1.5 / 8);
  LevelSetOptimizer begun(parameters, second.parametrisation, 1.5 / 8),
      resumed(parameters, second.parametrisation, 1.5 / 8);
  Stop at_14(14), at_8(8);
  const auto expected = whole.minimize(first.problem, x, at_14);
  begun.minimize(second.problem, y, at_8);
  resumed.restore(begun.state());
  const auto found = resumed.minimize(second.problem, y, at_14);
  EXPECT_EQ(found.last.iteration, 14u);
  EXPECT_NEAR(found.last.objective, expected.last.objective, 1e-4 * expected.last.objective);
}

TEST(LevelSetOptimizer, RefusesWhatCannotMove)
{
  Cantilever cantilever(8);
  History history;
  LevelSetOptimizer optimizer(LevelSetParameters(), cantilever.parametrisation, 1.5 / 8);
  DesignVector full(cantilever.parametrisation.n_variables(), 0.);
  std::fill_n(full.begin(), cantilever.grid.n_nodes(), cantilever.grid.band());
  EXPECT_THROW(optimizer.minimize(cantilever.problem, full, history), inputs::InputError);
  EXPECT_THROW(LevelSetOptimizer(LevelSetParameters(), cantilever.parametrisation, .1), inputs::InputError);
}

TEST(LevelSetOptimizerMpi, HolesGoWhereMaterialIsLeastUsed)
{
  // All material but a notch that gives a surface; the first nucleation must open the block, and the design that stays
  // solid without it must not.
  Cantilever with(16), without(16);
  LevelSetParameters parameters;
  parameters.maximum_iterations = 3;
  parameters.nucleation_interval = 2;
  const auto openings = [&](Cantilever &cantilever) {
    DesignVector x;
    for (std::uint32_t node = 0; node < cantilever.grid.n_nodes(); ++node)
      x.push_back(std::clamp(1.9 - cantilever.grid.position(node)[0], -.2, .2));
    for (std::uint32_t node = 0; node < cantilever.grid.n_nodes(); ++node) // keeps the loaded edge
      x[node] = std::max(x[node], .1 - cantilever.grid.position(node)[2]);
    x.resize(cantilever.parametrisation.n_variables(), 0.);
    History history;
    LevelSetOptimizer(parameters, cantilever.parametrisation, 1.5 / 16).minimize(cantilever.problem, x, history);
    double n_open = 0;
    for (std::uint32_t node = 0; node < cantilever.grid.n_nodes(); ++node)
      n_open += x[node] < 0 && cantilever.grid.position(node)[0] < 1.5;
    return sum_over_ranks(MPI_COMM_WORLD, n_open);
  };
  EXPECT_GT(openings(with), 20.);
  parameters.last_nucleation = 0;
  EXPECT_EQ(openings(without), 0.);
}

} // namespace
} // namespace cageopt::optimizer
