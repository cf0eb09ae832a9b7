// A density field is chosen, the strains it causes are the reference, the search starts from uniform: the field must
// come back.
#include <gtest/gtest.h>

#include <optimizer/mma.h>
#include <optimizer/response_problem.h>
#include <optimizer/strain_mismatch.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;

/// |a - b| / |b| in L2; the design cells have one size.
double distance(MPI_Comm comm, const DesignVector &a, const DesignVector &b)
{
  double sums[2] = {0, 0};
  for (std::size_t i = 0; i < a.size(); ++i) {
    sums[0] += (a[i] - b[i]) * (a[i] - b[i]);
    sums[1] += b[i] * b[i];
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm);
  return std::sqrt(sums[0] / sums[1]);
}

/// Runs until the objective has fallen to `target`, or the iteration limit.
struct Watch : public IterationObserver
{
  Watch(ResponseProblem &problem, const DesignVector &truth, const double reduction)
      : problem(problem), truth(truth), reduction(reduction)
  {
  }
  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    if (record.iteration == 1)
      first = record.objective;
    last = record.objective;
    iteration = record.iteration;
    error = distance(problem.comm(), problem.state().density, truth);
    if (std::getenv("VERBOSE") && (iteration < 10 || iteration % 10 == 0))
      printf("%u %g err %g change %g kkt %g\n", iteration, last, error, record.design_change, record.kkt_residual);
    return last <= reduction * first ? Verdict::stop : Verdict::go_on;
  }
  ResponseProblem &problem;
  const DesignVector &truth;
  double reduction, first = 0, last = 0, error = 0;
  unsigned int iteration = 0;
};

TEST(ManufacturedDesignSlowMpi, StrainInCageAndBoneBringsTheFieldBack)
{
  BlockModel model(MPI_COMM_WORLD, 1e-9);
  const auto truth = model.parametrisation.state(model.smooth_design());
  StrainMismatch mismatch("strain_mismatch_truth", model.analysis, model.loads,
                          std::vector<double>(model.domain.mesh.n_cells(), 1.),
                          model.analysis.displacements_for(model.analysis.with_cage(truth)));
  ResponseProblem problem(model.analysis, model.parametrisation, mismatch, {}, {});
  DesignVector x(truth.density.size(), .3);
  Watch watch(problem, truth.density, 1e-14);
  MmaParameters parameters;
  if (auto*e=getenv("ITS")) parameters.maximum_iterations = atoi(e);
  if (auto*e=getenv("INC")) parameters.asymptote_increase = atof(e);
  if (auto*e=getenv("DEC")) parameters.asymptote_decrease = atof(e);
  if (auto*e=getenv("MOVE")) parameters.move_limit = atof(e);
  if (auto*e=getenv("CONVEX")) parameters.convexity = atof(e);
  Mma mma(parameters);
  mma.minimize(problem, x, watch);
  printf("start %g end %g its %u err %g\n", watch.first, watch.last, watch.iteration, watch.error);
  EXPECT_LT(watch.error, .01);
}

} // namespace
} // namespace cageopt::optimizer
