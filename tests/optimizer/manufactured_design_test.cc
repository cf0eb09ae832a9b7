// A density field is chosen, the strains it causes are the reference, and the search starts from uniform. With the
// strain of cage and bone known the field must come back. With that of the bone only, a field of the cells' freedom is
// not identifiable: then the mismatch must vanish, and a field of eight parameters come back.
#include <gtest/gtest.h>

#include <optimizer/mma.h>
#include <optimizer/response_problem.h>
#include <optimizer/strain_mismatch.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

constexpr double start = .3; // relative density

/// |a - b| / |b| in L2; the design cells have one size.
double distance(const DesignVector &a, const DesignVector &b)
{
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

/// Ends when the objective has fallen to a share of its start; sees nothing of the truth.
struct FallenTo : public IterationObserver
{
  explicit FallenTo(const double share) : share(share) {}
  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    if (record.iteration == 1)
      first = record.objective;
    reached = record.objective / first;
    return reached <= share ? Verdict::stop : Verdict::go_on;
  }
  double share, first = 0, reached = 1;
};

/// The segment, a reference made by the design `x`, and the mismatch to it over cells with `weights`.
struct Manufactured
{
  Manufactured(BlockModel &model, const DesignVector &x, const std::vector<double> &weights)
      : model(model), truth(model.parametrisation.state(x)),
        mismatch("strain_mismatch_truth", model.analysis, weights,
                 model.analysis.displacements_for(model.analysis.with_cage(truth))),
        problem(model.analysis, model.parametrisation, mismatch, {}, {})
  {
  }
  double error() const { return distance(problem.state().density, truth.density); }

  BlockModel &model;
  DesignState truth;
  StrainMismatch mismatch;
  ResponseProblem problem;
};

/// Steps small enough for least squares, where no constraint steadies the asymptotes.
MmaParameters careful(const unsigned int maximum_iterations)
{
  MmaParameters parameters;
  parameters.maximum_iterations = maximum_iterations;
  parameters.move_limit = .05;
  parameters.asymptote_start = .1;
  return parameters;
}

DesignVector wave(const BlockModel &model)
{
  return model.design([](const inputs::Point &p) {
    return .3 + .12 * std::sin(.25 * p[0] + .4) * std::cos(.2 * p[1]) + .04 * std::sin(.25 * p[2]);
  });
}

/// Another problem's design as a trilinear interpolation of eight corner values. For one process.
class EightParameters : public DesignProblem
{
public:
  EightParameters(DesignProblem &fine, std::vector<std::array<double, 8>> shape) : fine(fine), shape(std::move(shape))
  {
  }
  MPI_Comm comm() const override { return fine.comm(); }
  unsigned int n_constraints() const override { return 0; }
  void bounds(DesignVector &lower, DesignVector &upper) const override
  {
    lower.assign(8, .1);
    upper.assign(8, .5);
  }
  void evaluate(const DesignVector &parameters, Evaluation &evaluation) override
  {
    Evaluation cells;
    fine.evaluate(design(parameters), cells);
    evaluation.objective = cells.objective;
    evaluation.objective_gradient.assign(8, 0.);
    for (std::size_t i = 0; i < shape.size(); ++i)
      for (unsigned int k = 0; k < 8; ++k)
        evaluation.objective_gradient[k] += shape[i][k] * cells.objective_gradient[i];
  }
  DesignVector design(const DesignVector &parameters) const
  {
    DesignVector x(shape.size(), 0.);
    for (std::size_t i = 0; i < shape.size(); ++i)
      for (unsigned int k = 0; k < 8; ++k)
        x[i] += shape[i][k] * parameters[k];
    return x;
  }

  /// Trilinear functions on the cage's box at a point, corners lexicographic.
  static std::array<double, 8> shape_at(const inputs::Point &p)
  {
    const double t[3] = {(p[0] + 6.) / 12., (p[1] + 6.) / 12., (p[2] + 4.) / 8.};
    std::array<double, 8> result;
    for (unsigned int k = 0; k < 8; ++k) {
      result[k] = 1.;
      for (unsigned int d = 0; d < 3; ++d)
        result[k] *= k >> d & 1 ? t[d] : 1. - t[d];
    }
    return result;
  }

private:
  DesignProblem &fine;
  std::vector<std::array<double, 8>> shape;
};

bool is_debug_build()
{
#ifdef NDEBUG
  return false;
#else
  return true;
#endif
}

TEST(ManufacturedDesignSlow, StrainOfCageAndBoneBringsTheFieldBack)
{
  if (is_debug_build())
    GTEST_SKIP() << "some hundred analyses; the Release build runs it";
  BlockModel model(MPI_COMM_SELF, 1e-9);
  Manufactured manufactured(model, wave(model), std::vector<double>(model.domain.mesh.n_cells(), 1.));
  DesignVector x(model.analysis.design_cells().size(), start);
  ASSERT_GT(distance(x, manufactured.truth.density), .15);
  FallenTo observer(4e-5);
  Mma(careful(300)).minimize(manufactured.problem, x, observer);
  EXPECT_LE(observer.reached, 4e-5);
  EXPECT_LT(manufactured.error(), .01);
}

TEST(ManufacturedDesignSlow, StrainOfTheBoneBringsTheMismatchDown)
{
  if (is_debug_build())
    GTEST_SKIP() << "some hundred analyses; the Release build runs it";
  BlockModel model(MPI_COMM_SELF, 1e-9);
  Manufactured manufactured(model, wave(model), bone_near_cage(model.domain, 100.));
  DesignVector x(model.analysis.design_cells().size(), start);
  FallenTo observer(1e-4);
  Mma(careful(300)).minimize(manufactured.problem, x, observer);
  EXPECT_LE(observer.reached, 1e-4);
}

TEST(ManufacturedDesignSlow, StrainOfTheBoneBringsEightParametersBack)
{
  if (is_debug_build())
    GTEST_SKIP() << "some hundred analyses; the Release build runs it";
  BlockModel model(MPI_COMM_SELF, 1e-9);
  std::vector<std::array<double, 8>> shape;
  for (const auto cell : model.analysis.design_cells())
    shape.push_back(EightParameters::shape_at(model.domain.cell_centre(cell)));
  const DesignVector truth = {.15, .4, .25, .35, .45, .2, .3, .4};
  DesignVector x(shape.size(), 0.);
  for (std::size_t i = 0; i < shape.size(); ++i)
    for (unsigned int k = 0; k < 8; ++k)
      x[i] += shape[i][k] * truth[k];
  Manufactured manufactured(model, x, bone_near_cage(model.domain, 100.));
  EightParameters problem(manufactured.problem, shape);
  DesignVector parameters(8, start);
  ASSERT_GT(distance(DesignVector(shape.size(), start), manufactured.truth.density), .1);
  FallenTo observer(1e-5);
  Mma(careful(300)).minimize(problem, parameters, observer);
  EXPECT_LE(observer.reached, 1e-5);
  EXPECT_LT(manufactured.error(), .01);
}

} // namespace
} // namespace cageopt::optimizer
