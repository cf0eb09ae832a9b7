// Every response under every parametrisation against central differences; and what comes through each load case.
#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/axial_stiffness.h>
#include <optimizer/compliance.h>
#include <optimizer/effective_modulus.h>
#include <optimizer/effective_modulus_error.h>
#include <optimizer/gradient_check.h>
#include <optimizer/response_problem.h>
#include <optimizer/two_field_parametrisation.h>
#include <optimizer/volume_fraction.h>

#include "local_responses.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// The difference between gradients and central differences of all responses at `x`.
void expect_exact_gradients(LocalResponses &model, const Parametrisation &parametrisation, const DesignVector &x)
{
  const auto test = [&](const PlatenTest::Mode &mode) {
    return std::make_shared<CagePlatenTest>(model.domain, solver_parameters(1e-12), mode);
  };
  const auto axial = test({2, 2});
  Compliance compliance(model.analysis);
  VolumeFraction volume(model.domain, model.analysis.design_cells());
  EffectiveModulus modulus_z(axial), modulus_x(test({0, 0})), modulus_y(test({1, 1})), shear_xz(test({2, 0})),
      shear_yz(test({2, 1}));
  AxialStiffness stiffness(axial);
  EffectiveModulusError error(axial, 1000.);
  std::vector<Response *> responses = {&volume,   &modulus_z, &modulus_x, &modulus_y,     &shear_xz,
                                       &shear_yz, &stiffness, &error,     &model.densest, &model.sparsest};
  for (auto *response : model.of_strain(model.law->has_strength()))
    responses.push_back(response);
  std::vector<ResponseConstraint> constraints;
  for (auto *response : responses)
    constraints.push_back({response, true, 0.});
  ResponseProblem problem(model.analysis, parametrisation, compliance, constraints, {});
  Evaluation evaluation;
  problem.evaluate(x, evaluation);
  problem.freeze_scaling(true);
  GradientCheckOptions options;
  options.n_directions = 1;
  options.n_variables = 0;
  options.steps = {3e-4, 3e-5};
  const auto table = check_gradients(problem, x, options);
  ASSERT_EQ(table.size(), 1u + responses.size());
  testing::Test::RecordProperty("worst_relative_error", std::to_string(1e9 * worst_relative_error(table)) + "e-9");
  for (const auto &row : table) {
    const bool is_tight = row.function == "objective" || row.function == "constraint 0";
    const std::string name = row.function == "objective"
                                 ? compliance.name()
                                 : responses[std::stoul(row.function.substr(row.function.find(' ')))]->name();
    EXPECT_LT(row.relative_error, is_tight ? 1e-6 : 1e-5) << name << ", " << row.direction;
    EXPECT_NE(row.analytic, 0.) << name;
  }
  if (testing::Test::HasFailure())
    ADD_FAILURE() << to_text(table);
}

TEST(AllResponseGradientsMpi, DensityOfALattice)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-12);
  expect_exact_gradients(model, model.parametrisation, model.smooth_design());
}

TEST(AllResponseGradientsMpi, SimpWithProjection)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-12, simp_law());
  const DensityParametrisation projected(
      FieldMap(&model.filter, nullptr, model.law->lower_density(), model.law->upper_density()), *model.law,
      model.analysis.design_cells().size(), 4., 16.);
  expect_exact_gradients(model, projected, model.smooth_design());
}

TEST(AllResponseGradientsMpi, TwoFieldsWithProjection)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-12);
  const TwoFieldParametrisation parametrisation(
      FieldMap(&model.filter, nullptr, 0., 1.),
      FieldMap(&model.filter, nullptr, model.law->lower_density(), model.law->upper_density()), *model.law,
      model.analysis.design_cells().size(), inputs::CubicStiffness::isotropic(10., .3), 3., 4., 16.);
  auto x =
      model.design([](const inputs::Point &p) { return .5 + .3 * std::sin(.6 * p[0] - .3) * std::cos(.5 * p[2]); });
  const auto density = model.smooth_design();
  x.insert(x.end(), density.begin(), density.end());
  expect_exact_gradients(model, parametrisation, x);
}

TEST(AllResponseGradientsMpi, TrialsKeepTheScalingAndEvaluationsPrintTheMaximum)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-10);
  ResponseProblem problem(model.analysis, model.parametrisation, model.overstrain, {{&model.sparsest, false, .2}}, {});
  const auto x = model.smooth_design();
  auto moved = x;
  for (double &entry : moved)
    entry *= .7;
  Evaluation first, trial, after;
  problem.evaluate(x, first);
  problem.evaluate_values(x, trial);
  EXPECT_NEAR(trial.objective / first.objective, 1., 1e-12);
  problem.evaluate_values(moved, trial);
  const double maximum = model.overstrain.evaluate(problem.state(), nullptr);
  EXPECT_GT(std::abs(trial.objective / maximum - 1.), 1e-6); // c P with the c of x
  problem.evaluate(moved, after);
  EXPECT_NEAR(after.objective / maximum, 1., 1e-9);
}

TEST(AllResponseGradientsMpi, LoadCasesAddUpToTheWhole)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-11);
  const auto state = model.parametrisation.state(model.smooth_design());
  model.analysis.update(state);
  for (auto *response : model.of_strain(true)) {
    StateGradient whole;
    const double value = response->evaluate(state, &whole);
    response->freeze_scaling(true);
    const auto pulled = density_derivative(*model.law, state, whole);
    DesignVector sum(pulled.size(), 0.);
    double largest = 0, largest_part = 0;
    for (unsigned int l = 0; l < model.cases.size(); ++l) {
      model.analysis.focus(int(l));
      StateGradient part;
      EXPECT_NEAR(response->evaluate(state, &part) / value, 1., 1e-12) << response->name();
      const auto of_case = density_derivative(*model.law, state, part);
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += of_case[i];
        largest_part = std::max(largest_part, std::abs(of_case[i] - pulled[i]));
      }
    }
    model.analysis.focus(-1);
    for (const double entry : pulled)
      largest = std::max(largest, std::abs(entry));
    MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, &largest_part, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    for (std::size_t i = 0; i < sum.size(); ++i)
      EXPECT_NEAR(sum[i], pulled[i], 1e-8 * largest) << response->name();
    EXPECT_GT(largest, 0.) << response->name();
    EXPECT_GT(largest_part, 1e-3 * largest) << response->name();
  }
}

TEST(AllResponseGradientsMpi, ColumnsMayBeTheLoadCasesThemselves)
{
  LocalResponses model(MPI_COMM_WORLD, 1e-12);
  // Four of the load cases as columns of their own, and the same four as combinations of wrenches.
  std::vector<inputs::LoadCase> cases(model.cases.begin(), model.cases.begin() + 4), columns = cases;
  auto domain = make_block_segment(MPI_COMM_WORLD);
  domain.n_load_columns = 4;
  for (auto &load : domain.loads) {
    const auto f = load.f;
    for (unsigned int l = 0; l < 4; ++l)
      for (unsigned int c = 0; c < 3; ++c) {
        load.f[l][c] = 0;
        for (unsigned int k = 0; k < 6; ++k)
          load.f[l][c] += cases[l].wrench[k] * f[k][c];
      }
  }
  for (unsigned int l = 0; l < 4; ++l) {
    columns[l].wrench = {};
    columns[l].wrench[l] = 1.;
  }
  SegmentAnalysis combined(model.domain, solver_parameters(1e-12), cases),
      separate(domain, solver_parameters(1e-12), columns);
  const auto state = model.parametrisation.state(model.smooth_design());
  combined.update(state);
  separate.update(state);
  StateGradient a, b;
  BoneOverstrain first(combined, model.bone, compressive_yield, tensile_yield),
      second(separate, model.bone, compressive_yield, tensile_yield);
  for (const int focus : {-1, 2}) {
    combined.focus(focus);
    separate.focus(focus);
    EXPECT_NEAR(first.evaluate(state, &a) / second.evaluate(state, &b), 1., 1e-9);
    double largest = 0;
    for (const auto &entry : a.stiffness)
      largest = std::max(largest, std::abs(entry.c11));
    MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    EXPECT_GT(largest, 0.);
    for (std::size_t i = 0; i < a.stiffness.size(); ++i)
      EXPECT_NEAR(a.stiffness[i].c11, b.stiffness[i].c11, 1e-7 * largest);
  }
}

} // namespace
} // namespace cageopt::optimizer
