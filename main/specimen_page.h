#pragma once

#include <string>

#include <main/specimen_study.h>

namespace cageopt {

/// validation.html of a specimen: bone, material and platens, the counts beside published ones, sections through the
/// voxels' middle with their moduli, and the moduli's histogram. Rank-local, the same on all ranks.
std::string specimen_page(const SpecimenStudy &study, const inputs::SpecimenParameters &asked,
                          const std::string &case_file);

} // namespace cageopt
