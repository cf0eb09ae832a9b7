// Projection, symmetry, two-field and free-modulus designs: values against their formulas, derivatives against central
// differences, and results that do not depend on the number of ranks.
#include <cmath>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/any_modulus_law.h>
#include <optimizer/compliance.h>
#include <optimizer/effective_modulus.h>
#include <optimizer/explanation.h>
#include <optimizer/gradient_check.h>
#include <optimizer/grayness.h>
#include <optimizer/mma.h>
#include <optimizer/parametrisation_parameters.h>
#include <optimizer/strain_mismatch.h>
#include <optimizer/volume_fraction.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

TEST(Projection, EndsStepAndSlope)
{
  for (const double beta : {1., 8., 64.})
    for (const double eta : {.3, .5, .8}) {
      const Projection projection{beta, eta};
      EXPECT_NEAR(projection.value(0.), 0., 1e-15);
      EXPECT_NEAR(projection.value(1.), 1., 1e-15);
      for (const double t : {.1, .31, .5, .77}) {
        constexpr double h = 1e-6;
        const double numeric = (projection.value(t + h) - projection.value(t - h)) / (2 * h);
        EXPECT_NEAR(projection.slope(t), numeric, 1e-6 * (1. + beta));
        EXPECT_GE(projection.slope(t), 0.);
      }
    }
  EXPECT_LT(Projection({64., .5}).value(.4), 1e-5);
  EXPECT_GT(Projection({64., .5}).value(.6), 1. - 1e-5);
  EXPECT_EQ(Projection().value(.37), .37);
}

/// The larger threshold leaves less material everywhere: eroded <= intermediate <= dilated.
TEST(Projection, ThresholdsAreOrdered)
{
  for (double t = 0; t <= 1.; t += .05)
    EXPECT_LE(Projection({16., .7}).value(t), Projection({16., .3}).value(t));
}

TEST(AnyModulusLaw, IsGeometricBetweenItsEnds)
{
  const AnyModulusLaw law{LawParameters()};
  const auto modulus = [&](const double t) { return law.stiffness(t).youngs_modulus_100(); };
  EXPECT_NEAR(modulus(0.), 1., 1e-9);
  EXPECT_NEAR(modulus(1.) / 110000., 1., 1e-12);
  EXPECT_NEAR(modulus(.5) / std::sqrt(110000.), 1., 1e-12);
  EXPECT_NEAR(law.derivative(.3).c11 / ((law.stiffness(.3 + 1e-6).c11 - law.stiffness(.3 - 1e-6).c11) / 2e-6), 1.,
              1e-8);
}

TEST(LatticeStrength, PowerLawOverTheTableAndSolidAtOne)
{
  const auto law = make_stiffness_law(LawParameters(), ".", MPI_COMM_SELF);
  EXPECT_NEAR(law->strength(.2), 765. * .3 * std::pow(.2, 1.5), 1e-9);
  EXPECT_NEAR(law->strength(1.), 765., 1e-9);
  for (const double rho : {.15, .4, .6, .9})
    EXPECT_NEAR(law->strength_slope(rho), (law->strength(rho + 1e-6) - law->strength(rho - 1e-6)) / 2e-6, 1e-3);
}

class SagittalSymmetryMpi : public testing::Test
{
protected:
  meshing::DesignDomain domain = make_block_segment(MPI_COMM_WORLD);
  std::vector<std::uint32_t> cells = [&] {
    std::vector<std::uint32_t> list;
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
      if (domain.region[cell] == meshing::Region::design)
        list.push_back(cell);
    return list;
  }();
};

TEST_F(SagittalSymmetryMpi, AveragesACellWithItsImage)
{
  const SagittalSymmetry symmetry(domain, cells);
  DesignVector field;
  for (const auto cell : cells) {
    const auto p = domain.cell_centre(cell);
    field.push_back(p[0] + 3. * p[0] * p[0] + p[1] * p[2]);
  }
  const auto result = symmetry.apply(field);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto p = domain.cell_centre(cells[i]);
    EXPECT_NEAR(result[i], 3. * p[0] * p[0] + p[1] * p[2], 1e-12);
  }
}

TEST_F(SagittalSymmetryMpi, RefusesAPlaneThatIsNoneOfTheMesh)
{
  domain.origin[0] += .3;
  EXPECT_THROW(SagittalSymmetry(domain, cells), inputs::InputError);
}

/// Objective and constraints of every parametrisation against differences.
struct Parametrised : public BlockModel
{
  Parametrised(const ParametrisationParameters &parameters, const LawParameters &law_parameters)
      : BlockModel(MPI_COMM_WORLD, 1e-12, law_parameters), symmetry(domain, analysis.design_cells()),
        design_map(make_parametrisation(parameters, &filter, parameters.sagittal_symmetry ? &symmetry : nullptr, *law,
                                        analysis.design_cells().size())),
        mismatch("strain_mismatch_intact", analysis, bone_near_cage(domain, 5.),
                 analysis.displacements_for(analysis.intact())),
        modulus(domain, solver_parameters(1e-12)), compliance(analysis), volume(domain, analysis.design_cells()),
        grayness(domain, analysis.design_cells())
  {
    while (design_map->sharpness() < std::min(parameters.sharpness, 4.) && design_map->sharpen())
      ;
  }

  DesignVector rough_design() const
  {
    DesignVector low, high;
    design_map->bounds(low, high);
    const auto &cells = analysis.design_cells();
    for (std::size_t i = 0; i < low.size(); ++i) {
      const auto p = domain.cell_centre(cells[i % cells.size()]);
      const double t = .5 + .3 * std::sin(.9 * p[0] + double(i / cells.size())) * std::cos(.7 * p[1] + .2 * p[2]);
      low[i] += (high[i] - low[i]) * t;
    }
    return low;
  }

  SagittalSymmetry symmetry;
  std::unique_ptr<Parametrisation> design_map;
  StrainMismatch mismatch;
  EffectiveModulus modulus;
  Compliance compliance;
  VolumeFraction volume;
  Grayness grayness;
};

void expect_exact_gradients(const ParametrisationParameters &parameters, const LawParameters &law_parameters = {})
{
  Parametrised model(parameters, law_parameters);
  ResponseProblem problem(model.analysis, *model.design_map, model.compliance,
                          {{&model.volume, true, .3},
                           {&model.modulus, true, 3000.},
                           {&model.mismatch, true, .1},
                           {&model.grayness, true, .2}},
                          {});
  GradientCheckOptions options;
  options.n_directions = 2;
  options.n_variables = 1;
  options.steps = {1e-2, 1e-3, 1e-4};
  const auto table = check_gradients(problem, model.rough_design(), options);
  for (const auto &row : table)
    EXPECT_LT(row.relative_error, row.function == "objective" || row.function == "constraint 0" ? 1e-6 : 1e-5)
        << row.function << ", " << row.direction;
  if (testing::Test::HasFailure())
    ADD_FAILURE() << to_text(table);
}

TEST(ParametrisationGradientsMpi, ProjectedSimp)
{
  ParametrisationParameters parameters;
  parameters.sharpness = 8;
  auto law = simp_law();
  law.minimum_density = 0;
  law.maximum_density = 1;
  expect_exact_gradients(parameters, law);
}

TEST(ParametrisationGradientsMpi, TwoFieldWithProjectionAndSymmetry)
{
  ParametrisationParameters parameters;
  parameters.fields = "two_field";
  parameters.sharpness = 8;
  parameters.sagittal_symmetry = true;
  expect_exact_gradients(parameters);
}

TEST(ParametrisationGradientsMpi, AnyModulus)
{
  LawParameters law;
  law.law = "any_modulus";
  expect_exact_gradients(ParametrisationParameters(), law);
}

TEST(TwoField, FullAndOpenCells)
{
  ParametrisationParameters parameters;
  parameters.fields = "two_field";
  BlockModel model(MPI_COMM_SELF, 1e-6);
  const std::size_t n = model.analysis.design_cells().size();
  const auto map = make_parametrisation(parameters, &model.filter, nullptr, *model.law, n);
  DesignVector x(2 * n, 1.);
  std::fill(x.begin() + n, x.end(), .3);
  auto state = map->state(x);
  EXPECT_NEAR(state.stiffness[0].c11 / model.law->stiffness(.3).c11, 1., 1e-9);
  EXPECT_NEAR(state.density[0], .3, 1e-9);
  std::fill(x.begin(), x.begin() + n, 0.);
  state = map->state(x);
  EXPECT_NEAR(state.stiffness[0].youngs_modulus_100(), 1., 1e-9);
  EXPECT_NEAR(state.density[0], 0., 1e-12);
  EXPECT_NEAR(state.utilisation[0].c11, 0., 1e-9);
  EXPECT_EQ(map->fields(state).size(), 3u);
  EXPECT_EQ(map->fields(state_of(*model.law, DesignVector(n, 1.))).size(), 1u) << "solid titanium is no such design";
}

/// What load cases ask for adds up to the gradient of the objective.
TEST(ExplanationMpi, LoadCasesAddUpToTheWhole)
{
  Parametrised model{ParametrisationParameters(), LawParameters()};
  ResponseProblem problem(model.analysis, *model.design_map, model.mismatch, {{&model.volume, true, .3}}, {});
  Evaluation evaluation;
  problem.evaluate(model.rough_design(), evaluation);
  const auto influences = explain(problem, model.analysis, {2.});
  const std::size_t n_load_cases = model.cases.size();
  ASSERT_EQ(influences.size(), n_load_cases + 1);
  StateGradient whole;
  model.mismatch.evaluate(problem.state(), &whole);
  for (std::size_t i = 0; i < whole.stiffness.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < n_load_cases; ++k)
      sum += influences[k].values[i];
    const double expected = inputs::dot(whole.stiffness[i], problem.state().stiffness[i]);
    EXPECT_NEAR(sum, expected, 1e-7 * std::abs(expected) + 1e-12);
  }
}

/// A block under platens, its modulus set by a constraint: frictionless platens make the strain uniform, so that the
/// answer is the density at which the law's modulus is the target.
TEST(ClosedFormMpi, UniformBlockWithAModulusTarget)
{
  const auto leaves = meshing::make_box_leaves(MPI_COMM_WORLD, {4, 4, 4});
  meshing::DesignDomain domain{meshing::OctreeMesh(MPI_COMM_WORLD, leaves)};
  domain.unit = 2.;
  const std::size_t n = domain.mesh.n_cells();
  domain.region.assign(n, meshing::Region::design);
  domain.intact.assign(n, inputs::CubicStiffness::isotropic(4.2, .45));
  const auto law = make_stiffness_law(LawParameters(), ".", MPI_COMM_SELF);
  EffectiveModulus modulus(domain, solver_parameters(1e-12));
  std::vector<std::uint32_t> cells(n);
  for (std::uint32_t cell = 0; cell < n; ++cell)
    cells[cell] = cell;
  VolumeFraction volume(domain, cells);
  struct Problem : public DesignProblem
  {
    Problem(const StiffnessLaw &law, EffectiveModulus &modulus, VolumeFraction &volume, std::size_t n)
        : law(law), modulus(modulus), volume(volume), n(n)
    {
    }
    MPI_Comm comm() const override { return MPI_COMM_WORLD; }
    unsigned int n_constraints() const override { return 1; }
    void bounds(DesignVector &lower, DesignVector &upper) const override
    {
      lower.assign(n, law.lower_density());
      upper.assign(n, law.upper_density());
    }
    void evaluate(const DesignVector &x, Evaluation &evaluation) override
    {
      const auto state = state_of(law, x);
      StateGradient gradient;
      evaluation.objective = volume.evaluate(state, &gradient);
      evaluation.objective_gradient = density_derivative(law, state, gradient);
      const double value = modulus.evaluate(state, &gradient);
      evaluation.constraints = {1. - value / target};
      evaluation.constraint_gradients = {density_derivative(law, state, gradient)};
      for (double &entry : evaluation.constraint_gradients[0])
        entry *= -1. / target;
    }
    double target = 3000.;
    const StiffnessLaw &law;
    EffectiveModulus &modulus;
    VolumeFraction &volume;
    std::size_t n;
  } problem(*law, modulus, volume, n);
  struct Stop : public IterationObserver
  {
    Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
    {
      return record.kkt_residual < 1e-7 && record.max_constraint_violation < 1e-8 ? Verdict::stop : Verdict::go_on;
    }
  } stop;
  DesignVector x(n, .45);
  Mma mma{MmaParameters()};
  mma.minimize(problem, x, stop);
  double below = .1, above = .5;
  for (int i = 0; i < 60; ++i) {
    const double middle = .5 * (below + above);
    (law->stiffness(middle).youngs_modulus_100() < problem.target ? below : above) = middle;
  }
  for (const double rho : x)
    EXPECT_NEAR(rho, below, 1e-5);
}

} // namespace
} // namespace cageopt::optimizer
