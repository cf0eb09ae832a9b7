#include <main/optimisation.h>

#include <algorithm>
#include <cmath>

#include <optimizer/convergence.h>
#include <optimizer/optimizer_parameters.h>

namespace cageopt {

using namespace optimizer;

namespace {

/// One step of the continuation: passes iterations on, and stops the optimizer when the step has done its work.
class Step : public IterationObserver
{
public:
  /// `first`: iterations done before; `restored`: of them those that the optimizer counts, too.
  Step(const Study &study, const std::string &objective, const unsigned int first, const unsigned int restored,
       const bool is_last_step, OptimisationSink &sink)
      : convergence(study.parameters().convergence, objective, study.describe_constraints()),
        limit(study.parameters().parametrisation.step_iterations), first(first), restored(restored),
        is_last_step(is_last_step), sink(sink)
  {
  }

  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    const bool met = convergence.met(record), done = met && is_last_step;
    latest = record;
    const unsigned int own = record.iteration - restored;
    latest.iteration = first + own;
    sink.on_iteration(latest, convergence.measure(), done);
    return met || (!is_last_step && own >= limit) ? Verdict::stop : Verdict::go_on;
  }

  const std::string &reason() const { return convergence.reason(); }
  IterationRecord latest;

private:
  Convergence convergence;
  unsigned int limit, first, restored;
  bool is_last_step;
  OptimisationSink &sink;
};

} // namespace

OptimisationResult optimise(Study &study, DesignVector &x, OptimisationSink &sink, OptimizerState *memory)
{
  auto &problem = study.problem();
  const unsigned int limit = study.parameters().optimizer.maximum_iterations;
  OptimisationResult result;
  unsigned int n_done = 0;
  while (true) {
    auto parameters = study.parameters().optimizer;
    const unsigned int restored = n_done == 0 && memory != nullptr ? memory->iteration : 0;
    parameters.maximum_iterations = limit - n_done + restored;
    // A sharp projection turns small changes of its variables into large ones of the field.
    // Guest, Asadpoure & Ha (2011), Struct Multidisc Optim 44:443, section 5: asymptotes at a distance
    // of order 1 / (beta + 1).
    if (const double beta = study.parametrisation().sharpness(); beta > 1. && parameters.method != "rol") {
      parameters.move_limit *= std::sqrt(2. / (beta + 1.));
      if (parameters.method != "oc")
        parameters.asymptote_start *= std::sqrt(2. / (beta + 1.)); // of the reach, which is shorter by as much
    }
    const bool is_last_step = study.parametrisation().is_sharpest();
    // Black and white is asked for step by step: at first every design is grey.
    const double final_beta = study.parameters().parametrisation.sharpness;
    const double progress = is_last_step ? 1. : std::log2(study.parametrisation().sharpness()) / std::log2(final_beta);
    for (const auto &stated : study.parameters().goal.constraints())
      if (stated.response == "grayness" && stated.is_upper)
        problem.set_upper_bound("grayness", 1. + (stated.bound - 1.) * progress);
    Step step(study, problem.objective().name(), n_done, restored, is_last_step, sink);
    const auto &given = study.parameters();
    auto level_set = given.level_set;
    level_set.maximum_iterations = parameters.maximum_iterations;
    const std::unique_ptr<Optimizer> optimizer =
        study.level_set() == nullptr
            ? make_optimizer(parameters)
            : std::make_unique<LevelSetOptimizer>(level_set, *study.level_set(),
                                                  level_set.nucleation_radius * given.filter.radius);
    if (restored > 0)
      optimizer->restore(*memory);
    problem.loosen_solves(study.parameters().solver.loosest_tolerance);
    const auto summary = optimizer->minimize(study.optimised_problem(), x, step);
    result.last = step.latest;
    if (memory != nullptr)
      *memory = optimizer->state();
    for (const auto &note : summary.notes)
      if (std::find(result.notes.begin(), result.notes.end(), note) == result.notes.end())
        result.notes.push_back(note);
    n_done = result.last.iteration;
    if (is_last_step || n_done >= limit) {
      problem.tighten_solves(x);
      result.converged = is_last_step && !step.reason().empty();
      result.reason = result.converged ? step.reason()
                      : is_last_step   ? "the iteration limit, " + std::to_string(limit) + ", was reached"
                                       : "the iteration limit, " + std::to_string(limit) +
                                           ", was reached before the projection was as sharp as asked for";
      return result;
    }
    study.parametrisation().sharpen();
  }
}

} // namespace cageopt
