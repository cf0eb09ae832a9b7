#pragma once

#include <iosfwd>

#include <main/study.h>

namespace cageopt {

/// The design `x` in all scenarios: prints mean, standard deviation, 5 and 95 % points of every response of the study
/// and of the overstrained volume, the probability that each constraint is broken, and the probability that the
/// overstrained volume exceeds the solid cage's in the same scenario; adds them to the summary (`scenarios_...`,
/// `probability_...`). The study must have scenarios. Collective.
void report_scenarios(Study &study, const optimizer::DesignVector &x, postprocess::RunSummary &summary,
                      std::ostream &out);

} // namespace cageopt
