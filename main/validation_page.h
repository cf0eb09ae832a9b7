#pragma once

#include <string>

#include <main/case.h>
#include <main/run_memory.h>
#include <main/study.h>

namespace cageopt {

/// The page of `cageopt validate`: all that would be computed, before the first solve, as the text of one HTML file.
/// `memory` has made its plan. The same on all ranks, and on any number of ranks but for the memory. Collective.
std::string validation_page(const Case &given, const Study &study, const RunMemory &memory,
                            const std::string &case_file);

} // namespace cageopt
