#pragma once

#include <string>
#include <vector>

#include <optimizer/design_problem.h>
#include <optimizer/parametrisation.h>
#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// A bound on a response: value <= bound, or value >= bound; as g = +-(value - bound) / |bound| <= 0.
struct ResponseConstraint
{
  Response *response = nullptr;
  bool is_upper = true;
  double bound = 0;

  double violation(const double value) const
  {
    const double scale = bound == 0 ? 1. : 1. / (bound < 0 ? -bound : bound);
    return (is_upper ? value - bound : bound - value) * scale;
  }
};

/// A number of the present design, for history and terminal.
struct ReportedValue
{
  std::string name, unit;
  double value = 0;
};

/// Minimises one response subject to bounds on others, over the parametrisation's variables.
class ResponseProblem : public DesignProblem
{
public:
  /// `reported` are evaluated without gradient, for the record only. All must outlive this.
  ResponseProblem(SegmentAnalysis &analysis, const Parametrisation &parametrisation, Response &objective,
                  std::vector<ResponseConstraint> constraints, std::vector<Response *> reported);

  /// From now on states and adjoints are solved only as accurately as the design's progress asks for: to
  ///   tolerance = clamp(|J - J_before| / (100 |J|), the analysis' present tolerance, `loosest`)
  /// with the objective J of the last two evaluations. Near a stationary design that is the present tolerance, so that
  /// neither the end of the optimisation nor its result changes; on the way there the error of values and gradients
  /// stays a small part of what one iteration moves.
  void loosen_solves(double loosest);
  /// The tight tolerance again; `x`, the design evaluated last, is evaluated once more if that was not done with it, so
  /// that all figures of the end are as accurate as asked for. Collective.
  void tighten_solves(const DesignVector &x);

  MPI_Comm comm() const override { return analysis.domain().mesh.comm(); }
  unsigned int n_constraints() const override { return static_cast<unsigned int>(limits.size()); }
  void bounds(DesignVector &lower, DesignVector &upper) const override;
  void evaluate(const DesignVector &x, Evaluation &evaluation) override;
  /// Solves with the tolerance of the latest evaluate(), which trials do not change; reports nothing.
  void evaluate_values(const DesignVector &x, Evaluation &evaluation) override;

  /// Objective, constrained and reported responses at the design evaluated last, each once.
  const std::vector<ReportedValue> &values() const { return latest_values; }
  double value_of(const std::string &name) const;
  const DesignState &state() const { return latest_state; }
  const std::vector<ResponseConstraint> &constraints() const { return limits; }
  const Response &objective() const { return goal; }
  /// Objective, constrained and reported responses, each once, in the order of values().
  std::vector<Response *> responses() const;
  /// Another bound for the upper constraints on the response `name`, if there are any.
  void set_upper_bound(const std::string &name, double bound);
  /// Freezes the aggregation's scaling of all of them, see Response.
  void freeze_scaling(bool frozen);

private:
  SegmentAnalysis &analysis;
  const Parametrisation &parametrisation;
  Response &goal;
  std::vector<ResponseConstraint> limits;
  std::vector<Response *> reported;
  bool scaling_is_frozen = false;
  DesignState latest_state;
  std::vector<ReportedValue> latest_values;
  double tightest_tolerance, loosest_tolerance = 0;
  std::vector<double> objectives; ///< of the last two evaluations, older first
};

} // namespace cageopt::optimizer
