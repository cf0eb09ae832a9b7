// Values and gradients of the responses on a segment of blocks, against central differences, explicit solves per load
// case and quadrature of the strains; and the same optimisation on one and on several ranks.
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/fe/fe_q.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/compliance.h>
#include <optimizer/effective_modulus.h>
#include <optimizer/gradient_check.h>
#include <optimizer/mma.h>
#include <optimizer/response_problem.h>
#include <optimizer/strain_mismatch.h>
#include <optimizer/volume_fraction.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

constexpr double bone_distance = 5.; // mm

/// A model with one of each response.
struct Responses : public BlockModel
{
  explicit Responses(MPI_Comm comm, const double tolerance = 1e-10, const LawParameters &law_parameters = {})
      : BlockModel(comm, tolerance, law_parameters), bone(bone_near_cage(domain, bone_distance)),
        intact("strain_mismatch_intact", analysis, bone, analysis.displacements_for(analysis.intact())),
        graft("strain_mismatch_graft", analysis, bone, graft_displacements()),
        modulus(domain, solver_parameters(tolerance)), compliance(analysis), volume(domain, analysis.design_cells())
  {
  }

  std::vector<double> bone;
  StrainMismatch intact, graft;
  EffectiveModulus modulus;
  Compliance compliance;
  VolumeFraction volume;
};

void expect_exact_gradients(const LawParameters &law_parameters)
{
  Responses model(MPI_COMM_WORLD, 1e-12, law_parameters);
  ResponseProblem problem(model.analysis, model.parametrisation, model.intact,
                          {{&model.graft, true, .1},
                           {&model.modulus, true, 3000.},
                           {&model.modulus, false, 2000.},
                           {&model.compliance, true, 1000.},
                           {&model.volume, false, .3}},
                          {});
  GradientCheckOptions options;
  options.n_directions = 2;
  options.n_variables = 1;
  options.steps = {1e-2, 1e-3, 1e-4};
  const auto table = check_gradients(problem, model.smooth_design(), options);
  ASSERT_EQ(table.size(), 6u * 3u);
  for (const auto &row : table) {
    const bool is_linear_or_self_adjoint = row.function == "constraint 3" || row.function == "constraint 4";
    EXPECT_LT(row.relative_error, is_linear_or_self_adjoint ? 1e-6 : 1e-5) << row.function << ", " << row.direction;
    EXPECT_NE(row.analytic, 0.);
  }
  if (testing::Test::HasFailure())
    ADD_FAILURE() << to_text(table);
}

TEST(ResponseGradientsMpi, LatticeLaw) { expect_exact_gradients(LawParameters()); }

TEST(ResponseGradientsMpi, SimpLaw) { expect_exact_gradients(simp_law()); }

TEST(ResponsesMpi, SuperpositionEqualsASolveForEachLoadCase)
{
  Responses model(MPI_COMM_WORLD, 1e-12);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.analysis.update(state);
  const auto &mesh = model.domain.mesh;
  solver::ElasticitySolver elasticity(mesh, model.domain.unit, model.domain.fixed, solver_parameters(1e-12));
  elasticity.set_stiffness(model.analysis.with_cage(state));
  double work = 0, largest = 0, largest_difference = 0;
  for (const auto &load_case : model.cases) {
    auto u = elasticity.make_vector(1), f = elasticity.make_vector(1);
    for (const auto &load : model.domain.loads)
      for (unsigned int column = 0; column < 6; ++column)
        for (unsigned int c = 0; c < 3; ++c)
          f(load.node, c) += load_case.wrench[column] * load.f[column][c];
    mesh.fold_hanging(f.data(), 3);
    mesh.halo().add_ghosts_to_owners(f.data(), 3);
    elasticity.solve(u, f);
    for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c) {
        double superposed = 0;
        for (unsigned int column = 0; column < 6; ++column)
          superposed += load_case.wrench[column] * model.analysis.displacements()(node, c, column);
        largest = std::max(largest, std::abs(u(node, c)));
        largest_difference = std::max(largest_difference, std::abs(u(node, c) - superposed));
        work += load_case.weight * f(node, c) * u(node, c);
      }
  }
  EXPECT_LT(largest_difference, 1e-9 * largest);
  EXPECT_NEAR(model.compliance.evaluate(state, nullptr) / sum_over_ranks(MPI_COMM_WORLD, work), 1., 1e-9);
  EXPECT_LT(model.analysis.reaction_imbalance(), 1e-9);
}

TEST(ResponsesMpi, StrainMismatchEqualsQuadratureOfTheStrains)
{
  Responses model(MPI_COMM_WORLD, 1e-11);
  auto &domain = model.domain;
  const auto state = model.parametrisation.state(model.smooth_design());
  model.analysis.update(state);
  auto &u = model.analysis.displacements();
  auto reference = model.analysis.displacements_for(model.analysis.intact());

  const dealii::FE_Q<3> element(1);
  const dealii::QGauss<3> quadrature(2);
  double deviation = 0, denominator = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    if (!meshing::is_bone(domain.region[cell]))
      continue;
    // The share of the cell within the distance.
    const auto centre = domain.cell_centre(cell);
    const double above = std::abs(centre[2]) - 4.,
                 outside = std::max(0., std::max(std::abs(centre[0]), std::abs(centre[1])) - 6.);
    const double share = std::clamp(.5 + (bone_distance - std::hypot(above, outside)) / domain.edge(cell), 0., 1.);
    for (const auto &load_case : model.cases)
      for (unsigned int q = 0; q < quadrature.size(); ++q) {
        double h[2][3][3] = {}; // displacement gradients of design and reference
        for (unsigned int v = 0; v < 8; ++v) {
          const auto slope = element.shape_grad(v, quadrature.point(q)) / domain.edge(cell);
          const auto node = domain.mesh.nodes_of(cell)[v];
          for (unsigned int c = 0; c < 3; ++c)
            for (unsigned int column = 0; column < 6; ++column)
              for (unsigned int d = 0; d < 3; ++d) {
                h[0][c][d] += load_case.wrench[column] * u(node, c, column) * slope[d];
                h[1][c][d] += load_case.wrench[column] * reference(node, c, column) * slope[d];
              }
        }
        const double weight = share * load_case.weight * quadrature.weight(q) * domain.volume(cell);
        for (unsigned int c = 0; c < 3; ++c)
          for (unsigned int d = 0; d < 3; ++d) {
            const double strain = .5 * (h[0][c][d] + h[0][d][c]), wanted = .5 * (h[1][c][d] + h[1][d][c]);
            deviation += weight * (strain - wanted) * (strain - wanted);
            denominator += weight * wanted * wanted;
          }
      }
  }
  const double value = model.intact.evaluate(state, nullptr);
  EXPECT_GT(value, 1e-3);
  EXPECT_NEAR(value * sum_over_ranks(MPI_COMM_WORLD, denominator) / sum_over_ranks(MPI_COMM_WORLD, deviation), 1.,
              1e-9);
  EXPECT_NEAR(model.intact.value_for(u) / value, 1., 1e-12);
  EXPECT_EQ(model.intact.value_for(solver::BlockVector<double>(u.n_local_nodes(), u.lanes())), 1.);
  EXPECT_LT(model.intact.value_for(reference), 1e-18);
}

TEST(ResponsesMpi, StrainMismatchVanishesAtTheReference)
{
  BlockModel model(MPI_COMM_WORLD, 1e-11);
  const auto state = model.parametrisation.state(model.smooth_design());
  StrainMismatch mismatch("strain_mismatch_self", model.analysis, bone_near_cage(model.domain, 5.),
                          model.analysis.displacements_for(model.analysis.with_cage(state)));
  model.analysis.update(state);
  StateGradient gradient;
  EXPECT_LT(mismatch.evaluate(state, &gradient), 1e-16);
  const auto other = model.parametrisation.state(DesignVector(gradient.stiffness.size(), .3));
  model.analysis.update(other);
  EXPECT_GT(mismatch.evaluate(other, nullptr), 1e-8);
}

TEST(ResponsesMpi, SolvesWithOtherMaterialsLeaveThePresentDesignAlone)
{
  Responses model(MPI_COMM_WORLD, 1e-11);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.analysis.update(state);
  StateGradient before, after;
  const double value = model.intact.evaluate(state, &before);
  model.analysis.displacements_for(model.analysis.intact());
  EXPECT_EQ(model.intact.evaluate(state, &after), value);
  for (std::size_t i = 0; i < before.stiffness.size(); ++i)
    EXPECT_NEAR(after.stiffness[i].c11, before.stiffness[i].c11, 1e-8 * std::abs(before.stiffness[i].c11) + 1e-12);
  EXPECT_LT(model.analysis.reaction_imbalance(), 1e-8);
}

TEST(ResponsesMpi, NoStrainedBoneIsRefused)
{
  BlockModel model(MPI_COMM_WORLD, 1e-6);
  EXPECT_THROW(StrainMismatch("strain_mismatch_intact", model.analysis,
                              std::vector<double>(model.domain.mesh.n_cells(), 0.),
                              model.analysis.displacements_for(model.analysis.intact())),
               inputs::InputError);
}

TEST(ResponsesMpi, VolumeFractionIsTheMeanDensity)
{
  Responses model(MPI_COMM_WORLD, 1e-6);
  const auto density = model.design([](const inputs::Point &p) { return p[2] > 0. ? .4 : .2; });
  EXPECT_NEAR(model.volume.evaluate(state_of(*model.law, density), nullptr), .3, 1e-14);
}

TEST(ResponseProblemMpi, ScalesConstraintsAndReportsEachResponseOnce)
{
  Responses model(MPI_COMM_WORLD, 1e-8);
  ResponseProblem problem(model.analysis, model.parametrisation, model.intact,
                          {{&model.modulus, true, 4000.}, {&model.modulus, false, 2000.}, {&model.volume, true, .25}},
                          {&model.compliance, &model.modulus, &model.intact, &model.graft});
  Evaluation evaluation;
  problem.evaluate(model.smooth_design(), evaluation);
  ASSERT_EQ(problem.n_constraints(), 3u);
  ASSERT_EQ(evaluation.constraints.size(), 3u);
  const double modulus = problem.value_of("effective_modulus"), volume = problem.value_of("volume_fraction");
  EXPECT_DOUBLE_EQ(evaluation.objective, problem.value_of("strain_mismatch_intact"));
  EXPECT_NEAR(evaluation.constraints[0], (modulus - 4000.) / 4000., 1e-12);
  EXPECT_NEAR(evaluation.constraints[1], (2000. - modulus) / 2000., 1e-12);
  EXPECT_NEAR(evaluation.constraints[2], (volume - .25) / .25, 1e-12);
  double squares = 0;
  for (std::size_t i = 0; i < evaluation.constraint_gradients[0].size(); ++i) {
    EXPECT_NEAR(evaluation.constraint_gradients[1][i], -2. * evaluation.constraint_gradients[0][i],
                1e-12 * std::abs(evaluation.constraint_gradients[1][i]));
    squares += evaluation.constraint_gradients[0][i] * evaluation.constraint_gradients[0][i];
  }
  EXPECT_GT(sum_over_ranks(MPI_COMM_WORLD, squares), 0.);

  std::vector<std::string> names;
  for (const auto &value : problem.values())
    names.push_back(value.name + " [" + value.unit + "]");
  const std::vector<std::string> expected = {"strain_mismatch_intact [-]", "effective_modulus [MPa]",
                                             "volume_fraction [-]", "compliance [N mm]", "strain_mismatch_graft [-]"};
  EXPECT_EQ(names, expected);
  EXPECT_THROW(problem.value_of("cage_stress"), std::logic_error);

  DesignVector lower, upper;
  problem.bounds(lower, upper);
  EXPECT_EQ(lower, DesignVector(model.analysis.design_cells().size(), .1));
  EXPECT_EQ(upper, DesignVector(model.analysis.design_cells().size(), .5));

  const ResponseConstraint negative{&model.volume, true, -2.}, zero{&model.volume, false, 0.};
  EXPECT_DOUBLE_EQ(negative.violation(-1.), .5);
  EXPECT_DOUBLE_EQ(zero.violation(.3), -.3);
}

TEST(ResponseProblemMpi, LooseSolvesFollowTheProgress)
{
  constexpr double tight = 1e-10, loosest = 1e-4;
  Responses loose_model(MPI_COMM_WORLD, tight), tight_model(MPI_COMM_WORLD, tight);
  ResponseProblem loose(loose_model.analysis, loose_model.parametrisation, loose_model.intact, {}, {});
  ResponseProblem reference(tight_model.analysis, tight_model.parametrisation, tight_model.intact, {}, {});
  loose.loosen_solves(loosest);
  const auto start = loose_model.smooth_design();
  std::vector<double> objectives;
  for (const double moved : {0., .04, .06, .062, .0621, .0621, .0621}) {
    SCOPED_TRACE("design moved by " + std::to_string(moved));
    auto x = start;
    for (double &entry : x)
      entry += moved;
    Evaluation found, exact;
    loose.evaluate(x, found);
    reference.evaluate(x, exact);
    double expected = tight;
    const std::size_t n = objectives.size();
    double progress = 1.;
    if (n >= 2) {
      progress = std::abs(objectives[n - 1] - objectives[n - 2]) / std::abs(objectives[n - 1]);
      expected = std::clamp(.01 * progress, tight, loosest);
    }
    EXPECT_DOUBLE_EQ(loose_model.analysis.relative_tolerance(), expected);
    objectives.push_back(found.objective);

    // Not biased: neither the value nor the gradient is off by more than a small part of what the design just moved.
    EXPECT_LT(std::abs(found.objective / exact.objective - 1.), std::max(.02 * progress, 1e-8));
    double error = 0, along = 0, squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double difference = found.objective_gradient[i] - exact.objective_gradient[i];
      error += difference * difference;
      along += difference * exact.objective_gradient[i];
      squares += exact.objective_gradient[i] * exact.objective_gradient[i];
    }
    error = sum_over_ranks(MPI_COMM_WORLD, error);
    along = sum_over_ranks(MPI_COMM_WORLD, along);
    squares = sum_over_ranks(MPI_COMM_WORLD, squares);
    EXPECT_LT(std::sqrt(error / squares), std::max(100. * expected, 1e-7));
    EXPECT_LT(std::abs(along / squares), std::max(10. * expected, 1e-7));
  }
  EXPECT_EQ(loose_model.analysis.relative_tolerance(), tight) << "a design that stands still is solved tightly";

  // A run that ends while the design still moves: its figures are made tight.
  Evaluation evaluation;
  auto x = start;
  for (const double moved : {.0, .05}) {
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = start[i] + moved;
    loose.evaluate(x, evaluation);
  }
  EXPECT_GT(loose_model.analysis.relative_tolerance(), tight);
  loose.tighten_solves(x);
  EXPECT_EQ(loose_model.analysis.relative_tolerance(), tight);
  reference.evaluate(x, evaluation);
  EXPECT_NEAR(loose.value_of("strain_mismatch_intact") / evaluation.objective, 1., 1e-8);
}

/// All responses over some iterations, iteration by iteration.
std::vector<std::vector<double>> optimise(MPI_Comm comm)
{
  Responses model(comm, 1e-10);
  const double start = .3;
  model.modulus.evaluate(model.parametrisation.state(DesignVector(model.analysis.design_cells().size(), start)),
                         nullptr);
  ResponseProblem problem(model.analysis, model.parametrisation, model.intact,
                          {{&model.modulus, true, 2500.}, {&model.modulus, false, 2000.}},
                          {&model.graft, &model.compliance, &model.volume});
  struct Recorder : public IterationObserver
  {
    explicit Recorder(ResponseProblem &problem) : problem(problem) {}
    Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
    {
      std::vector<double> values;
      for (const auto &value : problem.values())
        values.push_back(value.value);
      history.push_back(values);
      return record.iteration < 10 ? Verdict::go_on : Verdict::stop;
    }
    ResponseProblem &problem;
    std::vector<std::vector<double>> history;
  } recorder(problem);
  DesignVector x(model.analysis.design_cells().size(), start);
  Mma mma{MmaParameters()};
  mma.minimize(problem, x, recorder);
  return recorder.history;
}

TEST(ResponseProblemMpi, IterationsDoNotDependOnTheNumberOfRanks)
{
  const auto parallel = optimise(MPI_COMM_WORLD), serial = optimise(MPI_COMM_SELF);
  ASSERT_EQ(parallel.size(), 10u);
  ASSERT_EQ(serial.size(), 10u);
  for (std::size_t k = 0; k < 10; ++k) {
    ASSERT_EQ(serial[k].size(), 5u);
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_NEAR(parallel[k][i] / serial[k][i], 1., 1e-6) << "iteration " << k + 1 << ", value " << i;
  }
  EXPECT_LT(serial.back()[0], serial.front()[0]); // it does optimise
}

} // namespace
} // namespace cageopt::optimizer
