#pragma once

#include <cstdint>
#include <iosfwd>

#include <mpi.h>

#include <main/specimen_study.h>
#include <main/study.h>
#include <postprocess/run_summary.h>
#include <solver/memory_budget.h>

namespace cageopt {

/// The memory of a run: what it will take, whether the machine has it, and what it took.
class RunMemory
{
public:
  /// At the program's start: what is resident now (libraries, MPI) is not the run's. Collective.
  explicit RunMemory(MPI_Comm comm);

  /// Reckons the budget of the meshed study and prints it. Collective.
  void plan(const CaseEntries &given, const Study &study, std::ostream &out);
  /// This rank's, after plan().
  double planned_bytes() const { return planned; }
  /// The same of a specimen.
  void plan(const Case &given, const SpecimenStudy &study, std::ostream &out);
  /// Throws Error{bad_input} when what the meshed study still needs is above what is available. Call after plan().
  /// Collective.
  void refuse_if_short() const;
  /// Prints the peak beside the budget and adds "memory_budget_bytes" and "memory_growth_bytes" (the peak without what
  /// was resident at the start, sum over ranks). Collective.
  void compare(postprocess::RunSummary &summary, std::ostream &out) const;

private:
  void settle(const solver::MemoryBudget &budget, std::uint64_t n_unknowns, std::ostream &out);

  MPI_Comm comm;
  std::uint64_t start = 0;
  double planned = 0, planned_after_set_up = 0; ///< this rank's, bytes
};

} // namespace cageopt
