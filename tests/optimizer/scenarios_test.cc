// Sampling against what a Latin hypercube promises; values and gradients over scenarios against closed forms, segments
// made anew, and central differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <inputs/error.h>
#include <optimizer/goal.h>
#include <optimizer/gradient_check.h>
#include <optimizer/parametrisation_parameters.h>
#include <optimizer/scenario_problem.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// E = 2.5 b, as in the block segment, and a softer, stiffening law beside it.
BoneModel block_bone()
{
  return {{[](const double density) { return 2.5 * density; },
           [](const double density) { return .015 * density * density; }},
          0.};
}

UncertaintyParameters every_spread(const unsigned int samples)
{
  UncertaintyParameters parameters;
  parameters.samples = samples;
  parameters.calibration_slope = .1;
  parameters.calibration_offset = 5.;
  parameters.bone_laws = "kopperdahl2002_linear";
  parameters.bone_modulus = .2;
  parameters.as_built_lowest = .3;
  parameters.as_built_highest = .6;
  parameters.load = .15;
  parameters.position = {1., .8, .3};
  return parameters;
}

/// Block model with catalogue, problem and scenarios.
struct ScenarioModel : public BlockModel
{
  ScenarioModel(const UncertaintyParameters &parameters, std::vector<Scenario> list, const std::string &objective,
                const std::vector<StatedConstraint> &bounds = {}, const double tolerance = 1e-12)
      : BlockModel(MPI_COMM_WORLD, tolerance), catalogue(analysis, settings(tolerance)),
        stated(analysis, parametrisation, catalogue.get(objective), constraints(bounds), {}),
        scenarios(analysis, catalogue, settings(tolerance), std::move(list), block_bone()),
        problem(stated, scenarios, parametrisation, parameters)
  {
  }

  static ResponseSettings settings(const double tolerance)
  {
    ResponseSettings result;
    result.solver = solver_parameters(tolerance);
    result.target_modulus = 200.;
    result.strain_distance = 5.;
    return result;
  }
  std::vector<ResponseConstraint> constraints(const std::vector<StatedConstraint> &bounds)
  {
    std::vector<ResponseConstraint> result;
    for (const auto &bound : bounds)
      result.push_back({&catalogue.get(bound.response), bound.is_upper, bound.bound});
    return result;
  }

  ResponseCatalogue catalogue;
  ResponseProblem stated;
  ScenarioSet scenarios;
  ScenarioProblem problem;
};

TEST(Scenarios, EachStratumIsTakenOnce)
{
  constexpr unsigned int n = 10;
  const auto list = every_spread(n).scenarios(.4);
  ASSERT_EQ(list.size(), n);
  // Normal quantities: the number of the stratum from the cumulative distribution, which the sampling does not use.
  const auto strata = [&](const auto &z_of) {
    std::set<int> result;
    for (const auto &scenario : list)
      result.insert(static_cast<int>(n * .5 * std::erfc(-z_of(scenario) / std::sqrt(2.))));
    return result;
  };
  std::set<int> all;
  for (unsigned int i = 0; i < n; ++i)
    all.insert(static_cast<int>(i));
  EXPECT_EQ(strata([](const Scenario &s) { return (s.calibration_slope - 1.) / .1; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return s.calibration_offset / 5.; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return (s.bone_factor - 1.) / .2; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return (s.load_factor - 1.) / .15; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return s.shift[0] / 1.; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return s.shift[1] / .8; }), all);
  EXPECT_EQ(strata([](const Scenario &s) { return s.shift[2] / .3; }), all);
  std::set<int> of_as_built;
  for (const auto &scenario : list) {
    const double a = .4 * scenario.lattice_factor;
    const double cumulative = a < .4 ? (a - .3) * (a - .3) / (.3 * .1) : 1. - (.6 - a) * (.6 - a) / (.3 * .2);
    of_as_built.insert(static_cast<int>(n * cumulative));
  }
  EXPECT_EQ(of_as_built, all);
  EXPECT_EQ(std::count_if(list.begin(), list.end(), [](const Scenario &s) { return s.bone_law == 1; }), n / 2);
  double weight = 0;
  for (const auto &scenario : list)
    weight += scenario.weight;
  EXPECT_NEAR(weight, 1., 1e-14);

  auto other = every_spread(n);
  other.load = 0;
  EXPECT_EQ(other.scenarios(.4)[3].shift, list[3].shift) << "a spread that is left out must not draw others anew";
  other.seed = 2;
  EXPECT_NE(other.scenarios(.4)[3].shift, list[3].shift);
}

TEST(Scenarios, StatisticsOfKnownValues)
{
  std::vector<double> values, weights(100, .01);
  for (int i = 1; i <= 100; ++i)
    values.push_back(101 - i);
  const auto statistics = scenario_statistics(values, weights);
  EXPECT_NEAR(statistics.mean, 50.5, 1e-12);
  EXPECT_NEAR(statistics.deviation, std::sqrt((100. * 100. - 1.) / 12.), 1e-12);
  EXPECT_EQ(statistics.percentile_5, 5.);
  EXPECT_EQ(statistics.percentile_95, 95.);
  ScenarioMeasure worst(true, 0.), spread(false, 2.);
  std::vector<double> derivatives;
  EXPECT_NEAR(worst.value(values, weights, &derivatives), 100., 1e-12);
  double sum = 0;
  for (const double d : derivatives)
    sum += d;
  EXPECT_NEAR(sum, 1., 1e-12);
  EXPECT_NEAR(spread.value(values, weights, nullptr), statistics.mean + 2. * statistics.deviation, 1e-12);
}

TEST(Scenarios, ContradictionsAreRefused)
{
  const LawParameters lattice;
  ParametrisationParameters parametrisation;
  EXPECT_NO_THROW(UncertaintyParameters().check(lattice, parametrisation, true));
  EXPECT_NO_THROW(every_spread(8).check(lattice, parametrisation, true));
  const auto refused = [&](const auto &change, const LawParameters &law, const bool is_patient) {
    auto parameters = every_spread(8);
    change(parameters);
    EXPECT_THROW(parameters.check(law, parametrisation, is_patient), inputs::InputError);
  };
  refused([](auto &p) { p.samples = 0; }, lattice, true);
  refused([](auto &p) { p.bone_laws = "kopperdal"; }, lattice, true);
  refused([](auto &p) { p.as_built_lowest = .5; }, lattice, true);
  refused([](auto &p) { p.as_built_highest = 0; }, lattice, true);
  refused([](auto &p) { p.threshold_offset = .2; }, lattice, true);
  refused([](auto &p) { p.measure = "worst_case", p.deviations = 2; }, lattice, true);
  refused([](auto &p) { p.measure = "nominal", p.constraints = "scenarios"; }, lattice, true);
  refused([](auto &) {}, simp_law(), true);
  refused([](auto &) {}, lattice, false);
  UncertaintyParameters nothing;
  nothing.samples = 4;
  EXPECT_THROW(nothing.check(lattice, parametrisation, true), inputs::InputError);
  parametrisation.sharpness = 8;
  parametrisation.threshold = .5;
  nothing.threshold_offset = .2;
  EXPECT_NO_THROW(nothing.check(lattice, parametrisation, true));
}

TEST(ScenariosMpi, ShiftedBoneIsTheBoneThere)
{
  auto domain = make_block_segment(MPI_COMM_WORLD, 2);
  const auto modulus = [](const inputs::Point &p) { return 300. + 10. * p[0] + 6. * p[1] - 4. * p[2]; };
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_bone(domain.region[cell]))
      domain.intact[cell] = inputs::CubicStiffness::isotropic(modulus(domain.cell_centre(cell)), .3);
  Scenario scenario;
  scenario.shift = {1.3, -.6, 0.};
  const auto stiffness = scenario_stiffness(domain, scenario, block_bone());
  int n_checked = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const auto centre = domain.cell_centre(cell);
    const bool is_inside = std::abs(centre[0]) < 5. && std::abs(centre[1]) < 5.;
    if (meshing::is_bone(domain.region[cell]) && is_inside) {
      const inputs::Point there = {centre[0] + 1.3, centre[1] - .6, centre[2]};
      EXPECT_NEAR(stiffness[cell].youngs_modulus_z(), modulus(there), 1e-9);
      ++n_checked;
    } else if (!meshing::is_bone(domain.region[cell])) {
      EXPECT_EQ(stiffness[cell].constants(), domain.intact[cell].constants());
    }
  }
  EXPECT_GT(sum_over_ranks(MPI_COMM_WORLD, n_checked), 100);
}

TEST(ScenariosMpi, NoSpreadIsTheCaseAsStated)
{
  UncertaintyParameters parameters;
  parameters.samples = 3;
  parameters.deviations = 2;
  parameters.constraints = "scenarios";
  const std::vector<StatedConstraint> bounds = {{"compliance", true, 1000.}, {"volume_fraction", false, .3}};
  for (const char *measure : {"mean", "worst_case"}) {
    parameters.measure = measure;
    ScenarioModel model(parameters, parameters.scenarios(.4), "strain_mismatch_intact", bounds);
    const auto x = model.smooth_design();
    Evaluation stated, robust;
    model.stated.evaluate(x, stated);
    model.problem.evaluate(x, robust);
    EXPECT_NEAR(robust.objective / stated.objective, 1., 1e-8);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference = std::max(difference, std::abs(robust.objective_gradient[i] - stated.objective_gradient[i]));
      size = std::max(size, std::abs(stated.objective_gradient[i]));
    }
    EXPECT_LE(difference, 1e-7 * size);
    for (unsigned int j = 0; j < 2; ++j)
      EXPECT_NEAR(robust.constraints[j], stated.constraints[j], 1e-8);
  }
}

TEST(ScenariosMpi, ComplianceFollowsItsLaw)
{
  // Everything is bone but for the cage, all of which is design: then bone and lattice softer by one factor scale the
  // whole stiffness, and compliance is inverse to it and quadratic in the load.
  UncertaintyParameters parameters;
  parameters.samples = 1;
  std::vector<Scenario> list(2);
  list[0].weight = .25;
  list[0].bone_factor = list[0].lattice_factor = .8;
  list[0].load_factor = 1.2;
  list[1].weight = .75;
  list[1].bone_factor = list[1].lattice_factor = 1.1;
  list[1].load_factor = .9;
  auto domain = make_block_segment(MPI_COMM_WORLD);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_cage(domain.region[cell])) {
      domain.region[cell] = meshing::Region::design;
    } else if (domain.region[cell] == meshing::Region::disc) {
      domain.region[cell] = meshing::Region::caudal_bone;
      domain.bmd[cell] = 100.f;
      domain.bone_fraction[cell] = 1.f;
    }
  SegmentAnalysis analysis(domain, solver_parameters(1e-12), inputs::load_cases(inputs::LoadParameters()));
  const auto law = make_stiffness_law({}, ".", MPI_COMM_WORLD);
  DensityParametrisation parametrisation(FieldMap(nullptr, nullptr, law->lower_density(), law->upper_density()), *law,
                                         analysis.design_cells().size());
  ResponseCatalogue catalogue(analysis, ScenarioModel::settings(1e-12));
  ResponseProblem stated(analysis, parametrisation, catalogue.get("compliance"), {}, {});
  ScenarioSet scenarios(analysis, catalogue, ScenarioModel::settings(1e-12), list, block_bone());
  const auto x = parametrisation.uniform(.3);
  Evaluation nominal;
  stated.evaluate(x, nominal);
  const double first = 1.2 * 1.2 / .8, second = .9 * .9 / 1.1, mean = .25 * first + .75 * second;
  const double deviation = std::sqrt(.25 * .75) * (first - second);
  for (const double k : {0., 1.5}) {
    parameters.deviations = k;
    ScenarioProblem problem(stated, scenarios, parametrisation, parameters);
    Evaluation evaluation;
    problem.evaluate(x, evaluation);
    EXPECT_NEAR(evaluation.objective / nominal.objective, mean + k * deviation, 1e-9);
    problem.evaluate_values(x, evaluation);
    EXPECT_NEAR(evaluation.objective / nominal.objective, mean + k * deviation, 1e-9);
  }
  parameters.measure = "worst_case";
  ScenarioProblem problem(stated, scenarios, parametrisation, parameters);
  Evaluation evaluation;
  problem.evaluate(x, evaluation);
  EXPECT_NEAR(evaluation.objective / nominal.objective, first, 1e-9);
}

TEST(ScenariosMpi, ScenariosAreSegmentsOfTheirOwn)
{
  UncertaintyParameters parameters = every_spread(2);
  const auto list = parameters.scenarios(.4);
  ScenarioModel model(parameters, list, "strain_mismatch_intact");
  const auto x = model.smooth_design();
  Evaluation evaluation;
  model.problem.evaluate(x, evaluation);
  for (std::size_t i = 0; i < list.size(); ++i) {
    // The law is the case's with the as-built factor of the scenario, the bone that of a segment meshed with it.
    LawParameters law_parameters;
    law_parameters.as_built_factor = .4 * list[i].lattice_factor;
    const auto law = make_stiffness_law(law_parameters, ".", MPI_COMM_WORLD);
    auto domain = make_block_segment(MPI_COMM_WORLD);
    domain.intact = scenario_stiffness(model.domain, list[i], block_bone());
    SegmentAnalysis analysis(domain, solver_parameters(1e-12), model.cases);
    analysis.update(state_of(*law, model.filter.apply(x)));
    ResponseCatalogue catalogue(analysis, ScenarioModel::settings(1e-12));
    const double expected = catalogue.get("strain_mismatch_intact").evaluate({}, nullptr);
    EXPECT_NEAR(model.problem.objectives()[i] / expected, 1., 1e-7) << list[i].name;
  }
  EXPECT_GT(std::abs(model.problem.objectives()[0] / model.problem.objectives()[1] - 1.), 1e-2);
}

TEST(ScenariosMpi, GradientsAreExact)
{
  GradientCheckOptions options;
  options.n_directions = 1;
  options.n_variables = 0;
  options.steps = {1e-3, 1e-4};
  auto parameters = every_spread(3);
  parameters.constraints = "scenarios";
  for (const char *measure : {"mean", "worst_case"}) {
    parameters.measure = measure;
    ScenarioModel model(
        parameters, parameters.scenarios(.4), "strain_mismatch_intact",
        {{"compliance", true, 1000.}, {"effective_modulus", false, 2000.}, {"bone_overstrain", true, 1.}});
    const auto x = model.smooth_design();
    Evaluation evaluation;
    model.problem.evaluate(x, evaluation);
    if (parameters.measure == "worst_case") {
      const auto &values = model.problem.objectives();
      EXPECT_NEAR(evaluation.objective, *std::max_element(values.begin(), values.end()), 1e-12);
    }
    model.problem.freeze_scaling(true);
    const auto table = check_gradients(model.problem, x, options);
    ASSERT_EQ(table.size(), 4u);
    for (const auto &row : table) {
      EXPECT_LT(row.relative_error, 1e-5) << measure << ", " << row.function << ", " << row.direction;
      EXPECT_NE(row.analytic, 0.);
    }
  }
}

TEST(ScenariosMpi, WorstComplianceIsTheErodedDesigns)
{
  UncertaintyParameters parameters;
  parameters.samples = 1;
  parameters.threshold_offset = .2;
  parameters.measure = "worst_case";
  const auto list = parameters.scenarios(.4);
  ASSERT_EQ(list.size(), 3u);
  BlockModel model(MPI_COMM_WORLD, 1e-12, simp_law());
  DensityParametrisation parametrisation(
      FieldMap(&model.filter, nullptr, model.law->lower_density(), model.law->upper_density()), *model.law,
      model.analysis.design_cells().size(), 4., 4.);
  ResponseCatalogue catalogue(model.analysis, ScenarioModel::settings(1e-12));
  ResponseProblem stated(model.analysis, parametrisation, catalogue.get("compliance"),
                         {{&catalogue.get("volume_fraction"), true, .4}}, {});
  ScenarioSet scenarios(model.analysis, catalogue, ScenarioModel::settings(1e-12), list, block_bone());
  ScenarioProblem problem(stated, scenarios, parametrisation, parameters);
  const auto x = model.smooth_design();
  Evaluation evaluation, eroded, as_designed;
  problem.evaluate(x, evaluation);
  const auto &values = problem.objectives();
  EXPECT_GT(values[0], values[1]);
  EXPECT_GT(values[1], values[2]);
  stated.evaluate(x, as_designed);
  EXPECT_NEAR(values[1] / as_designed.objective, 1., 1e-8) << "the threshold must be as stated again";
  EXPECT_EQ(evaluation.constraints[0], as_designed.constraints[0]);
  parametrisation.shift_threshold(.2);
  stated.evaluate(x, eroded);
  parametrisation.shift_threshold(0.);
  EXPECT_NEAR(evaluation.objective / eroded.objective, 1., 1e-8);
  EXPECT_LT(eroded.constraints[0], as_designed.constraints[0]);

  problem.freeze_scaling(true);
  GradientCheckOptions options;
  options.n_directions = 1;
  options.n_variables = 0;
  options.steps = {1e-2, 1e-3, 1e-4};
  EXPECT_LT(worst_relative_error(check_gradients(problem, x, options)), 1e-5);
}

TEST(ScenariosMpi, ManyRanksGiveTheResultOfOne)
{
  const auto evaluate = [](MPI_Comm comm, double &objective, std::map<std::uint64_t, double> &gradient) {
    const auto parameters = every_spread(2);
    BlockModel model(comm, 1e-12);
    const auto settings = ScenarioModel::settings(1e-12);
    ResponseCatalogue catalogue(model.analysis, settings);
    ResponseProblem stated(model.analysis, model.parametrisation, catalogue.get("strain_mismatch_intact"), {}, {});
    ScenarioSet scenarios(model.analysis, catalogue, settings, parameters.scenarios(.4), block_bone());
    ScenarioProblem problem(stated, scenarios, model.parametrisation, parameters);
    Evaluation evaluation;
    problem.evaluate(model.smooth_design(), evaluation);
    objective = evaluation.objective;
    gradient = by_cell(model.domain, model.analysis.design_cells(), evaluation.objective_gradient);
  };
  double alone = 0, together = 0;
  std::map<std::uint64_t, double> gradient_alone, gradient_together;
  evaluate(MPI_COMM_SELF, alone, gradient_alone);
  evaluate(MPI_COMM_WORLD, together, gradient_together);
  EXPECT_NEAR(together / alone, 1., 1e-8);
  double size = 0;
  for (const auto &[key, value] : gradient_alone)
    size = std::max(size, std::abs(value));
  for (const auto &[key, value] : gradient_together)
    EXPECT_NEAR(value, gradient_alone.at(key), 1e-6 * size);
}

} // namespace
} // namespace cageopt::optimizer
