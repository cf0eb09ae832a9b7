#pragma once

#include <string>

#include <main/study.h>

namespace cageopt {

/// What is written or said after each design iteration.
class OptimisationSink
{
public:
  virtual ~OptimisationSink() = default;
  /// Iterations are numbered through all steps of the continuation. `measure`: see Convergence; `is_last`: the run ends
  /// with this one because it converged.
  virtual void on_iteration(const optimizer::IterationRecord &record, double measure, bool is_last) = 0;
};

class SilentSink : public OptimisationSink
{
public:
  void on_iteration(const optimizer::IterationRecord &, double, bool) override {}
};

struct OptimisationResult
{
  bool converged = false;
  std::string reason; ///< which criterion or limit stopped it, in words
  optimizer::IterationRecord last;
  std::vector<std::string> notes; ///< what the optimizer had to say, each once
};

/// Optimises the study's problem from `x` in place: by the method of the case, with continuation of the projection,
/// until it converges or the iteration limit comes first. Afterwards `x` is the study's present design, solved tightly.
/// `memory`, if given, is what the optimizer remembers: of an earlier run that this one continues (empty: of none), and
/// of this one afterwards. Collective.
OptimisationResult optimise(Study &study, optimizer::DesignVector &x, OptimisationSink &sink,
                            optimizer::OptimizerState *memory = nullptr);

} // namespace cageopt
