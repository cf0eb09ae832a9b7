#include <optimizer/rol_optimizer.h>

#include <algorithm>
#include <cmath>

#include <deal.II/base/config.h>

#include <inputs/error.h>
#include <optimizer/design_space.h>
#include <optimizer/reductions.h>

DEAL_II_DISABLE_EXTRA_DIAGNOSTICS
#include <ROL_Bounds.hpp>
#include <ROL_ConstraintStatusTest.hpp>
#include <ROL_Problem.hpp>
#include <ROL_Solver.hpp>
#include <ROL_StdVector.hpp>
DEAL_II_ENABLE_EXTRA_DIAGNOSTICS

namespace cageopt::optimizer {

namespace {

using Vector = ROL::Vector<double>;
using StdVector = ROL::StdVector<double>; // [n_constraints], the same on all ranks

/// The free variables t of a design, distributed like it, with the inner product (1/n) sum_j a_j b_j.
class FreeVariables : public Vector
{
public:
  explicit FreeVariables(const DesignSpace &space) : t(space.free.size(), 0.), space(space) {}

  void plus(const Vector &x) override { axpy(1., x); }
  void axpy(const double factor, const Vector &x) override
  {
    const auto &other = of(x);
    for (std::size_t k = 0; k < t.size(); ++k)
      t[k] += factor * other[k];
  }
  void scale(const double factor) override
  {
    for (double &value : t)
      value *= factor;
  }
  void set(const Vector &x) override { t = of(x); }
  double dot(const Vector &x) const override
  {
    const auto &other = of(x);
    std::vector<double> sum(1, 0.);
    for (std::size_t k = 0; k < t.size(); ++k)
      sum[0] += t[k] * other[k];
    all_sum(space.comm, sum);
    return sum[0] / space.n_free;
  }
  double norm() const override { return std::sqrt(dot(*this)); }
  ROL::Ptr<Vector> clone() const override { return ROL::makePtr<FreeVariables>(space); }
  int dimension() const override { return int(space.n_free); }
  void applyUnary(const ROL::Elementwise::UnaryFunction<double> &f) override
  {
    for (double &value : t)
      value = f.apply(value);
  }
  void applyBinary(const ROL::Elementwise::BinaryFunction<double> &f, const Vector &x) override
  {
    const auto &other = of(x);
    for (std::size_t k = 0; k < t.size(); ++k)
      t[k] = f.apply(t[k], other[k]);
  }
  double reduce(const ROL::Elementwise::ReductionOp<double> &operation) const override
  {
    double mine = operation.initialValue();
    for (const double value : t)
      operation.reduce(value, mine);
    int n_ranks = 1;
    MPI_Comm_size(space.comm, &n_ranks);
    std::vector<double> all(n_ranks);
    MPI_Allgather(&mine, 1, MPI_DOUBLE, all.data(), 1, MPI_DOUBLE, space.comm);
    double result = operation.initialValue();
    for (const double value : all)
      operation.reduce(value, result);
    return result;
  }

  static const std::vector<double> &of(const Vector &x) { return dynamic_cast<const FreeVariables &>(x).t; }
  std::vector<double> t;

private:
  const DesignSpace &space;
};

/// The problem in ROL's variables; remembers the latest evaluation, which ROL asks for function by function.
class ScaledProblem
{
public:
  ScaledProblem(DesignProblem &problem, DesignSpace &space, const DesignVector &start, const unsigned int finished)
      : problem(problem), space(space), iteration(finished + 1), x(start)
  {
    problem.evaluate(x, latest);
    space.check(latest, iteration);
    has_gradients = true;
    std::vector<double> variation(1, 0.);
    for (const std::size_t j : space.free)
      variation[0] += std::abs(latest.objective_gradient[j]) * space.range(j);
    all_sum(space.comm, variation);
    objective_scale = variation[0] > 0. ? 1. / variation[0] : 1.;
  }

  const Evaluation &at(const Vector &point, const bool with_gradients) { return at(design(point), with_gradients); }
  const Evaluation &at(const DesignVector &asked, const bool with_gradients)
  {
    const bool is_new = all_max(space.comm, asked == x ? 0. : 1.) > 0.;
    if (is_new || (with_gradients && !has_gradients)) {
      x = asked;
      has_gradients = with_gradients;
      if (with_gradients)
        problem.evaluate(x, latest);
      else
        problem.evaluate_values(x, latest);
      space.check(latest, iteration, with_gradients);
    }
    return latest;
  }

  DesignVector design(const Vector &point) const
  {
    const auto &t = FreeVariables::of(point);
    DesignVector result(space.lower);
    for (std::size_t k = 0; k < t.size(); ++k) {
      const std::size_t j = space.free[k];
      result[j] = std::min(std::max(space.lower[j] + space.range(j) * t[k], space.lower[j]), space.upper[j]);
    }
    return result;
  }

  /// Adds factor * gradient, as represented in the inner product.
  void add(Vector &to, const double factor, const DesignVector &gradient) const
  {
    auto &values = dynamic_cast<FreeVariables &>(to).t;
    for (std::size_t k = 0; k < values.size(); ++k)
      values[k] += factor * space.n_free * gradient[space.free[k]] * space.range(space.free[k]);
  }

  DesignProblem &problem;
  DesignSpace &space;
  unsigned int iteration; ///< running, for messages
  double objective_scale = 1;

private:
  DesignVector x;
  Evaluation latest;
  bool has_gradients = false;
};

class RolObjective : public ROL::Objective<double>
{
public:
  explicit RolObjective(ScaledProblem &problem) : problem(problem) {}
  double value(const Vector &x, double &) override { return problem.objective_scale * problem.at(x, false).objective; }
  void gradient(Vector &g, const Vector &x, double &) override
  {
    g.zero();
    problem.add(g, problem.objective_scale, problem.at(x, true).objective_gradient);
  }

private:
  ScaledProblem &problem;
};

class RolConstraint : public ROL::Constraint<double>
{
public:
  explicit RolConstraint(ScaledProblem &problem) : problem(problem) {}
  void value(Vector &c, const Vector &x, double &) override
  {
    *dynamic_cast<StdVector &>(c).getVector() = problem.at(x, false).constraints;
  }
  void applyJacobian(Vector &jv, const Vector &v, const Vector &x, double &) override
  {
    auto &values = *dynamic_cast<StdVector &>(jv).getVector();
    const auto row = v.clone();
    for (std::size_t i = 0; i < values.size(); ++i) {
      row->zero();
      problem.add(*row, 1., problem.at(x, true).constraint_gradients[i]);
      values[i] = row->dot(v);
    }
  }
  void applyAdjointJacobian(Vector &ajv, const Vector &v, const Vector &x, double &) override
  {
    const auto &values = *dynamic_cast<const StdVector &>(v).getVector();
    ajv.zero();
    for (std::size_t i = 0; i < values.size(); ++i)
      problem.add(ajv, values[i], problem.at(x, true).constraint_gradients[i]);
  }
  using ROL::Constraint<double>::applyAdjointJacobian;

private:
  ScaledProblem &problem;
};

/// The variables, without the slacks that ROL puts beside them.
const Vector &variables(const Vector &x)
{
  const auto *with_slacks = dynamic_cast<const ROL::PartitionedVector<double> *>(&x);
  return with_slacks == nullptr ? x : *with_slacks->get(0);
}

/// Called by ROL after every iteration: calls the observer, then asks ROL's own criteria.
class Report : public ROL::StatusTest<double>
{
public:
  Report(ScaledProblem &problem, IterationObserver &observer, OptimizerState &memory, OptimizerSummary &summary,
         DesignVector &x, const unsigned int maximum_iterations, ROL::Ptr<ROL::StatusTest<double>> criteria)
      : problem(problem), observer(observer), memory(memory), summary(summary), x(x),
        maximum_iterations(maximum_iterations), criteria(std::move(criteria))
  {
  }

  bool check(ROL::AlgorithmState<double> &state) override
  {
    const DesignVector design = problem.design(variables(*state.iterateVec));
    const bool is_first = summary.last.iteration == 0;
    const bool is_rejected = !is_first && state.lagmultVec == ROL::nullPtr && // rejected steps are not reported
                             all_max(problem.space.comm, design == x ? 0. : 1.) == 0.;
    if (is_rejected)
      return criteria->check(state);
    const auto &evaluation = problem.at(variables(*state.iterateVec), true);
    std::vector<double> multipliers(evaluation.constraints.size(), 0.);
    if (state.lagmultVec != ROL::nullPtr) {
      const auto &found = dynamic_cast<const ROL::PartitionedVector<double> &>(*state.lagmultVec);
      memory.multipliers = *dynamic_cast<const StdVector &>(*found.get(0)).getVector();
      memory.penalty = static_cast<const ROL::TypeG::AlgorithmState<double> &>(state).searchSize;
      for (std::size_t i = 0; i < multipliers.size(); ++i)
        multipliers[i] = std::max(0., memory.multipliers[i]) / problem.objective_scale;
    }
    if (is_first)
      problem.space.note_infeasible_start(evaluation, "slacks and a penalty let it through");
    else
      ++memory.iteration;
    summary.last = problem.space.record(memory.iteration + 1, design, x, evaluation, multipliers);
    problem.iteration = summary.last.iteration + 1;
    x = design;
    summary.stopped_by_observer = observer.on_iteration(summary.last, x) == Verdict::stop;
    at_limit = summary.last.iteration >= maximum_iterations;
    return !summary.stopped_by_observer && !at_limit && criteria->check(state);
  }

  bool at_limit = false;

private:
  ScaledProblem &problem;
  IterationObserver &observer;
  OptimizerState &memory;
  OptimizerSummary &summary;
  DesignVector &x;
  const unsigned int maximum_iterations;
  const ROL::Ptr<ROL::StatusTest<double>> criteria;
};

ROL::ParameterList settings(const unsigned int maximum_iterations, const double penalty)
{
  ROL::ParameterList list;
  list.sublist("Step").set("Type", "Augmented Lagrangian");
  auto &lagrangian = list.sublist("Step").sublist("Augmented Lagrangian");
  lagrangian.set("Use Default Problem Scaling", false);
  lagrangian.set("Use Default Initial Penalty Parameter", false);
  lagrangian.set("Initial Penalty Parameter", penalty);
  lagrangian.set("Subproblem Step Type", "Trust Region");
  lagrangian.set("Subproblem Iteration Limit", 50);
  auto &trust_region = list.sublist("Step").sublist("Trust Region");
  trust_region.set("Subproblem Model", "Lin-More");
  trust_region.set("Initial Radius", .2);
  auto &secant = list.sublist("General").sublist("Secant");
  secant.set("Type", "Limited-Memory BFGS");
  secant.set("Maximum Storage", 20);
  secant.set("Use as Hessian", true);
  auto &status = list.sublist("Status Test");
  status.set("Gradient Tolerance", 1e-10);
  status.set("Constraint Tolerance", 1e-9);
  status.set("Step Tolerance", 1e-13);
  status.set("Iteration Limit", int(20 * maximum_iterations)); // counts rejected steps too
  return list;
}

} // namespace

RolOptimizer::RolOptimizer(const MmaParameters &parameters) : maximum_iterations(parameters.maximum_iterations)
{
  parameters.check();
}

OptimizerSummary RolOptimizer::minimize(DesignProblem &problem, DesignVector &x, IterationObserver &observer)
{
  begin();
  DesignSpace space(problem, x);
  const std::size_t m = space.n_constraints;
  if (memory.multipliers.size() != (memory.iteration > 0 ? m : 0))
    throw inputs::Error(inputs::ExitCode::internal_error, "The restored state is of another problem or method.");
  memory.multipliers.resize(m, 0.);
  ScaledProblem scaled(problem, space, x, memory.iteration);
  OptimizerSummary summary;

  const auto t = ROL::makePtr<FreeVariables>(space), low = ROL::makePtr<FreeVariables>(space),
             high = ROL::makePtr<FreeVariables>(space);
  for (std::size_t k = 0; k < space.free.size(); ++k)
    t->t[k] = space.scaled(x, space.free[k]);
  high->setScalar(1.);
  const auto setup = ROL::makePtr<ROL::Problem<double>>(ROL::makePtr<RolObjective>(scaled), t);
  setup->addBoundConstraint(ROL::makePtr<ROL::Bounds<double>>(low, high));
  if (m > 0) {
    const auto multipliers = ROL::makePtr<StdVector>(ROL::makePtr<std::vector<double>>(memory.multipliers)),
               residual = ROL::makePtr<StdVector>(ROL::makePtr<std::vector<double>>(m, 0.)),
               none = ROL::makePtr<StdVector>(ROL::makePtr<std::vector<double>>(m, 0.));
    setup->addConstraint("constraints", ROL::makePtr<RolConstraint>(scaled), multipliers,
                         ROL::makePtr<ROL::Bounds<double>>(*none, false), residual);
  }
  setup->finalize();
  auto list = settings(maximum_iterations, memory.penalty > 0. ? memory.penalty : 10.);
  ROL::Ptr<ROL::StatusTest<double>> criteria = ROL::makePtr<ROL::StatusTest<double>>(list);
  if (m > 0)
    criteria = ROL::makePtr<ROL::ConstraintStatusTest<double>>(list);
  ROL::Solver<double> solver(setup, list); // changes the list
  const auto report = ROL::makePtr<Report>(scaled, observer, memory, summary, x, maximum_iterations, criteria);
  solver.solve(report, false);
  scaled.at(x, true); // ROL may have tried and rejected another design last

  summary.notes = space.notes();
  if (summary.stopped_by_observer)
    summary.message = "stopped by its observer in iteration " + std::to_string(summary.last.iteration);
  else if (report->at_limit)
    summary.message = "the iteration limit, " + std::to_string(maximum_iterations) + ", was reached";
  else
    summary.message = "ROL ended: " + ROL::EExitStatusToString(solver.getAlgorithmState()->statusFlag);
  return summary;
}

} // namespace cageopt::optimizer
