#pragma once

#include <vector>

#include <optimizer/response_problem.h>
#include <optimizer/scenario_measure.h>
#include <optimizer/scenario_set.h>

namespace cageopt::optimizer {

/// The problem of the case as stated, with the ScenarioMeasure over scenarios in place of its objective, and on request
/// of its constraints' violations:
///   dJ/dx = sum_i dJ/df_i df_i/dx,   df_i/dx by the adjoint of scenario i.
/// One evaluation costs as much as one of the case as stated for each scenario, and one more: values, state and present
/// design of the stated problem are those of the same x.
class ScenarioProblem : public DesignProblem
{
public:
  /// All must outlive this.
  ScenarioProblem(ResponseProblem &stated, ScenarioSet &scenarios, Parametrisation &parametrisation,
                  const UncertaintyParameters &parameters);

  MPI_Comm comm() const override { return stated.comm(); }
  unsigned int n_constraints() const override { return stated.n_constraints(); }
  void bounds(DesignVector &lower, DesignVector &upper) const override { stated.bounds(lower, upper); }
  void evaluate(const DesignVector &x, Evaluation &evaluation) override;
  void evaluate_values(const DesignVector &x, Evaluation &evaluation) override;

  /// The objective's values of the latest evaluation, [scenario].
  const std::vector<double> &objectives() const { return latest[0]; }
  /// Of the measure, and of all responses in all scenarios.
  void freeze_scaling(bool frozen);

private:
  /// Name of the response behind function 0, the objective, or 1 + constraint.
  std::string response_of(std::size_t function) const;
  double function_value(std::size_t function, double response_value) const;

  ResponseProblem &stated;
  ScenarioSet &scenarios;
  Parametrisation &parametrisation;
  std::vector<ScenarioMeasure> measures;   ///< [function]: objective, then the constraints over scenarios, if asked for
  std::vector<std::vector<double>> latest; ///< [function][scenario]
  bool scaling_is_frozen = false;
};

} // namespace cageopt::optimizer
